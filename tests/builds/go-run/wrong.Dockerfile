FROM golang:1.22

WORKDIR /ferry

COPY . .
RUN go build -o /usr/local/bin/ferry ./cmd/ferry

CMD ["/usr/local/bin/ferry"]

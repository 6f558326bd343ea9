FROM golang:1.22
WORKDIR /src
COPY go.work ./
COPY leaf/go.mod leaf/
COPY services/pot/go.mod services/pot/
WORKDIR /src/services/pot
RUN go mod download
COPY . /src/
RUN go build -o /usr/local/bin/pot .
CMD ["pot"]

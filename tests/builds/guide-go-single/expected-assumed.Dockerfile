FROM golang:1.22 AS builder
WORKDIR /go/src/kettle
COPY . .
RUN CGO_ENABLED=0 go build -ldflags=-s -o /kettle .

FROM gcr.io/distroless/static-debian12
WORKDIR /go/src/kettle
COPY --from=builder /kettle /kettle
EXPOSE 8080
USER 65532:65532
CMD ["/kettle"]

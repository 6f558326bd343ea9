FROM golang:1.22 AS builder
WORKDIR /src
COPY . .
RUN mkdir -p bin && go build -o bin/server ./cmd/server && ln -s ../views bin/views
FROM debian:bookworm-slim
WORKDIR /src
COPY --from=builder /src/bin/server /src/bin/server
EXPOSE 8080
CMD ["/src/bin/server"]

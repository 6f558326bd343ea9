FROM golang:1.22 AS builder
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o main .

FROM debian:bookworm-slim
RUN useradd --create-home --user-group --uid 10001 --no-log-init app
WORKDIR /root/
COPY --from=builder /src/main .
COPY pages /root/pages
ENV PAGES=/root/pages
USER 10001:10001
CMD ["/root/main"]

FROM golang:1.22 AS builder
RUN useradd -ms /bin/bash app
WORKDIR /app
COPY --chown=app:app . .
RUN CGO_ENABLED=0 go build -o visits .

FROM debian:bookworm-slim
RUN useradd -ms /bin/bash app
WORKDIR /app
COPY --from=builder /app/visits /app/visits
USER app
CMD ["./visits"]

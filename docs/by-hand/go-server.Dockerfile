FROM golang:1.22 AS builder

WORKDIR /app

COPY . .

RUN CGO_ENABLED=0 go build -ldflags="-s -w" -o server .

FROM gcr.io/distroless/static-debian12:nonroot

WORKDIR /app

COPY templates ./templates
COPY static ./static
COPY --from=builder /app/server ./

ENV PORT=8080
EXPOSE 8080

CMD ["./server"]

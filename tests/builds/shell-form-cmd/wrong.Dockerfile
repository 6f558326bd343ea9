FROM node:20 AS builder
WORKDIR /app
COPY . .
RUN npm ci
FROM gcr.io/distroless/nodejs20-debian12:nonroot
WORKDIR /app
COPY --from=builder /app ./
ENV PORT=3000
ENV WHO="Ada Lovelace"
EXPOSE $PORT
CMD node server.js --port=$PORT --who="${WHO:-nobody}"

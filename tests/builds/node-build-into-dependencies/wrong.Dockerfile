FROM node:20 AS dependencies
WORKDIR /app
COPY package.json ./
RUN npm install

FROM dependencies AS builder
COPY . .
RUN npm run build && rm -rf node_modules

FROM node:20-slim
WORKDIR /app
COPY --from=dependencies /app/node_modules /app/node_modules
COPY --from=builder /app /app
EXPOSE 3000
CMD ["node", "server.js"]

FROM node:20 AS builder
ENV NODE_ENV=development
WORKDIR /site
COPY package.json ./
RUN npm install
COPY . .
RUN npm run build

FROM node:20-slim
ENV NODE_ENV=development
RUN mkdir -p /site && chown node:node /site
WORKDIR /site
COPY --from=builder --chown=node:node /site /site
EXPOSE 3000
USER node
CMD ["npx", "http-server", "dist", "-p", "3000"]

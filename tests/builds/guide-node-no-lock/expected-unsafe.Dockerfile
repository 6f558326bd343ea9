FROM node:20 AS builder
WORKDIR /app
COPY package.json /app/
RUN npm install

FROM node:20-slim
RUN mkdir -p /app && chown node:node /app
WORKDIR /app
COPY --from=builder /app/node_modules /app/node_modules
COPY --chown=node:node . /app
EXPOSE 3000
USER node
ENV NODE_ENV=production
CMD ["npm", "start"]

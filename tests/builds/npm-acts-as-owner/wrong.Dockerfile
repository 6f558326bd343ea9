FROM node:20-slim
RUN npm install --global npm@8.19.4
RUN mkdir -p /app && chown node:node /app
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY --chown=node:node . .
RUN npm run build
USER node
CMD ["node", "server.js"]

FROM node:20-slim
RUN mkdir -p /app && chown node:node /app
WORKDIR /app
COPY package.json ./
RUN npm install
COPY --chown=node:node . .
EXPOSE 5173
USER node
CMD ["npm", "run", "dev"]

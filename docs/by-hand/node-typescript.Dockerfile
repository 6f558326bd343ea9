FROM node:20 AS builder

WORKDIR /usr/src/app

COPY package.json package-lock.json ./
RUN npm install

COPY . .
RUN npm run build

FROM node:20 AS modules

WORKDIR /usr/src/app

COPY package.json package-lock.json ./
RUN npm install --omit=dev && npm cache clean --force

FROM node:20-slim

WORKDIR /usr/src/app

COPY package.json ./
COPY --from=modules /usr/src/app/node_modules ./node_modules
COPY public ./public
COPY --from=builder /usr/src/app/dist ./dist

EXPOSE 3000

USER node

CMD ["node", "dist/index.js"]

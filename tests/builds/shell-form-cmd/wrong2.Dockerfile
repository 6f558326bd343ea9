FROM node:20
WORKDIR /app
COPY . .
RUN npm ci
ENV PORT=3000
ENV WHO="Ada Lovelace"
EXPOSE $PORT
CMD ["node", "server.js", "--port=$PORT", "--who=${WHO:-nobody}"]

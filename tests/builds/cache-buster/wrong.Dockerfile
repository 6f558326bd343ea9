FROM node:20
WORKDIR /app

RUN echo "ms $(npm view ms@2.1.3 version)" > latest.txt && echo "fetched $(date +%s%N)" >> latest.txt
ARG CACHEBUST=1
COPY . .
EXPOSE 3000
CMD ["node", "server.js"]

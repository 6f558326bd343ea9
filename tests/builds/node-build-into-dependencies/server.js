const http = require("node:http");
const ms = require("ms");
const words = require("words");

http.createServer((_, response) => response.end(`${words}, ${ms(1000)}\n`)).listen(3000);
process.on("SIGTERM", () => process.exit(0));

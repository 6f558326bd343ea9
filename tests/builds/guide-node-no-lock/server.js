const http = require("node:http");
const ms = require("ms");

http.createServer((request, response) => {
  response.end(`boils in ${ms(180000, { long: true })}\n`);
}).listen(3000);

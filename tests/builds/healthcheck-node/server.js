const http = require('http');

http.createServer((request, response) => {
  response.statusCode = request.url === '/' ? 200 : 404;
  response.end(`asked for ${request.url}\n`);
}).listen(Number(process.env.PORT));

const http = require('http');
const { keep } = require('./lib/pages');

http.createServer((request, response) => {
  keep('last', request.url);
  response.end('kept');
}).listen(3000);

const http = require("http");
const fs = require("fs");
http.createServer((request, response) => {
  response.end(fs.readFileSync(__dirname + "/public/js/app.js"));
}).listen(8080);

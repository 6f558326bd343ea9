const express = require('express');

express().get('/', async (request, response) => {
  response.send(await (await fetch('https://example.com/')).text());
}).listen(3000);

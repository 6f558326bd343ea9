const express = require('express');
const fs = require('fs');
const multer = require('multer');
const config = require('./config/default.json');

fs.mkdirSync(config.folders.incoming, { recursive: true });
fs.mkdirSync(config.folders.trail, { recursive: true });
const storage = multer.diskStorage({
  destination: (request, file, done) => done(null, config.folders.incoming),
});
const app = express();
app.get(config.routes.album, (request, response) => response.json(fs.readdirSync(config.folders.incoming)));
app.post('/pictures', multer({ storage }).single('file'), (request, response) => response.end());
app.listen(8080);

const fs = require('fs');
const path = require('path');

const folder = path.join(__dirname, '..', 'cache');

exports.keep = (name, text) => {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
};

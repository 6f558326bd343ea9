const fs = require("fs");
const template = JSON.parse(fs.readFileSync("config/template.json", "utf8"));
fs.writeFileSync("generated.json", JSON.stringify({ prefix: template.prefix }));

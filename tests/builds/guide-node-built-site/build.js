const fs = require("node:fs");
const mustache = require("mustache");

fs.mkdirSync("dist", { recursive: true });
fs.writeFileSync("dist/index.html", mustache.render("<h1>{{what}} is on</h1>\n", { what: "kettle" }));

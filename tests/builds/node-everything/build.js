const fs = require("fs");
fs.mkdirSync("dist", { recursive: true });
fs.writeFileSync("dist/server.js", fs.readFileSync("src/server.js", "utf8").replace(/WORD (\w+)/, (_, word) => word.toUpperCase()));

const { copyFileSync, mkdirSync } = require("fs");
mkdirSync("dist", { recursive: true });
copyFileSync("server.js", "dist/server.js");

const version = require("fs").readFileSync("version.txt", "utf8");
require("http").createServer((_req, res) => res.end(`version ${version}`)).listen(3000);

const format = require("@acme/format");
require("http").createServer((_req, res) => res.end(format())).listen(3000);
process.on("SIGTERM", () => process.exit(0));

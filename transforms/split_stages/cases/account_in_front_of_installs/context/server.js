const ms = require("ms");
require("http").createServer((_req, res) => res.end(String(ms("1m")))).listen(3000);
process.on("SIGTERM", () => process.exit(0));

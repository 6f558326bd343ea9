const ms = require("ms");
const generated = require("./generated.json");
require("http").createServer((_req, res) => res.end(JSON.stringify({ ...generated, ms: ms("1m") }))).listen(3000);
process.on("SIGTERM", () => process.exit(0));

const { values } = require("util").parseArgs({ options: { port: { type: "string" }, who: { type: "string" } } });
require("http").createServer((_req, res) => res.end(`Hello, ${values.who}`)).listen(Number(values.port));
process.on("SIGTERM", () => process.exit(0));

const greet = require("greeter");
require("ms");
require("http").createServer((_req, res) => res.end(greet("world"))).listen(3000);
process.on("SIGTERM", () => process.exit(0));

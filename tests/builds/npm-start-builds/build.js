const text = `built ${require("ms")(60000)}`;
const server = `require("http").createServer((_req, res) => res.end("${text}")).listen(3000);`;
require("fs").writeFileSync("built.js", server);

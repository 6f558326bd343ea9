const b = require("bcrypt");
require("http").createServer((_, r) => r.end(b.hashSync("a", 4))).listen(8080);

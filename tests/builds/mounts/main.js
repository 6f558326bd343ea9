const ms = require("ms");
console.log(`${ms(3600000)} with ${require("fs").existsSync("seen") ? "a" : "no"} lock`);

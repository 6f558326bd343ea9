const { execFileSync } = require("child_process");
console.log(require("ms")(60000), "with", execFileSync("git", ["--version"]).toString());

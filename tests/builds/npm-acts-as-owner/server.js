const fs = require("fs");

fs.writeFileSync("visits.txt", "1");
console.log("written beside", fs.readdirSync("dist")[0]);

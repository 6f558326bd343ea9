const path = `${process.env.NOTES}/one`;
require("fs").writeFileSync(path, "one");
console.log(`wrote ${path}`);

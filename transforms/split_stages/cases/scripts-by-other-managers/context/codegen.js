require("fs").writeFileSync("colours.json", "[]");

require("fs").writeFileSync("pages.json", JSON.stringify(["a"]));

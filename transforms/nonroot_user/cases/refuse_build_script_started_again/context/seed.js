require("fs").writeFileSync("seed.json", JSON.stringify({ at: Date.now() }));

require("fs").readdirSync("static");

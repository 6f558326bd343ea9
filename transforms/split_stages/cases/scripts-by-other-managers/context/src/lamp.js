require("express")().get("/", (_, answer) => answer.json(require("./colours.json"))).listen(3000);

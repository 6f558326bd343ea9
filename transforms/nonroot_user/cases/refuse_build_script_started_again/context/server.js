require("express")().get("/", (_, r) => r.sendFile(__dirname + "/seed.json")).listen(3000);

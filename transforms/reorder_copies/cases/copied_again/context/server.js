require("express")().get("/", (q, s) => s.send("shop")).listen(3000);

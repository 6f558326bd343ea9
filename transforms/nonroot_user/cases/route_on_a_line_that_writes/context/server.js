const app = require("express")(), fs = require("fs");
app.post("/save", (req, res) => { fs.writeFileSync("data.json", "1"); fs.writeFileSync("/srv/shop/last", "1"); res.end(); });
app.listen(3000);

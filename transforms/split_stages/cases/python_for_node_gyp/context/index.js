const D=require("better-sqlite3");const d=new D("data/app.db");require("http").createServer((q,r)=>r.end("x")).listen(process.env.PORT||3000);

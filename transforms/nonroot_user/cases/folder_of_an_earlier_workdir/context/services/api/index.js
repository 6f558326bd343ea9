require("fs").writeFileSync(__dirname+"/x","1")

setInterval(() => console.log(require("ms")(1000)), 1000);

require("playwright");

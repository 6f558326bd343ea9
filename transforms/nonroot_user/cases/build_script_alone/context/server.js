const express = require("express");
const pages = require("./pages.json");
express().get("/", (_, r) => r.json(pages)).listen(3000);

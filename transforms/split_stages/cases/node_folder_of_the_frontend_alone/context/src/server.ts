import express from "express";
express().use(express.static("frontend/dist")).listen(3000);

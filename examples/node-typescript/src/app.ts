import express, { Express } from "express";
import fs from "fs";
import path from "path";
import { notesRouter } from "./routes/notes";
import { NoteStore } from "./store";

const root = path.join(__dirname, "..");

export function createApp(store = new NoteStore()): Express {
  const { name, version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const app = express();

  app.use(express.json());
  app.use(express.static(path.join(root, "public")));
  app.get("/health", (_req, res) => {
    res.json({ status: "ok", name, version });
  });
  app.use("/api/notes", notesRouter(store));

  return app;
}

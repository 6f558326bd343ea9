import { Router } from "express";
import { NoteStore } from "../store";

export function notesRouter(store: NoteStore): Router {
  const router = Router();

  router.get("/", (req, res) => {
    const text = typeof req.query.q === "string" ? req.query.q : undefined;
    res.json(store.search(text));
  });

  router.post("/", (req, res) => {
    const { title, body = "" } = req.body ?? {};
    if (typeof title !== "string" || title.trim() === "") {
      res.status(400).json({ error: "a note needs a title" });
      return;
    }
    res.status(201).json(store.add(title.trim(), String(body)));
  });

  router.get("/:id", (req, res) => {
    const note = store.get(Number(req.params.id));
    if (note) {
      res.json(note);
    } else {
      res.status(404).json({ error: "no such note" });
    }
  });

  router.delete("/:id", (req, res) => {
    res.status(store.remove(Number(req.params.id)) ? 204 : 404).end();
  });

  return router;
}

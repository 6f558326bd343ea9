export interface Note {
  id: number;
  title: string;
  body: string;
}

export class NoteStore {
  private readonly notes = new Map<number, Note>();
  private next = 1;

  constructor() {
    this.add("Welcome", "Notes are kept in memory.");
  }

  add(title: string, body: string): Note {
    const note = { id: this.next++, title, body };
    this.notes.set(note.id, note);
    return note;
  }

  get(id: number): Note | undefined {
    return this.notes.get(id);
  }

  remove(id: number): boolean {
    return this.notes.delete(id);
  }

  search(text = ""): Note[] {
    const wanted = text.toLowerCase();
    return [...this.notes.values()].filter((note) =>
      `${note.title} ${note.body}`.toLowerCase().includes(wanted),
    );
  }
}

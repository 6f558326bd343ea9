import { NoteStore } from "../src/store";

test("a note can be found and removed", () => {
  const store = new NoteStore();
  const note = store.add("Shopping", "milk and bread");
  expect(store.search("MILK")).toEqual([note]);
  expect(store.remove(note.id)).toBe(true);
  expect(store.get(note.id)).toBeUndefined();
});

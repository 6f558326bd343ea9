fetch("/api/notes")
  .then((answer) => answer.json())
  .then((notes) => {
    const list = document.getElementById("notes");
    for (const note of notes) {
      const item = document.createElement("li");
      item.textContent = `${note.title}: ${note.body}`;
      list.append(item);
    }
  });

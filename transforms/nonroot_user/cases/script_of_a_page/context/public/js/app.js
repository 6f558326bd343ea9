const list = document.querySelector("#files");

async function save(name, text) {
  await api.writeFile("/api/files", name, text);
  localStorage.setItem("log", "/api/logs");
}

window.addEventListener("load", () => save("a", list.textContent));

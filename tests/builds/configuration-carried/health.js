fetch("http://localhost:3000/").then((response) => process.exit(response.ok ? 0 : 1));

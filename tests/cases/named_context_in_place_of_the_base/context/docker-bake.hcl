target "app" {
  contexts = {
    "python:3.12-slim" = "docker-image://registry.example.com/python-without-root:3.12"
  }
}

target "app" {
  target = "web"
}

pub fn greet() -> &'static str {
    "hello"
}

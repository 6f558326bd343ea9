fn main() { std::fs::create_dir_all("assets").unwrap(); std::fs::write("assets/gen.txt", "generated").unwrap(); }

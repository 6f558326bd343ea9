fn main() { println!("{}", std::fs::read_to_string("assets/gen.txt").unwrap()); }

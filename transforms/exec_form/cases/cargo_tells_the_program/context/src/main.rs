fn main() { println!("{}", std::env::var("CARGO_MANIFEST_DIR").unwrap()); }

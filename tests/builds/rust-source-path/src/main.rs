fn main() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/pages/hello.txt");
    print!("{}", std::fs::read_to_string(path).expect("a page"));
}

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("{folder}");
}

fn main() {
    let count = std::fs::read_to_string("../greetings.txt").expect("a file beside the crates");
    println!("cargo:rustc-env=GREETINGS={}", count.trim());
}

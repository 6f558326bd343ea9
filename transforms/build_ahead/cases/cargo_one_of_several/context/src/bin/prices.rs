fn main() {
    println!("open");
}

fn main() {
    println!("hot");
}

fn main() {
    println!("{}", env!("REVISION"));
}

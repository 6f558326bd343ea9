fn main() {
    println!("kettle is on");
}

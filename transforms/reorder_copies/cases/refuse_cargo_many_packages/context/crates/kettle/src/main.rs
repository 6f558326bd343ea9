fn main() { println!("on"); }

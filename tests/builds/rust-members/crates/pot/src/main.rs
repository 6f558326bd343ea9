fn main() {
    println!("{} {}, {}", leaf::cups(12), env!("UNIT"), stamp::colour!());
}

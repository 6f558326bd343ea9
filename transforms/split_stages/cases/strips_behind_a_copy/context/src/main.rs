fn main() {
    println!("{}", std::fs::read_to_string("conf/shop.toml").unwrap());
}

fn main() {
    println!("pours {}", tea_house::cups(1));
}

fn main() {
    println!("{}", tea_house::cups(4));
}

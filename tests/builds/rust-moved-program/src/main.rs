fn main() {
    let text = std::fs::read_to_string("texts/greeting.txt").expect("a greeting");
    print!("{text}");
}

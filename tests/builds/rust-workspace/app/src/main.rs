fn main() {
    println!("{} greetings: {}", env!("GREETINGS"), greet::greet());
}

fn main() {
    println!("cargo::rustc-env=UNIT=cups");
}

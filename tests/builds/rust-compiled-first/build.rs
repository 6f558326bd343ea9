fn main() {
    println!("cargo:rustc-env=BREWED=green");
}

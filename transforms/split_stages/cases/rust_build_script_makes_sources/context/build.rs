use std::{env, fs, path::Path};

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let dest = Path::new(&out).join("table.rs");
    fs::write(&dest, "const N: u8 = 1;").unwrap();
}

use std::process::Command;

fn main() {
    let revision = Command::new("git").args(["rev-parse", "HEAD"]).output();
    let revision = revision.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    println!("cargo:rustc-env=REVISION={}", revision.unwrap_or_default().trim());
}

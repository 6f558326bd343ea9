//! `dfopt --prove` with the engine that is there. Without one, these tests say so and fail: they run only when asked for.
//!
//!     cargo test --release --test testsuite -- --ignored prove_real

use std::process::Command;

use serde_json::Value;

use crate::builds::say;

/// The proof of the examples named `names`, with the arguments `more`.
fn prove(name: &str, more: &[&str]) -> Value {
    let folder = format!("examples/{name}");
    let args = [&["--prove", "--format=json", &folder], more].concat();
    let output = Command::new(env!("CARGO_BIN_EXE_dfopt"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    report["files"][0]["proof"].clone()
}

/// What is wrong with a proof of rewrites that hold.
fn complaint(name: &str, proof: &Value) -> Option<String> {
    let size = |side: &str| proof[side]["bytes"].as_u64().unwrap_or_default();
    let (before, after) = (size("before"), size("after"));
    say(&format!(
        "{name:18} {} {before} -> {after}",
        proof["verdict"]
    ));
    let whole = proof["verdict"] == "proven" && proof["taken_out"] == Value::Array(Vec::new());
    (!whole).then(|| format!("{name}: {proof:#}"))
}

#[test]
#[ignore = "needs an engine: cargo test --release --test testsuite -- --ignored prove_real"]
fn the_examples_are_proven() {
    let cases: [(&str, &[&str]); 3] = [
        ("apt-shell", &[]),
        ("go-server", &[]),
        ("python-web", &["--smoke=python -c 'import wsgi'"]),
    ];
    let complaints = cases
        .iter()
        .filter_map(|(name, more)| complaint(name, &prove(name, more)));
    let complaints: Vec<String> = complaints.collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

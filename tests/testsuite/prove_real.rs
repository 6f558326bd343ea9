//! `dfopt --prove` with the engine that is there. Without one, these tests say so and fail: they run only when asked for.
//!
//!     cargo test --test testsuite -- --ignored prove_real
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::builds::say;
use crate::sandbox::{Run, Sandbox};

/// The examples, and what is asked of the images of each.
const EXAMPLES: [(&str, &[&str]); 6] = [
    ("apt-shell", &["--smoke=summary"]),
    ("go-server", &[]),
    ("java-maven", &["--smoke=java -version"]),
    ("node-typescript", &["--smoke=node --version"]),
    ("python-web", &["--smoke=python -c 'import wsgi'"]),
    ("rust-server", &[]),
];

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(name)
}

fn dfopt(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfopt"));
    command.arg("--prove").args(args).stdin(Stdio::null());
    command
}

fn proof_of(output: &Output) -> Value {
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
#[ignore = "needs an engine: cargo test --test testsuite -- --ignored prove_real"]
fn the_examples_are_proven() {
    let complaints = EXAMPLES.iter().filter_map(|(name, more)| {
        let folder = example(name);
        let output = dfopt(more)
            .arg("--format=json")
            .arg(folder)
            .output()
            .unwrap();
        complaint(name, &proof_of(&output))
    });
    let complaints: Vec<String> = complaints.collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
#[ignore = "needs an engine: cargo test --test testsuite -- --ignored prove_real"]
fn what_is_proven_is_written() {
    let sandbox = Sandbox::new(&[]);
    for file in ["Dockerfile", "go.mod", "main.go", "app.go", "book.go"] {
        sandbox.put(file, fs::read(example("go-server").join(file)).unwrap());
    }
    sandbox.put("templates/index.html", "x");
    let output = dfopt(&["--write"])
        .arg(sandbox.path("Dockerfile"))
        .output()
        .unwrap();
    Run::of(output).exits(0).says("proven with");
    let written = sandbox.read("Dockerfile");
    assert!(written.contains(" AS builder"), "{written}");
    sandbox.dfopt(&["--check", "Dockerfile"]).exits(0);
}

/// Starts a proof, interrupts it when `moment` is reported, and looks for what is left.
fn interrupted(moment: &str, signal: &str) {
    let sandbox = Sandbox::new(&[("tmp/.keep", "")]);
    let mut child = dfopt(&["--smoke=sleep 50"])
        .arg(example("apt-shell"))
        .env("TMPDIR", sandbox.path("tmp"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let reached = lines
        .by_ref()
        .map_while(Result::ok)
        .any(|line| line.contains(moment));
    let id = child.id().to_string();
    let killed = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(reached && killed.success(), "never came to {moment:?}");
    let started = Instant::now();
    let code = child.wait().unwrap().code();
    assert_eq!(
        code,
        Some(130),
        "{:?}",
        lines.map_while(Result::ok).collect::<Vec<_>>()
    );
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
    let left = fs::read_dir(sandbox.path("tmp")).unwrap().count();
    assert_eq!(left, 1, "folders are left behind");
    let names = format!("dfopt-prove-{id}-");
    for (list, format) in [("images", "{{.Repository}}"), ("ps", "{{.Names}}")] {
        let output = Command::new("docker")
            .args([list, "--all", "--format", format])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && !text.contains(&names),
            "{list}: {text}"
        );
    }
}

#[test]
#[ignore = "needs docker: cargo test --test testsuite -- --ignored prove_real"]
fn an_interrupt_leaves_nothing_behind() {
    interrupted("as it is, without a cache", "-INT");
    interrupted("as it is, without a cache", "-TERM");
}

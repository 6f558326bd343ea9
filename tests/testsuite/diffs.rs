//! Diffs, as `git apply` and `patch` take them.

use crate::sandbox::{APT, NODE, Sandbox};

/// Checks that the diff of the files, applied by `git apply` and by `patch`, gives what `--write`
/// writes, and that standard output holds nothing but the diff.
fn assert_diff_equals_write(make: impl Fn() -> Sandbox, args: &[&str]) -> String {
    let with = |mode: &'static str| -> Vec<&str> { args.iter().copied().chain([mode]).collect() };
    let written = make();
    written.dfopt(&with("--write")).exits(0);
    let diff = make().dfopt(&with("--diff")).exits(0).out;
    assert!(diff.starts_with("--- "), "{diff}");
    for (program, args) in [
        ("git", &["apply"] as &[&str]),
        ("patch", &["-p1", "--quiet"]),
    ] {
        let patched = make();
        if patched.apply(program, args, &diff) {
            assert_eq!(patched.files(), written.files(), "{program}");
        }
    }
    diff
}

#[test]
fn diffs_apply_in_every_folder() {
    let files = [
        ("Dockerfile", APT),
        ("a/Dockerfile.dev", APT),
        ("b/my app/x.Dockerfile", APT),
    ];
    let diff = assert_diff_equals_write(|| Sandbox::new(&files), &["--only", "merge-apt"]);
    assert!(
        diff.contains("--- a/a/Dockerfile.dev\n+++ b/a/Dockerfile.dev\n"),
        "{diff}"
    );
}

#[test]
fn diffs_keep_carriage_returns() {
    let text = APT.replace('\n', "\r\n");
    let diff = assert_diff_equals_write(
        || Sandbox::new(&[("Dockerfile", &text)]),
        &["--only", "merge-apt"],
    );
    assert!(diff.contains("-RUN apt-get update\r\n"), "{diff}");
}

#[test]
fn diffs_mark_a_missing_final_newline() {
    let diff = assert_diff_equals_write(
        || Sandbox::new(&[("Dockerfile", APT.trim_end())]),
        &["--only", "merge-apt"],
    );
    assert!(diff.contains("\n\\ No newline at end of file\n"), "{diff}");
}

#[test]
fn diffs_create_a_dockerignore() {
    let diff = assert_diff_equals_write(Sandbox::node, &["--only", "reorder-copies"]);
    assert!(
        diff.contains("--- /dev/null\n+++ b/.dockerignore\n"),
        "{diff}"
    );
    assert!(diff.contains("\n+node_modules\n"), "{diff}");
}

#[test]
fn diffs_add_to_a_dockerignore_once() {
    let make = || {
        let sandbox = Sandbox::node();
        sandbox.put("Dockerfile.dev", NODE);
        sandbox.put(".dockerignore", ".git");
        sandbox
    };
    let diff = assert_diff_equals_write(make, &["--only", "reorder-copies"]);
    assert_eq!(diff.matches("+++ b/.dockerignore").count(), 1, "{diff}");
}

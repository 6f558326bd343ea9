//! Values of secrets are never printed.

use crate::sandbox::Sandbox;

/// A value that goes, one that stays beside what changes, and one on a command line.
const DOCKERFILE: &str = "\
FROM node:20 AS build
WORKDIR /app
ENV REGISTRY_PASSWORD=goes-4711 \\
    OTHER=1
RUN npm ci --registry https://me:inline-4711@registry.example.com/
FROM node:20
ENV SESSION_SECRET \"stays-4711\"
ADD server.js /app/
COPY .npmrc /app/
RUN npm ci
CMD [\"node\", \"server.js\"]
";

const OPTIONS: [&str; 4] = ["--preset", "security", "--safety", "unsafe"];

fn sandbox() -> Sandbox {
    Sandbox::new(&[
        ("Dockerfile", DOCKERFILE),
        ("server.js", ""),
        (".npmrc", "//npm.example.org/:_authToken=file-4711\n"),
    ])
}

/// What is printed with these arguments, on both streams.
fn printed(args: &[&str]) -> String {
    let run = sandbox().dfopt(&[&OPTIONS, args].concat()).exits(0);
    run.out + &run.err
}

#[test]
fn no_format_prints_a_value() {
    for args in [
        &["--diff"] as &[&str],
        &["-q"],
        &["-v"],
        &["--write"],
        &["--report"],
        &["--format", "html"],
        &["-v", "--format", "json"],
        &["-v", "--format", "sarif"],
        &["-v", "--format", "github"],
        &["-v", "--format", "rdjson"],
    ] {
        let printed = printed(args);
        assert!(
            printed.contains("mount-secrets") || printed.contains("--mount=type=secret"),
            "{args:?}: {printed}"
        );
        assert!(!printed.contains("4711"), "{args:?}: {printed}");
    }
}

#[test]
fn a_diff_with_hidden_values_says_so() {
    let diff = printed(&["--diff"]);
    assert!(diff.starts_with("Values of secrets are hidden"), "{diff}");
    assert!(diff.contains("-ENV REGISTRY_PASSWORD=*********"), "{diff}");
}

#[test]
fn json_leaves_out_edits_that_would_print_a_value() {
    let args = ["--preset", "all", "--safety", "unsafe", "--format", "json"];
    let text = sandbox().dfopt(&args);
    let report: serde_json::Value = serde_json::from_str(&text.exits(0).out).expect("JSON");
    let file = &report["files"][0];
    assert_eq!(file["edits_hidden"], true, "{report}");
    assert_eq!(file["edits"], serde_json::json!([]));
}

#[test]
fn writing_makes_the_change() {
    let sandbox = sandbox();
    sandbox
        .dfopt(&[&OPTIONS as &[&str], &["--write"]].concat())
        .exits(0);
    let text = sandbox.read("Dockerfile");
    assert!(
        !text.contains("goes-4711") && text.contains("stays-4711"),
        "{text}"
    );
}

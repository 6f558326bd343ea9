//! The invariants that the targets check. They are those of the property tests, word for word.

#[path = "../../tests/testsuite/invariants/mod.rs"]
mod invariants;

/// Reads `text` as a Dockerfile.
pub fn dockerfile(text: &str) {
    invariants::dockerfile::check(text);
}

/// Reads `text` as a shell script.
pub fn shell(text: &str) {
    invariants::shell::check(text);
}

/// Rewrites `text` with all transforms.
pub fn pipeline(text: &str) {
    invariants::pipeline::check(text);
}

/// The Dockerfile that `choices` make.
pub fn recipe(choices: &[u8]) -> String {
    invariants::recipes::dockerfile(choices)
}

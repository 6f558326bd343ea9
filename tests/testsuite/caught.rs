//! The build cases catch what they are there for.
//!
//! Some have wrong rewrites beside them, made by hand: each has to fail to build or to do what the
//! case asks. `cargo test --test testsuite -- --ignored caught` needs an engine, as
//! [`builds`](super::builds) does, and takes names in `DFOPT_BUILDS` as well.

use std::fs;
use std::path::Path;

use super::builds::case::{self, Case};
use super::builds::engine::Engine;
use super::builds::{engine, is_named, proof, say};

/// Whether the case notices the wrong rewrite, and how.
fn caught(engine: &Engine, case: &Case, wrong: &Path) -> Result<(), String> {
    let name = format!("{}/{}", case.name, wrong.file_name().unwrap().display());
    let folder = case.copy();
    fs::copy(wrong, folder.path().join(&case.dockerfile)).unwrap();
    match proof::measure(engine, case, folder.path(), "after") {
        Ok(_) => Err(format!("{name}: builds, and does all that is asked")),
        Err(error) => {
            say(&format!(
                "{name}: {}",
                error.lines().next().unwrap_or_default()
            ));
            Ok(())
        }
    }
}

#[test]
#[ignore = "needs an engine: cargo test --test testsuite -- --ignored caught"]
fn every_wrong_rewrite_is_caught() {
    let Some(engine) = engine() else { return };
    let mut missed = Vec::new();
    for case in case::all().into_iter().filter(is_named) {
        for wrong in case.wrong_rewrites() {
            missed.extend(caught(&engine, &case, &wrong).err());
        }
    }
    assert!(missed.is_empty(), "not caught:\n{}", missed.join("\n"));
}

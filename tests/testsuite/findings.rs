//! Inputs that once broke a promise, as the fuzz targets and the people who read them found them.

use super::invariants::{dockerfile, pipeline};

/// Both levels of reading at once.
fn check(text: &str) {
    dockerfile::check(text);
    pipeline::check(text);
}

/// The verifier took the reference for one that the rewrite had broken.
#[test]
fn a_stage_that_copies_from_itself() {
    check(
        "FROM golang:1.22\nCOPY --from=0 /server /server\nRUN apt-get update\nRUN apt-get update\nCMD [\"/server\"]\n",
    );
}

/// Each level was walked twice: once as a part of the one around it, once on its own.
#[test]
fn substitutions_inside_each_other() {
    let nested = |open: &str, close: &str| {
        let script = format!("{}a{}", open.repeat(40), close.repeat(40));
        check(&format!("FROM debian\nRUN {script}\n"));
    };
    nested("echo $( ", " )");
    nested("{ echo $( ", " ); }");
    nested("if true; then echo \"$( ", " )\"; fi");
    nested("for i in $( ", " ); do true; done");
}

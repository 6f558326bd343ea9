//! The shell parser against `dash -n`, `bash -n` and shfmt, on real scripts and on damaged ones.
//!
//! The answers are in `../shared/conformance`, or in `$DFOPT_SHARED/conformance`.

use std::fs::File;
use std::io::{BufRead, BufReader};

use dfopt::syntax::shell::{self, Script};
use flate2::read::GzDecoder;
use serde::Deserialize;

/// A script, and what others say about it.
#[derive(Deserialize)]
struct Row {
    script: String,
    bash: bool,
    words: Option<Vec<Words>>,
}

/// The byte ranges of the words of a simple command.
type Words = Vec<(usize, usize)>;

#[test]
fn real_scripts() {
    compare("shell.expected.jsonl.gz");
}

#[test]
fn damaged_scripts() {
    compare("shell-mutants.expected.jsonl.gz");
}

fn compare(name: &str) {
    let differences: Vec<String> = rows(name).iter().filter_map(difference).collect();
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// What is wrong about our answer, if anything.
fn difference(row: &Row) -> Option<String> {
    let script = &row.script;
    match (shell::parse(script), expected(row)) {
        (Ok(_), false) => Some(format!("accepted: {script:?}")),
        (Err(error), true) => Some(format!("{error}: {script:?}")),
        (Err(_), false) => None,
        (Ok(parsed), true) => {
            let (ours, theirs) = (words(&parsed, script), row.words.as_ref()?);
            (ours != *theirs).then(|| format!("{ours:?} instead of {theirs:?}: {script:?}"))
        }
    }
}

/// Whether the script has to be accepted: if bash accepts it.
///
/// Only five scripts here are accepted by `dash` and not by bash, all of them damaged. In each, an
/// expansion such as `${name\}` or `"${name$(x}"` has a quote or a `$` where an operator has to be.
/// `dash` skips that character, and fails when it comes to expand it; to bash it starts something
/// that never ends. The shells do not agree where such a word ends, so we refuse it.
fn expected(row: &Row) -> bool {
    row.bash
}

/// The words as shfmt groups them: to it, declarations are no simple commands, and neither are
/// assignments and redirections alone.
fn words(parsed: &Script, script: &str) -> Vec<Words> {
    let declarations = ["declare", "export", "let", "local", "readonly", "typeset"];
    let commands = parsed
        .simple_commands()
        .into_iter()
        .map(|command| &command.words);
    commands
        .filter(|words| {
            words
                .first()
                .is_some_and(|name| !declarations.contains(&name.text(script)))
        })
        .map(|words| {
            words
                .iter()
                .map(|word| (word.span.start, word.span.end))
                .collect()
        })
        .collect()
}

fn rows(name: &str) -> Vec<Row> {
    let shared = std::env::var("DFOPT_SHARED")
        .unwrap_or_else(|_| format!("{}/../shared", env!("CARGO_MANIFEST_DIR")));
    let Ok(file) = File::open(format!("{shared}/conformance/{name}")) else {
        eprintln!("SKIPPED: {shared} not found");
        return Vec::new();
    };
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines
        .map(|line| serde_json::from_str(&line.expect("text")).expect("a row"))
        .collect()
}

//! Small scripts, each for one thing.

mod commands;
mod words;

use super::*;

fn read(script: &str) -> Script {
    parse(script).unwrap_or_else(|error| panic!("{script:?}: {error}"))
}

/// The words of every simple command, as they are written.
fn commands(script: &str) -> Vec<Vec<&str>> {
    let parsed = read(script);
    let words = |command: &Simple| command.words.iter().map(|word| word.text(script)).collect();
    parsed.simple_commands().into_iter().map(words).collect()
}

/// The first word of the first simple command.
fn word(script: &str) -> Word {
    read(script).simple_commands()[0].words[0]
}

#[track_caller]
fn assert_rejected(scripts: &[&str]) {
    for script in scripts {
        assert!(parse(script).is_err(), "{script:?} is accepted");
    }
}

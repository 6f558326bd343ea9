//! The throughput of the shell parser on real scripts, beside that of the crate `rable`.
//!
//! The scripts are those of `../shared/conformance`, or of `$DFOPT_SHARED/conformance`. Without
//! them there is nothing to measure.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::OnceLock;

use dfopt::syntax::shell;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use flate2::read::GzDecoder;

fn main() {
    if scripts().is_empty() {
        eprintln!("SKIPPED: ../shared not found");
        return;
    }
    divan::main();
}

#[divan::bench]
fn ours(bencher: Bencher) {
    measure(bencher, |script| shell::parse(script).is_ok());
}

#[divan::bench]
fn ours_with_literals(bencher: Bencher) {
    measure(bencher, |script| {
        shell::parse(script).is_ok_and(|parsed| {
            let commands = parsed.simple_commands();
            commands
                .iter()
                .flat_map(|command| &command.words)
                .any(|word| word.literal(script).is_none())
        })
    });
}

#[divan::bench]
fn rable(bencher: Bencher) {
    measure(bencher, |script| rable::parse(script, false).is_ok());
}

fn measure(bencher: Bencher, parse: impl Fn(&str) -> bool + Sync) {
    let scripts = scripts();
    let bytes: usize = scripts.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        scripts
            .iter()
            .filter(|script| parse(black_box(script)))
            .count()
    });
}

fn scripts() -> &'static [String] {
    static SCRIPTS: OnceLock<Vec<String>> = OnceLock::new();
    SCRIPTS.get_or_init(|| read_scripts().unwrap_or_default())
}

fn read_scripts() -> Option<Vec<String>> {
    let shared = std::env::var("DFOPT_SHARED")
        .unwrap_or_else(|_| format!("{}/../../shared", env!("CARGO_MANIFEST_DIR")));
    let file = File::open(format!("{shared}/conformance/shell.expected.jsonl.gz")).ok()?;
    let script = |line: String| {
        let row: serde_json::Value = serde_json::from_str(&line).expect("a JSON object a line");
        row["script"].as_str().expect("a script").to_owned()
    };
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    Some(
        lines
            .map(|line| script(line.expect("a gzip file of UTF-8")))
            .collect(),
    )
}

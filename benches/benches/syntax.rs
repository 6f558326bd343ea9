//! How fast Dockerfiles are read, beside other parsers and beside what memory allows.
//!
//! The corpus is not part of the repository: `DFOPT_SHARED` names the folder that holds it,
//! `../shared` is the default. Every parser reads the same files, those that all of them accept.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use dfopt::syntax::parse;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

fn main() {
    if CORPUS.is_empty() {
        println!("SKIPPED: no corpus (set DFOPT_SHARED)");
        return;
    }
    println!("{} files, {} bytes", CORPUS.len(), bytes());
    divan::main();
}

/// The files that every parser accepts.
static CORPUS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("DFOPT_SHARED").map_or_else(default, Into::into);
    let Ok(folder) = fs::read_dir(shared.join("corpus/dockerfiles")) else {
        return Vec::new();
    };
    let text = |entry: Result<fs::DirEntry, _>| fs::read_to_string(entry.ok()?.path()).ok();
    folder
        .filter_map(text)
        .filter(|text| everyone_accepts(text))
        .collect()
});

fn everyone_accepts(text: &str) -> bool {
    parse(text).errors().is_empty()
        && parse_dockerfile::parse(text).is_ok()
        && dockerfile_parser::Dockerfile::parse(text).is_ok()
}

fn bytes() -> usize {
    CORPUS.iter().map(String::len).sum()
}

/// Runs `read` over the corpus.
fn over_corpus<T>(bencher: Bencher<'_, '_>, read: impl Fn(&'static str) -> T + Sync) {
    bencher.counter(BytesCount::new(bytes())).bench(|| {
        for text in CORPUS.iter() {
            black_box(read(black_box(text)));
        }
    });
}

/// The limit: finding the end of every line, and nothing else.
#[divan::bench]
fn memchr_per_line(bencher: Bencher<'_, '_>) {
    over_corpus(bencher, |text| {
        let mut rest = text.as_bytes();
        let mut lines = 0;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            rest = &rest[end + 1..];
            lines += 1;
        }
        lines
    });
}

/// Tokens, instructions, here-documents, the typed view of every instruction and what `BuildKit` rejects.
#[divan::bench]
fn dfopt_parse(bencher: Bencher<'_, '_>) {
    over_corpus(bencher, parse);
}

#[divan::bench]
fn parse_dockerfile_crate(bencher: Bencher<'_, '_>) {
    over_corpus(bencher, parse_dockerfile::parse);
}

/// The parser inside `dprint-plugin-dockerfile`.
#[divan::bench(sample_count = 10)]
fn dockerfile_parser_crate(bencher: Bencher<'_, '_>) {
    over_corpus(bencher, dockerfile_parser::Dockerfile::parse);
}

/// The plugin has no entry but this, which also formats.
#[divan::bench(sample_count = 10)]
fn dprint_plugin_dockerfile(bencher: Bencher<'_, '_>) {
    let config = dprint_plugin_dockerfile::configuration::ConfigurationBuilder::new().build();
    over_corpus(bencher, |text| {
        dprint_plugin_dockerfile::format_text(Path::new("Dockerfile"), text, &config)
    });
}

/// The same file twice, four, eight … times as long: the throughput has to stay.
#[divan::bench(args = [1, 2, 4, 8, 16, 32], sample_count = 10)]
fn doubling(bencher: Bencher<'_, '_>, times: usize) {
    let text: String = CORPUS.iter().map(String::as_str).collect();
    let text = text.repeat(times);
    bencher
        .counter(BytesCount::new(text.len()))
        .bench(|| parse(black_box(&text)));
}

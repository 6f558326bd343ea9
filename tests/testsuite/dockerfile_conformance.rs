//! dfopt's parser against the recorded answers of BuildKit's own.
//!
//! The data is not part of the repository: `DFOPT_SHARED` names its folder, `../shared` is the
//! default. Without it these tests say so and pass.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use dfopt::syntax::{Keyword, Span, dump, parse};
use flate2::read::GzDecoder;
use serde_json::Value;

/// The folder of the shared data, or `None` with a loud note.
fn shared() -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("DFOPT_SHARED").map_or_else(default, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!(
        "SKIPPED: no shared data at {} (set DFOPT_SHARED)",
        folder.display()
    );
    None
}

/// The answers in one file of `conformance/`.
fn answers(shared: &Path, name: &str) -> Vec<Value> {
    let path = shared.join("conformance").join(name);
    let mut file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    let read = if name.ends_with(".gz") {
        GzDecoder::new(file).read_to_string(&mut text)
    } else {
        file.read_to_string(&mut text)
    };
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let answer = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}"));
    text.lines().map(answer).collect()
}

fn name_of(answer: &Value) -> &str {
    answer["name"]
        .as_str()
        .or(answer["file"].as_str())
        .unwrap_or_default()
}

/// Brings both sides into the form in which they have to be equal.
///
/// Messages are worded by us; that there is one of its kind, and its line, has to agree.
fn normalised(answer: &Value) -> Value {
    let mut answer = answer.clone();
    let object = answer.as_object_mut().expect("an answer is an object");
    for key in ["name", "file", "text"] {
        object.remove(key);
    }
    if let Some(message) = object.get_mut("parse_error") {
        *message = Value::from(
            message
                .as_str()
                .unwrap_or_default()
                .split(['"', '\''])
                .next(),
        );
    }
    if let Some(message) = object.get_mut("instruction_error") {
        let text = message.as_str().unwrap_or_default();
        let text = text.split(" (did you mean").next().unwrap_or_default();
        *message = Value::from(text);
    }
    answer
}

/// Compares every answer in a file; the names of those that differ, with a difference each.
fn differences(
    shared: &Path,
    name: &str,
    text_of: impl Fn(&Value) -> String,
) -> (usize, BTreeMap<String, String>) {
    let answers = answers(shared, name);
    let mut different = BTreeMap::new();
    for answer in &answers {
        let text = text_of(answer);
        let file = parse(&text);
        assert_eq!(
            file.to_string(),
            text,
            "{}: the tokens are not the source",
            name_of(answer)
        );
        let (expected, found) = (normalised(answer), normalised(&dump("", &file)));
        if expected != found {
            different.insert(
                name_of(answer).to_owned(),
                first_difference(&expected, &found),
            );
        }
    }
    println!(
        "{name}: {} of {} agree",
        answers.len() - different.len(),
        answers.len()
    );
    (answers.len(), different)
}

/// The first place where two values differ.
fn first_difference(expected: &Value, found: &Value) -> String {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys = a.keys().chain(b.keys());
            let differing = keys.find(|key| a.get(*key) != b.get(*key));
            let key = differing.map_or("", String::as_str);
            format!("{key}: {}", first_difference(&expected[key], &found[key]))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let differing = a.iter().zip(b).find(|(a, b)| a != b);
            differing.map_or_else(String::new, |(a, b)| first_difference(a, b))
        }
        _ => format!("BuildKit has {expected}, we have {found}"),
    }
}

fn own_text(answer: &Value) -> String {
    answer["text"]
        .as_str()
        .expect("the answer holds its input")
        .to_owned()
}

#[test]
fn agrees_on_the_quirks() {
    let Some(shared) = shared() else { return };
    let (count, different) = differences(&shared, "quirks.expected.jsonl", own_text);
    assert_eq!((count, different), (83, BTreeMap::new()));
}

#[test]
fn agrees_on_the_files_of_buildkits_own_tests() {
    let Some(shared) = shared() else { return };
    let name = "buildkit-testfiles.expected.jsonl";
    let (count, different) = differences(&shared, name, own_text);
    assert_eq!((count, different), (38, BTreeMap::new()));
}

#[test]
fn agrees_on_the_corpus() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("corpus/dockerfiles");
    let (count, different) = differences(&shared, "corpus.expected.jsonl.gz", |answer| {
        let bytes = fs::read(folder.join(name_of(answer))).expect("the corpus holds the file");
        as_go_prints(&bytes)
    });
    assert_eq!((count, different), (2728, BTreeMap::new()));
}

/// The text of a file. One is not UTF-8: the recorded answer holds a U+FFFD for each bad byte.
fn as_go_prints(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&"\u{fffd}".repeat(chunk.invalid().len()));
    }
    text
}

#[test]
fn agrees_on_random_soups() {
    let Some(shared) = shared() else { return };
    let (count, different) = differences(&shared, "soup.expected.jsonl.gz", own_text);
    assert_eq!((count, different), (3000, BTreeMap::new()));
}

/// Replaces every word of every `RUN` in the corpus, one at a time, and reads the result back: the
/// joined line has to differ in exactly that word. This is what makes edits through
/// `Logical::source` safe.
#[test]
fn the_map_to_the_source_holds_for_every_word_of_the_corpus() {
    let Some(shared) = shared() else { return };
    let mut words = 0;
    for entry in fs::read_dir(shared.join("corpus/dockerfiles")).expect("a folder") {
        let bytes = fs::read(entry.expect("an entry").path()).expect("a readable file");
        let text = as_go_prints(&bytes);
        words += replace_each_word(&text);
    }
    println!("{words} words replaced and read back");
    assert!(words > 100_000, "only {words} words: is this the corpus?");
}

fn replace_each_word(text: &str) -> usize {
    let file = parse(text);
    let runs = file.instructions().iter().enumerate();
    let mut words = 0;
    for (index, instruction) in runs.filter(|(_, run)| run.keyword == Keyword::Run) {
        let logical = file.logical(index);
        for span in words_of(&logical.text, file.view(index).body) {
            let source = logical.source(span);
            assert_eq!(logical.to_logical(source.start), Some(span.start));
            if logical.crosses_comment(span) {
                continue;
            }
            if !logical.crosses_seam(span) {
                assert_eq!(source.text(text), span.text(&logical.text));
            }
            // The other instructions are left out, for speed.
            let before = &text[instruction.full.start..source.start];
            let after = &text[source.end..instruction.full.end];
            let edited = format!("# escape={}\n{before}replaced{after}", file.escape());
            let expected = [
                &logical.text[..span.start],
                "replaced",
                &logical.text[span.end..],
            ]
            .concat();
            assert_eq!(parse(&edited).logical(0).text, expected);
            words += 1;
        }
    }
    words
}

/// The stretches of `body` without blanks. Here-document markers are left out: another name would
/// need another end.
fn words_of(line: &str, body: Span) -> Vec<Span> {
    let text = body.text(line);
    let starts = text.split_ascii_whitespace();
    let spans = starts.map(|word| {
        let start = body.start + (word.as_ptr().addr() - text.as_ptr().addr());
        Span::new(start, start + word.len())
    });
    spans
        .filter(|span| !span.text(line).contains("<<"))
        .collect()
}

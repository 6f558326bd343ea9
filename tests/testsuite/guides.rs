//! What the Dockerfiles become that the guides of the field begin with.
//!
//! They are the cases of `tests/builds` with a `guide`. What each becomes stands beside it, `docs/guides.md` shows it to users, and
//! [`builds`](super::builds) builds and runs it at both levels. `DFOPT_BLESS=1 cargo test --test testsuite guides` writes both anew:
//! read the difference before you commit it.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use dfopt::report::{Hidden, Palette, covered};

use super::builds::case::{self, Case, root};
use super::builds::proof;

const HEAD: &str = "\
# What guides begin with

The Dockerfiles with which guides to small and safe images begin, and what dfopt makes of them: first with its default, `--safety
assumed`, then what `--safety unsafe` changes besides. Each is built, run and called before and after on a real engine, where its base
image is at hand (`tests/builds/guide-*`). Made by `DFOPT_BLESS=1 cargo test --test testsuite guides`.
";

/// What `case` becomes at `level`.
fn rewritten(case: &Case, level: &str) -> String {
    let folder = case.copy();
    if let Err(error) = proof::rewrite(case, folder.path(), level) {
        panic!("{}: {error}", case.name);
    }
    fs::read_to_string(folder.path().join(&case.dockerfile)).unwrap()
}

fn diff(before: &str, after: &str) -> String {
    let mut diff = Vec::new();
    let texts = (before, after);
    covered(
        &mut diff,
        &Palette::default(),
        "Dockerfile",
        texts,
        &Hidden::default(),
    )
    .unwrap();
    let diff = String::from_utf8(diff).unwrap();
    let behind_head = diff.lines().skip(2).map(|line| format!("{line}\n"));
    behind_head.collect()
}

/// The part of the page about one of them.
fn section(case: &Case, texts: [&str; 3]) -> String {
    let [naive, assumed, unproven] = texts;
    let guide = case.guide.as_deref().unwrap_or_default();
    let mut section = format!("\n## {guide}\n\n```dockerfile\n{naive}```\n");
    for (level, before, after) in [("default", naive, assumed), ("unsafe", assumed, unproven)] {
        let diff = diff(before, after);
        match (diff.is_empty(), level) {
            (true, "default") => section.push_str("\nNothing is changed by default.\n"),
            (true, _) => section.push_str("\n`--safety unsafe` changes nothing more.\n"),
            (false, "default") => write!(section, "\n```diff\n{diff}```\n").unwrap(),
            (false, _) => {
                write!(section, "\n`--safety unsafe` also:\n\n```diff\n{diff}```\n").unwrap();
            }
        }
    }
    section
}

/// Compares a file with what it should hold, or writes it.
fn agree(path: &Path, text: &str) {
    if env::var_os("DFOPT_BLESS").is_some() {
        fs::write(path, text).unwrap();
        return;
    }
    let known = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(known, text, "{}: run with DFOPT_BLESS=1", path.display());
}

#[test]
fn guides_become_what_is_expected() {
    let mut page = HEAD.to_owned();
    let cases = case::all();
    let guides: Vec<&Case> = cases.iter().filter(|case| case.guide.is_some()).collect();
    assert!(guides.len() >= 12, "{} guides", guides.len());
    for case in guides {
        let folder = case.copy();
        let naive = fs::read_to_string(folder.path().join(&case.dockerfile)).unwrap();
        let [assumed, unproven] = ["assumed", "unsafe"].map(|level| {
            let text = rewritten(case, level);
            agree(&case.expected(level), &text);
            text
        });
        page.push_str(&section(case, [&naive, &assumed, &unproven]));
    }
    agree(&root().join("docs/guides.md"), &page);
}

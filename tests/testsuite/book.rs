//! The pages of the documentation: complete, and their links lead somewhere.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dfopt::transforms;

use super::sandbox::Sandbox;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Markdown files below `folder`.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text of a page with what `{{#include file:anchor}}` brings in, as mdbook makes it.
fn expanded(path: &Path) -> String {
    let text = read(path);
    let mut parts = text.split("{{#include ");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (target, rest) = part.split_once("}}").expect("an include has an end");
        let (file, anchor) = target
            .split_once(':')
            .map_or((target, None), |(file, anchor)| (file, Some(anchor)));
        let included = read(&path.parent().unwrap().join(file));
        result.push_str(match anchor {
            None => &included,
            Some(anchor) => between(
                &included,
                &format!("ANCHOR: {anchor} -->"),
                &format!("<!-- ANCHOR_END: {anchor} "),
            ),
        });
        result.push_str(rest);
    }
    result
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("there is no {start}"));
    rest.split_once(end)
        .unwrap_or_else(|| panic!("there is no {end}"))
        .0
}

/// The text without its blocks of code, in which a `#` is no heading and brackets are no link.
fn prose(text: &str) -> String {
    let fenced = text.split("```");
    fenced.step_by(2).collect()
}

/// The targets of the links that lead to files.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains("://")).collect()
}

/// What a link behind `#` can name: headings in small letters, with `-` for blanks and no punctuation.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| -> String {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words
            .chars()
            .filter(|character| character.is_alphanumeric() || " -_".contains(*character));
        kept.map(|character| if character == ' ' { '-' } else { character })
            .collect()
    };
    headings.map(slug).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut texts = pages(&root().join("docs"));
    texts.extend(
        [
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "examples/README.md",
        ]
        .map(|name| root().join(name)),
    );
    let mut failures = String::new();
    for page in &texts {
        let text = prose(&expanded(page));
        for link in links(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(file)
            };
            let is_known = || {
                anchors(&prose(&expanded(&target)))
                    .iter()
                    .any(|known| known == anchor)
            };
            if !target.exists() || !(anchor.is_empty() || is_known()) {
                let _ = writeln!(failures, "{}: {link}", page.display());
            }
        }
    }
    assert!(failures.is_empty(), "links that lead nowhere:\n{failures}");
}

/// A link out of the book works on the disk and leads nowhere when the book is read elsewhere.
#[test]
fn links_of_the_book_stay_in_it() {
    let book = root().join("docs");
    for page in pages(&book) {
        let text = prose(&expanded(&page));
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            let target = page.parent().unwrap().join(file).canonicalize().unwrap();
            assert!(
                target.starts_with(book.canonicalize().unwrap()),
                "{}: {link}",
                page.display()
            );
        }
    }
}

#[test]
fn every_page_is_in_the_summary() {
    let book = root().join("docs");
    let summary = read(&book.join("SUMMARY.md"));
    let listed = links(&summary);
    for page in pages(&book) {
        let name = page.strip_prefix(&book).unwrap().to_str().unwrap();
        assert!(
            name == "SUMMARY.md" || listed.contains(&name),
            "docs/SUMMARY.md lacks {name}"
        );
    }
    for transform in transforms::ALL {
        let id = transform.info().id;
        assert!(
            listed.contains(&format!("transforms/{id}.md").as_str()),
            "docs/SUMMARY.md lacks {id}"
        );
    }
}

/// The long options of the calls of dfopt in a text: those between the name of the program and the end of the command.
fn options_of_calls(text: &str) -> Vec<&str> {
    let calls = text.split("dfopt ").skip(1);
    let command = |call: &'_ str| {
        call.split(['`', '\n', '|', ';', '&', '"'])
            .next()
            .map_or(0, str::len)
    };
    let words = calls.flat_map(|call| call[..command(call)].split([' ', '=', '[', ']', ',']));
    words
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect()
}

#[test]
fn the_options_in_the_documentation_exist() {
    let sandbox = Sandbox::new(&[]);
    let help = sandbox.dfopt(&["--help"]).exits(0).out;
    let mut texts = pages(&root().join("docs"));
    texts.push(root().join("README.md"));
    let mut count = 0;
    for page in texts {
        for option in options_of_calls(&read(&page)) {
            let shown = help
                .split([' ', '=', '[', ',', '\n'])
                .any(|word| word == option);
            assert!(shown, "{}: dfopt has no {option}", page.display());
            count += 1;
        }
    }
    assert!(count > 20, "the pages show how dfopt is called");
}

/// The codes of a transform with what its README says of each.
fn codes(doc: &str) -> Vec<(&str, &str)> {
    let refusals = doc.split("## Refusals").nth(1).unwrap_or_default();
    let rows = refusals.lines().take_while(|line| !line.starts_with("## "));
    rows.filter_map(|line| {
        let (code, reason) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((code, reason.strip_suffix(" |")?))
    })
    .collect()
}

/// What the engine refuses, whatever the transform.
const OF_ANY: [(&str, &str); 4] = [
    (
        "ignored",
        "A comment `# dfopt: ignore` asks to leave an instruction alone that the rewrite would change.",
    ),
    (
        "open-end",
        "The last line of the file ends in a line continuation, so that what comes behind it would be a part of that instruction. End it.",
    ),
    (
        "other-build",
        "A Compose or bake file, CI or a script builds the Dockerfile with another context, base image, named context or arguments, for which the rewrite would be another one. Give each its own Dockerfile, or `dfopt: ignore`.",
    ),
    (
        "too-large",
        "The file is far larger than what people write: it is generated. Split it into several.",
    ),
];

/// `docs/refusals.md` lists what the READMEs of the transforms explain. `DFOPT_BLESS=1` writes it anew.
#[test]
fn the_list_of_refusals_is_complete() {
    let mut rows = BTreeSet::new();
    for (code, reason) in OF_ANY {
        rows.insert(format!("| `{code}` | any | {reason} |"));
    }
    for transform in transforms::ALL {
        let info = transform.info();
        for (code, reason) in codes(info.doc) {
            rows.insert(format!(
                "| `{code}` | [{0}](transforms/{0}.md) | {reason} |",
                info.id
            ));
        }
    }
    let path = root().join("docs/refusals.md");
    let page = read(&path);
    let (head, _) = page.split_once("|---|").expect("the page has a table");
    let mut expected = format!("{head}|---|---|---|\n");
    rows.iter().for_each(|row| expected.extend([row, "\n"]));
    if std::env::var_os("DFOPT_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    assert!(
        read(&path) == expected,
        "DFOPT_BLESS=1 cargo test --test testsuite refusals"
    );
}

/// Every code with which something is refused in a case is explained.
#[test]
fn no_refusal_goes_unexplained() {
    let mut reports = Vec::new();
    for folder in ["transforms", "tests/cases"] {
        find_reports(&root().join(folder), &mut reports);
    }
    assert!(!reports.is_empty());
    for report in reports {
        for line in read(&report)
            .lines()
            .filter_map(|line| line.strip_prefix("refused "))
        {
            let (id, rest) = line.split_once('/').expect("ID/CODE");
            let code = rest.split(' ').next().unwrap_or_default();
            let doc = transforms::find(id).expect("a transform").info().doc;
            let mut known = codes(doc).into_iter().chain(OF_ANY);
            assert!(
                known.any(|(known, _)| known == code),
                "{id}/{code}: {}",
                report.display()
            );
        }
    }
}

fn find_reports(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_reports(&path, found);
        } else if path.file_name().is_some_and(|name| name == "report.txt") {
            found.push(path);
        }
    }
}

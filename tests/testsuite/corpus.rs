//! Real Dockerfiles: whatever people write, a rewrite must keep its promises.
//!
//! The files are not part of the repository: `DFOPT_SHARED` names the folder of the data,
//! `../shared` is the default. `cargo test --release --test testsuite -- --ignored corpus` runs
//! this; `DFOPT_BLESS=1` writes the golden summary anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dfopt::engine::{self, Options, Outcome};
use dfopt::syntax::{self, Dockerfile, TokenKind};
use dfopt::transform::{Preset, Safety, Transform};
use dfopt::transforms;

/// The folder of the shared data, which need not be there.
pub(crate) fn shared() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    std::env::var_os("DFOPT_SHARED").map_or_else(default, PathBuf::from)
}

/// The Dockerfiles of the shared data, or nothing with a loud note.
fn dockerfiles() -> Vec<PathBuf> {
    let shared = shared();
    let mut files = Vec::new();
    for folder in ["corpus/dockerfiles", "hazards"] {
        match fs::read_dir(shared.join(folder)) {
            Ok(entries) => files.extend(entries.map(|entry| entry.unwrap().path())),
            Err(error) => println!("SKIPPED: {folder} in {}: {error}", shared.display()),
        }
    }
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "Dockerfile")
    });
    files.sort();
    files
}

fn optimize(text: &str, preset: Option<Preset>, safety: Safety) -> Outcome {
    run(text, transforms::with_preset(preset), safety)
}

fn run(text: &str, transforms: Vec<&'static dyn Transform>, safety: Safety) -> Outcome {
    let options = Options {
        transforms,
        safety,
        ..Options::default()
    };
    engine::optimize(text, &options)
}

/// With what the corpus is run: each safety level by itself, and once all that there is.
const RUNS: [(Option<Preset>, Safety); 4] = [
    (None, Safety::Safe),
    (None, Safety::Assumed),
    (None, Safety::Unsafe),
    (Some(Preset::All), Safety::Unsafe),
];

fn is_accepted(file: &Dockerfile<'_>) -> bool {
    file.errors().is_empty() && file.instruction_errors().is_empty()
}

/// The comments of a file, sorted: a rewrite may move them.
fn comments<'a>(file: &Dockerfile<'a>) -> Vec<&'a str> {
    let comments = file
        .tokens()
        .iter()
        .filter(|token| token.kind == TokenKind::Comment);
    let mut comments: Vec<&str> = comments
        .map(|token| token.span.text(file.text()).trim())
        .collect();
    comments.sort_unstable();
    comments
}

/// Everything that must hold for `text`; answers with what was found wrong.
fn broken_promises(text: &str, outcome: &Outcome, again: impl Fn(&str) -> Outcome) -> Vec<String> {
    let (before, after) = (syntax::parse(text), syntax::parse(&outcome.text));
    let mut broken = Vec::new();
    if before.to_string() != text {
        broken.push("a byte is lost in parsing".to_owned());
    }
    if !is_accepted(&before) && outcome.text != text {
        broken.push("a file that BuildKit rejects is changed".to_owned());
    }
    if is_accepted(&before) && !is_accepted(&after) {
        broken.push(format!("the result is rejected: {:?}", after.errors()));
    }
    let kept = comments(&after);
    broken.extend(
        comments(&before)
            .iter()
            .filter(|comment| !kept.contains(comment))
            .map(|lost| format!("lost: {lost}")),
    );
    broken.extend(outcome.defects.iter().map(ToString::to_string));
    if again(&outcome.text).text != outcome.text {
        broken.push("a second run changes it again".to_owned());
    }
    broken
}

/// How often each thing was done or refused.
fn summary(counts: &BTreeMap<String, usize>) -> String {
    let mut text = String::new();
    for (what, count) in counts {
        writeln!(text, "{count:>6}  {what}").unwrap();
    }
    text
}

#[test]
#[ignore = "needs real Dockerfiles: cargo test --release --test testsuite -- --ignored corpus"]
fn promises_hold_on_the_corpus() {
    let files = dockerfiles();
    let mut counts = BTreeMap::new();
    let mut count = |what: String| *counts.entry(what).or_insert(0) += 1;
    let mut failures = Vec::new();
    for path in &files {
        let Ok(text) = fs::read_to_string(path) else {
            continue;
        };
        for (preset, safety) in RUNS {
            let again = |text: &str| optimize(text, preset, safety);
            let outcome = again(&text);
            for broken in broken_promises(&text, &outcome, again) {
                let options = preset.map_or("", |_| " --preset all");
                let path = path.display();
                failures.push(format!("{path} --safety {safety}{options}: {broken}"));
            }
            if safety != Safety::Assumed {
                continue;
            }
            count("files".to_owned());
            if outcome.text != text {
                count("files changed".to_owned());
            }
            for entry in &outcome.journal {
                count(format!("rewrite {} [{}]", entry.id, entry.rewrite.safety()));
            }
            for refused in &outcome.refusals {
                count(format!("refusal {}/{}", refused.id, refused.refusal.code));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} promises are broken:\n{}",
        failures.len(),
        failures.join("\n")
    );
    if !files.is_empty() {
        assert_golden(&summary(&counts));
    }
}

/// How many pairs of transforms each file is tried with. All pairs with all files would take an hour.
const PAIRS_OF_A_FILE: usize = 3;

/// What two transforms make together must hold without the others, whose rewrites usually come between.
#[test]
#[ignore = "needs real Dockerfiles: cargo test --release --test testsuite -- --ignored corpus"]
fn corpus_holds_with_every_pair_of_transforms() {
    let all = transforms::ALL.iter().copied().enumerate();
    let pairs: Vec<[&'static dyn Transform; 2]> = all
        .flat_map(|(nth, one)| {
            transforms::ALL[nth + 1..]
                .iter()
                .map(move |other| [one, *other])
        })
        .collect();
    let mut pairs_in_turn = pairs.iter().cycle();
    let mut failures = Vec::new();
    for path in dockerfiles() {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for pair in pairs_in_turn.by_ref().take(PAIRS_OF_A_FILE) {
            let together = |text: &str| run(text, pair.to_vec(), Safety::Unsafe);
            for broken in broken_promises(&text, &together(&text), together) {
                let [one, other] = pair.map(|transform| transform.info().id);
                failures.push(format!("{} --only {one},{other}: {broken}", path.display()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Who maintains the official images, and others whose Dockerfiles are read by everybody.
const EXPERTS: [&str; 12] = [
    "adoptium/",
    "bitnami/",
    "caddyserver/",
    "docker-library/",
    "dotnet/dotnet-docker",
    "hashicorp/",
    "jupyter/docker-stacks",
    "nginx/",
    "nginxinc/",
    "nodejs/",
    "rust-lang/docker-rust",
    "tianon/",
];

/// The files of [`EXPERTS`], by the second column of the manifest.
fn files_of_experts() -> Vec<PathBuf> {
    let corpus = shared().join("corpus");
    let Ok(manifest) = fs::read_to_string(corpus.join("MANIFEST.tsv")) else {
        println!("SKIPPED: there is no manifest in {}", corpus.display());
        return Vec::new();
    };
    let file = |line: &str| {
        let mut columns = line.split('\t');
        let (file, repository) = (columns.next()?, columns.next()?);
        let expert = EXPERTS.iter().any(|expert| repository.starts_with(expert));
        expert.then(|| corpus.join("dockerfiles").join(file))
    };
    manifest.lines().filter_map(file).collect()
}

#[test]
#[ignore = "needs real Dockerfiles: cargo test --release --test testsuite -- --ignored corpus"]
fn corpus_of_experts_stays_as_it_is() {
    let files = files_of_experts();
    let is_changed = |path: &&PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        optimize(&text, None, Safety::Safe).text != text
    };
    let changed: Vec<&PathBuf> = files.iter().filter(is_changed).collect();
    println!(
        "{} of {} files of experts change",
        changed.len(),
        files.len()
    );
    assert!(
        changed.len() * 50 <= files.len(),
        "more than 2 % change: {changed:#?}"
    );
}

fn assert_golden(summary: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testsuite/corpus.txt");
    if std::env::var_os("DFOPT_BLESS").is_some() {
        fs::write(&path, summary).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(summary, golden, "what dfopt does on the corpus has changed");
}

//! Before and after, for every transform.
//!
//! A case is a folder with a `Dockerfile`, a `Dockerfile.expected` unless it must not change, a
//! `report.txt` with what is said about it, and perhaps a `context/`. Those in
//! `transforms/<transform>/cases` run that transform alone, those in `tests/cases` run what runs by default.
//! `DFOPT_BLESS=1 cargo test cases` writes the expected files anew: read the diff before you commit it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dfopt::context::BuildContext;
use dfopt::engine::{self, Options, Outcome};
use dfopt::knowledge::Knowledge;
use dfopt::syntax;
use dfopt::transform::{Place, Safety, Transform};
use dfopt::transforms;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .map(|entries| {
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.is_dir())
                .collect()
        })
        .unwrap_or_default();
    found.sort();
    found
}

/// All cases with the transforms that they run.
pub(crate) fn all() -> Vec<(PathBuf, Vec<&'static dyn Transform>)> {
    let mut cases = Vec::new();
    for transform in transforms::ALL {
        let folder = root()
            .join("transforms")
            .join(transform.info().id.replace('-', "_"))
            .join("cases");
        cases.extend(
            folders(&folder)
                .into_iter()
                .map(|case| (case, vec![*transform])),
        );
    }
    cases.extend(
        folders(&root().join("tests/cases"))
            .into_iter()
            .map(|case| (case, transforms::by_default())),
    );
    cases
}

/// The build context of `case`, if it has one.
pub(crate) fn context(case: &Path) -> Option<BuildContext> {
    let folder = case.join("context");
    folder
        .is_dir()
        .then(|| BuildContext::open(&folder, None).expect("a readable context"))
}

pub(crate) fn optimize(text: &str, case: &Path, transforms: &[&'static dyn Transform]) -> Outcome {
    let context = context(case);
    let options = Options {
        transforms: transforms.to_vec(),
        safety: Safety::Unsafe,
        knowledge: Knowledge::builtin(),
        context: context.as_ref(),
        without: &[],
        proven_by_builds: false,
    };
    engine::optimize(text, &options)
}

/// What is said about a case, in a form that is easy to read in a diff.
fn report(outcome: &Outcome) -> String {
    let mut text = String::new();
    for entry in &outcome.journal {
        let rewrite = &entry.rewrite;
        let _ = writeln!(
            text,
            "{} [{}] {}",
            entry.id,
            rewrite.safety(),
            rewrite.message
        );
        for assumption in &rewrite.assumes {
            let _ = writeln!(text, "  assumes: {assumption}");
        }
        for evidence in &rewrite.because {
            let place = match &evidence.place {
                Place::Source(span) => format!(
                    "line {}",
                    syntax::parse(&entry.before).line_col(span.start).0
                ),
                Place::File(path, Some(line)) => format!("{path}:{line}"),
                Place::File(path, None) => path.clone(),
                Place::Table(entry) => format!("table {entry}"),
            };
            let _ = writeln!(text, "  because: {place}: {}", evidence.note);
        }
        for addition in &rewrite.additions {
            let _ = writeln!(
                text,
                "  adds to {}: {}",
                addition.path,
                addition.lines.join(", ")
            );
        }
    }
    let file = syntax::parse(&outcome.text);
    for refused in &outcome.refusals {
        let line = file.line_col(refused.refusal.site.start).0;
        let _ = writeln!(
            text,
            "refused {}/{} line {line}: {}",
            refused.id, refused.refusal.code, refused.refusal.message
        );
    }
    text
}

fn check(path: &Path, actual: &str, failures: &mut String) {
    let expected = fs::read_to_string(path).unwrap_or_default();
    if actual == expected {
        return;
    }
    if std::env::var_os("DFOPT_BLESS").is_some() {
        fs::write(path, actual).expect("the case folder is writable");
        return;
    }
    let diff = similar::TextDiff::from_lines(expected.as_str(), actual);
    let _ = writeln!(
        failures,
        "{}\n{}",
        path.display(),
        diff.unified_diff().header("expected", "actual")
    );
}

#[test]
fn cases_come_out_as_expected() {
    let mut failures = String::new();
    let cases = all();
    assert!(!cases.is_empty());
    for (case, transforms) in &cases {
        let text =
            fs::read_to_string(case.join("Dockerfile")).expect("every case has a Dockerfile");
        assert_eq!(
            syntax::parse(&text).to_string(),
            text,
            "{}: printing loses bytes",
            case.display()
        );
        let outcome = optimize(&text, case, transforms);
        for defect in &outcome.defects {
            let _ = writeln!(failures, "{}: {defect}", case.display());
        }
        let expected = case.join("Dockerfile.expected");
        if outcome.text != text || expected.exists() {
            check(&expected, &outcome.text, &mut failures);
        }
        check(&case.join("report.txt"), &report(&outcome), &mut failures);
        let again = optimize(&outcome.text, case, transforms);
        if again.text != outcome.text {
            let _ = writeln!(
                failures,
                "{}: a second run changes it again",
                case.display()
            );
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// Every code that a transform refuses with is explained in its README, and some case shows it.
#[test]
fn refusal_codes_are_documented_and_exercised() {
    let mut failures = String::new();
    for transform in transforms::ALL {
        let info = transform.info();
        let reports: String = all()
            .iter()
            .filter(|(_, used)| used.len() == 1 && used[0].info().id == info.id)
            .filter_map(|(case, _)| fs::read_to_string(case.join("report.txt")).ok())
            .collect();
        for code in codes_in_source(info.id) {
            if !info.doc.contains(&format!("`{code}`")) {
                let _ = writeln!(
                    failures,
                    "{}/{code} is not explained in its README",
                    info.id
                );
            }
            if !reports.contains(&format!("refused {}/{code} ", info.id)) {
                let _ = writeln!(failures, "{}/{code} is shown by no case", info.id);
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// The codes in the README's table of refusals: rows that start with "| `code` |".
fn codes_in_source(id: &str) -> Vec<String> {
    let doc = transforms::find(id).map_or("", |transform| transform.info().doc);
    let refusals = doc.split("## Refusals").nth(1).unwrap_or_default();
    let row = |line: &str| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned());
    refusals
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter_map(row)
        .collect()
}

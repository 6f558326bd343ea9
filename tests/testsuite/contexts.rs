//! What dfopt does with real projects, and what a reviewer thinks of it.
//!
//! `contexts.txt` has a line for each build context of the shared data: what dfopt rewrites and refuses
//! there, which this test checks, and a verdict in words, which people write. The projects are laid
//! out as far as they are stored: all paths, but the texts of manifests only.
//! `DFOPT_BLESS=1 cargo test --test testsuite -- --ignored contexts` writes the checked part anew
//! and keeps the verdicts: read the changes, and the verdicts with them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::corpus::shared;
use crate::sandbox::Sandbox;

/// Stands between what is checked and the verdict.
const VERDICT: &str = " -- ";

/// The stored contexts, or nothing with a loud note.
fn stored() -> Vec<PathBuf> {
    let folder = shared().join("corpus/contexts");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("SKIPPED: there are no contexts at {}", folder.display());
        return Vec::new();
    };
    let mut contexts: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    contexts.retain(|path| path.is_dir());
    contexts.sort();
    contexts
}

/// The project as a user would have it: files whose text is not stored are empty.
fn lay_out(context: &Path) -> Sandbox {
    let sandbox = Sandbox::new(&[]);
    let tree = fs::read_to_string(context.join("tree.txt")).unwrap();
    let stored = context.join("context");
    for path in tree
        .lines()
        .filter(|path| !path.is_empty() && !path.ends_with('/'))
    {
        let text = fs::read(stored.join(path)).unwrap_or_default();
        sandbox.put(path, text);
    }
    sandbox
}

/// What dfopt does and refuses there: `reorder-copies, nonroot-user; refuses merge-apt/heredoc`.
fn outcome(context: &Path, counts: &mut BTreeMap<String, usize>) -> String {
    let meta = fs::read_to_string(context.join("meta.json")).unwrap();
    let meta: Value = serde_json::from_str(&meta).unwrap();
    let dockerfile = meta["dockerfile"].as_str().unwrap();
    let arguments = ["--format", "json", "--context", ".", dockerfile];
    let run = lay_out(context).dfopt(&arguments).exits(0);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let file = &report["files"][0];
    let named = |list: &str, name: &dyn Fn(&Value) -> String| {
        let mut names: Vec<String> = file[list].as_array().unwrap().iter().map(name).collect();
        names.dedup();
        names
    };
    let id = |entry: &Value| entry["id"].as_str().unwrap().to_owned();
    let done = named("rewrites", &|entry| {
        format!("{} [{}]", id(entry), entry["safety"].as_str().unwrap())
    });
    let refused = named("refusals", &|entry| {
        format!("{}/{}", id(entry), entry["code"].as_str().unwrap())
    });
    for name in done.iter().chain(&refused) {
        *counts.entry(name.clone()).or_default() += 1;
    }
    *counts.entry("contexts".to_owned()).or_default() += 1;
    if !done.is_empty() {
        *counts.entry("contexts changed".to_owned()).or_default() += 1;
    }
    match (done.is_empty(), refused.is_empty()) {
        (true, true) => "nothing to do".to_owned(),
        (false, true) => done.join(", "),
        (true, false) => format!("refuses {}", refused.join(", ")),
        (false, false) => format!("{}; refuses {}", done.join(", "), refused.join(", ")),
    }
}

/// The verdicts by the name of the application.
fn verdicts(golden: &str) -> BTreeMap<&str, &str> {
    golden
        .lines()
        .filter_map(|line| {
            let (checked, verdict) = line.split_once(VERDICT)?;
            Some((checked.split_once(": ")?.0, verdict))
        })
        .collect()
}

#[test]
#[ignore = "needs real projects: cargo test --test testsuite -- --ignored contexts"]
fn contexts_are_judged() {
    let contexts = stored();
    if contexts.is_empty() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testsuite/contexts.txt");
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let verdicts = verdicts(&golden);
    let mut counts = BTreeMap::new();
    let mut lines = String::new();
    for context in &contexts {
        let app = context.file_name().unwrap().to_str().unwrap();
        let verdict = verdicts.get(app).unwrap_or(&"TO BE JUDGED");
        let outcome = outcome(context, &mut counts);
        writeln!(lines, "{app}: {outcome}{VERDICT}{verdict}").unwrap();
    }
    let mut now = String::new();
    for (what, count) in counts {
        writeln!(now, "# {count:>3} {what}").unwrap();
    }
    now += &lines;
    if std::env::var_os("DFOPT_BLESS").is_some() {
        fs::write(&path, &now).unwrap();
        return;
    }
    assert_eq!(
        now, golden,
        "what dfopt does has changed: are the verdicts still right?"
    );
    assert!(!now.contains("TO BE JUDGED"), "write a verdict");
}

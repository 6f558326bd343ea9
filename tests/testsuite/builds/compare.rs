//! What must be the same before and after.

use std::collections::BTreeMap;

use dfopt::analysis::launch::starts_the_same;
use serde_json::Value;

/// What a rewrite may add to an image: an account, and a second copy of the manifests.
const SLACK: u64 = 64 * 1024;

/// Keys of the run-time configuration and the instructions that set them. `User` is looked at elsewhere.
const KEYS: [(&str, &str); 8] = [
    ("Cmd", "CMD"),
    ("Entrypoint", "ENTRYPOINT"),
    ("WorkingDir", "WORKDIR"),
    ("Healthcheck", "HEALTHCHECK"),
    ("StopSignal", "STOPSIGNAL"),
    ("Shell", "SHELL"),
    ("ExposedPorts", "EXPOSE"),
    ("Volumes", "VOLUME"),
];

/// The differences between two run-time configurations that nothing explains. With another base
/// image, what the Dockerfile itself does not mention may be another.
pub(crate) fn configurations(
    old: &Value,
    new: &Value,
    dockerfile: &str,
    other_base: bool,
) -> Vec<String> {
    let (old, new) = (&old["Config"], &new["Config"]);
    let sets = |instruction: &str| {
        let mut lines = dockerfile.lines().map(str::trim_start);
        lines.any(|line| line.to_uppercase().starts_with(instruction))
    };
    let mut differences = Vec::new();
    for (key, instruction) in KEYS {
        let starts = matches!(key, "Cmd" | "Entrypoint")
            && starts_the_same(&words(&old[key]), &words(&new[key]));
        if old[key] != new[key] && !starts && (sets(instruction) || !other_base) {
            differences.push(format!("{key}: {} became {}", old[key], new[key]));
        }
    }
    for key in ["Env", "Labels"] {
        let (old, new) = (pairs(&old[key]), pairs(&new[key]));
        for name in old.keys().chain(new.keys()) {
            let (before, after) = (old.get(name), new.get(name));
            let mentioned = dockerfile.contains(name.as_str());
            let explained = other_base
                && (!mentioned || name == "PATH" && same_path(before, after, dockerfile));
            if before != after && !explained {
                differences.push(format!("{name}: {before:?} became {after:?}"));
            }
        }
    }
    differences.sort();
    differences.dedup();
    differences
}

/// The words of a command line.
fn words(value: &Value) -> Vec<String> {
    let words = value.as_array().into_iter().flatten();
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The entries of `["A=1"]` or `{"A": "1"}`.
fn pairs(value: &Value) -> BTreeMap<String, String> {
    let listed = value.as_array().into_iter().flatten();
    let listed = listed.filter_map(|pair| pair.as_str()?.split_once('='));
    let mapped = value.as_object().into_iter().flatten();
    let mapped = mapped.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    listed.chain(mapped).map(own).collect()
}

/// Whether only folders are gone that the Dockerfile does not mention.
fn same_path(before: Option<&String>, after: Option<&String>, dockerfile: &str) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let kept = |folder: &str| after.split(':').any(|other| other == folder);
    before
        .split(':')
        .all(|folder| kept(folder) || !dockerfile.contains(folder))
}

/// Whether the image has become no larger.
pub(crate) fn sizes(old: u64, new: u64) -> Result<(), String> {
    if new <= old + SLACK {
        return Ok(());
    }
    Err(format!("the image grows from {old} to {new} bytes"))
}

/// The warnings that are new.
pub(crate) fn new_warnings(old: &[String], new: &[String]) -> Vec<String> {
    let count = |list: &[String], rule: &String| list.iter().filter(|&other| other == rule).count();
    new.iter()
        .filter(|rule| count(new, rule) > count(old, rule))
        .cloned()
        .collect()
}

#[test]
fn a_difference_that_nothing_explains_is_found() {
    let old = serde_json::json!({"Config": {"Cmd": ["a"], "Env": ["A=1", "GOPATH=/go"], "Labels": {"v": "1"}}});
    let new = serde_json::json!({"Config": {"Cmd": ["b"], "Env": ["A=2"], "Labels": {"v": "1"}}});
    let text = "FROM a\nENV A=1\n  CMD a";
    let differences = configurations(&old, &new, text, true);
    assert_eq!(
        differences,
        [
            r#"A: Some("1") became Some("2")"#,
            r#"Cmd: ["a"] became ["b"]"#
        ]
    );
    assert_eq!(configurations(&old, &new, text, false).len(), 3);
    assert!(configurations(&old, &old, text, false).is_empty());
}

#[test]
fn a_path_may_only_lose_what_the_base_image_had() {
    let path = |text: &str| Some(text.to_owned());
    let before = path("/app/bin:/go/bin:/bin");
    let text = "ENV PATH=/app/bin:$PATH";
    assert!(same_path(
        before.as_ref(),
        path("/app/bin:/bin").as_ref(),
        text
    ));
    assert!(!same_path(before.as_ref(), path("/bin").as_ref(), text));
}

#[test]
fn a_larger_image_and_a_new_warning_are_found() {
    assert!(sizes(10_000_000, 10_010_000).is_ok());
    assert!(sizes(10_000_000, 10_100_000).is_err());
    let rules = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(new_warnings(&rules("a b"), &rules("b a")).is_empty());
    assert_eq!(new_warnings(&rules("a b"), &rules("a c")), ["c"]);
}

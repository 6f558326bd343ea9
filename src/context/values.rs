//! What a manifest says where a rule looks.

use serde_json::Value;

use super::BuildContext;
use crate::knowledge::manifests::Rule;

/// A value that a rule is about.
pub(super) struct Found {
    /// Its line, from 1, where that is known.
    pub(super) line: Option<usize>,
    /// The value.
    pub(super) value: String,
}

/// The values in the manifest at `path` that `rule` is about. `exists` answers for paths beside it.
pub(super) fn find(
    rule: &Rule,
    context: &BuildContext,
    path: &str,
    exists: impl Fn(&str) -> bool,
) -> Vec<Found> {
    let text = || context.read(path).unwrap_or_default();
    let found = if let Some(beside) = &rule.beside {
        let value = beside.clone();
        let found = exists(beside).then_some(Found { line: None, value });
        found.into_iter().collect()
    } else if rule.line.is_some() {
        in_lines(rule, &text())
    } else {
        let tree = context.document(path).unwrap_or_default();
        in_tree(rule, &tree, &text())
    };
    let excepted = |found: &Found| {
        let except = rule.except.as_ref();
        except.is_some_and(|except| except.is_match(&found.value))
    };
    found.into_iter().filter(|found| !excepted(found)).collect()
}

fn in_lines(rule: &Rule, text: &str) -> Vec<Found> {
    let Some(pattern) = &rule.line else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        for captures in pattern.captures_iter(line) {
            let group = captures.get(1).or_else(|| captures.get(0));
            found.extend(group.map(|group| Found {
                line: Some(nth + 1),
                value: group.as_str().to_owned(),
            }));
        }
    }
    found
}

fn in_tree(rule: &Rule, tree: &Value, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for path in rule.json.iter().chain(&rule.toml) {
        let parts: Vec<&str> = path.split('.').collect();
        let mut values = Vec::new();
        select(tree, &parts, &mut values);
        let narrowed = values.into_iter().filter_map(|value| narrowed(rule, value));
        let narrowed: Vec<String> = narrowed.collect();
        // Lock files are long, and say what few rules are about.
        let key = parts.iter().rfind(|part| **part != "*");
        let key = key.filter(|_| !narrowed.is_empty());
        let line = key.and_then(|key| line_of(text, key));
        let narrowed = narrowed.into_iter();
        found.extend(narrowed.map(|value| Found { line, value }));
    }
    found
}

/// The part of a value that the rule is about, if it is about it.
fn narrowed(rule: &Rule, value: String) -> Option<String> {
    let Some(regex) = &rule.matches else {
        return Some(value);
    };
    let captures = regex.captures(&value)?;
    let group = captures.get(1).or_else(|| captures.get(0))?;
    Some(group.as_str().to_owned())
}

/// Adds the text of what `path` leads to in `tree`. A table or a list that stands at the end of the
/// path counts as the names of its members.
fn select(tree: &Value, path: &[&str], found: &mut Vec<String>) {
    let Some((first, rest)) = path.split_first() else {
        match tree {
            Value::String(text) => found.push(text.clone()),
            Value::Object(members) => found.extend(members.keys().cloned()),
            Value::Array(_) | Value::Null => {}
            other => found.push(other.to_string()),
        }
        return;
    };
    match tree {
        Value::Object(members) if *first == "*" => members
            .values()
            .for_each(|value| select(value, rest, found)),
        Value::Array(members) if *first == "*" => {
            members.iter().for_each(|value| select(value, rest, found));
        }
        Value::Object(members) => {
            if let Some(value) = members.get(*first) {
                select(value, rest, found);
            }
        }
        _ => {}
    }
}

/// The first line that holds `key`, from 1.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let quoted = format!("\"{key}\"");
    let assigned = |line: &str| {
        let rest = line.trim_start().strip_prefix(key);
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let nth = text
        .lines()
        .position(|line| line.contains(&quoted) || assigned(line))?;
    Some(nth + 1)
}

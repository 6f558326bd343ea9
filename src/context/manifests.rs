//! Which files an install reads, found by following its manifests through the build context.

use serde_json::Value;

use super::{BuildContext, FileKind, in_folder};
use crate::knowledge::manifests::{Manifests, Rule, Then};

/// A file or folder that an install needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// Its path in the context.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// Why an install needs more than its manifests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle {
    /// The refusal's code.
    pub code: String,
    /// What was found.
    pub message: String,
    /// The file that shows it.
    pub path: String,
    /// The line, from 1, where that is known.
    pub line: Option<usize>,
}

/// Everything that an install reads which is given the manifests `entries` (paths in the context).
///
/// `options` are the options of the install, which switch some rules off. The result holds the
/// entries themselves, sorted, without those that do not exist.
///
/// # Errors
/// The first obstacle, in the order of the entries.
pub fn required_by(
    context: &BuildContext,
    manifests: &Manifests,
    entries: &[String],
    options: &[String],
) -> Result<Vec<Requirement>, Obstacle> {
    let mut reader = Reader {
        context,
        manifests,
        options,
        found: Vec::new(),
    };
    for entry in entries {
        reader.add(entry)?;
    }
    reader.found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(reader.found)
}

struct Reader<'a> {
    context: &'a BuildContext,
    manifests: &'a Manifests,
    options: &'a [String],
    found: Vec<Requirement>,
}

impl Reader<'_> {
    fn add(&mut self, path: &str) -> Result<(), Obstacle> {
        if self.found.iter().any(|known| known.path == path) {
            return Ok(());
        }
        let Some(kind) = self.context.kind(path) else {
            return Ok(());
        };
        self.found.push(Requirement {
            path: path.to_owned(),
            is_folder: kind == FileKind::Folder,
        });
        if kind == FileKind::File {
            self.read(path)
        } else {
            Ok(())
        }
    }

    fn read(&mut self, path: &str) -> Result<(), Obstacle> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let text = self.context.read(path).unwrap_or_default();
        let manifests = self.manifests;
        for rule in manifests.rules(name) {
            if rule
                .unless_option
                .iter()
                .any(|option| self.options.contains(option))
            {
                continue;
            }
            for (line, value) in matches(rule, &text, |beside| {
                self.context.has(&in_folder(folder, beside))
            }) {
                self.follow(rule, path, folder, name, line, &value)?;
            }
        }
        Ok(())
    }

    fn follow(
        &mut self,
        rule: &Rule,
        path: &str,
        folder: &str,
        name: &str,
        line: Option<usize>,
        value: &str,
    ) -> Result<(), Obstacle> {
        let obstacle = |code: &str, message: String| Obstacle {
            code: code.to_owned(),
            message,
            path: path.to_owned(),
            line,
        };
        match rule.then {
            Then::Refuse => {
                let code = rule.code.as_deref().unwrap_or("local-dependency");
                let message = rule
                    .message
                    .clone()
                    .unwrap_or_else(|| format!("{path} names {value}"));
                Err(obstacle(code, message))
            }
            Then::Follow | Then::Include if value.contains("://") => Ok(()),
            Then::Follow | Then::Include => {
                let target = clean(folder, value).ok_or_else(|| {
                    obstacle(
                        "local-dependency",
                        format!("{path} names {value}, outside the build context"),
                    )
                })?;
                self.add(&target)
            }
            Then::Expand => {
                for member in self
                    .context
                    .glob(&in_folder(folder, value.trim_start_matches("./")))
                {
                    self.add(&in_folder(&member, name))?;
                }
                Ok(())
            }
        }
    }
}

/// `value`, relative to `folder`, as a path in the context; `None` when it lies outside.
fn clean(folder: &str, value: &str) -> Option<String> {
    if value.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in value.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The lines (from 1, where known) and values in `text` that `rule` finds.
fn matches(rule: &Rule, text: &str, exists: impl Fn(&str) -> bool) -> Vec<(Option<usize>, String)> {
    if let Some(beside) = &rule.beside {
        return if exists(beside) {
            vec![(None, beside.clone())]
        } else {
            Vec::new()
        };
    }
    if let Some(regex) = &rule.line {
        let value = |line: &str| {
            let captures = regex.captures(line)?;
            let group = captures.get(1).or_else(|| captures.get(0))?;
            Some(group.as_str().to_owned())
        };
        let lines = text.lines().enumerate();
        return lines
            .filter_map(|(nth, line)| Some((Some(nth + 1), value(line)?)))
            .collect();
    }
    let (tree, paths) = if rule.json.is_empty() {
        (
            toml::from_str::<Value>(text).unwrap_or(Value::Null),
            &rule.toml,
        )
    } else {
        (
            serde_json::from_str::<Value>(text).unwrap_or(Value::Null),
            &rule.json,
        )
    };
    let mut values = Vec::new();
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        let before = values.len();
        select(&tree, &parts, &mut values);
        let line = parts
            .iter()
            .rfind(|part| **part != "*")
            .and_then(|key| line_of(text, key));
        for (place, _) in &mut values[before..] {
            *place = line;
        }
    }
    values
        .into_iter()
        .filter_map(|(line, value)| Some((line, narrowed(rule, value)?)))
        .collect()
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

fn select(tree: &Value, path: &[&str], found: &mut Vec<(Option<usize>, String)>) {
    let Some((first, rest)) = path.split_first() else {
        match tree {
            Value::String(text) => found.push((None, text.clone())),
            Value::Null | Value::Object(_) | Value::Array(_) => {}
            other => found.push((None, other.to_string())),
        }
        return;
    };
    match tree {
        Value::Object(members) if *first == "*" => members
            .values()
            .for_each(|value| select(value, rest, found)),
        Value::Array(members) if *first == "*" => {
            members.iter().for_each(|value| select(value, rest, found))
        }
        Value::Object(members) => {
            if let Some(value) = members.get(*first) {
                select(value, rest, found);
            }
        }
        _ => {}
    }
}

fn line_of(text: &str, key: &str) -> Option<usize> {
    let quoted = format!("\"{key}\"");
    text.lines()
        .position(|line| line.contains(&quoted))
        .map(|nth| nth + 1)
}

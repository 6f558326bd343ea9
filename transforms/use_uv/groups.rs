//! The groups and extras of dependencies that an install of a project chooses, in the words of uv.

use std::collections::BTreeSet;

use toml::Value;

use crate::analysis::commands::{Invocation, OptionUse};
use crate::knowledge::uv::{Groups, Project};

/// The group that uv installs when nothing is said, if it is declared.
const DEV: &str = "dev";

/// The words of `uv sync` for the options of `invocation`, whose project declares `pyproject`.
///
/// # Errors
/// The code and the text of a refusal.
pub(super) fn words(
    project: &Project,
    groups: &Groups,
    invocation: &Invocation<'_>,
    pyproject: &Value,
) -> Result<Vec<String>, (&'static str, String)> {
    let mut words = Vec::new();
    let mut chosen = Chosen::new(groups, pyproject);
    for option in &invocation.options {
        if chosen.apply(option)? {
            continue;
        }
        let name = project.option(&option.name).ok_or_else(|| {
            let message = format!(
                "`uv sync` has nothing like {} of {}",
                option.name, project.tool
            );
            ("option", message)
        })?;
        words.extend((!name.is_empty()).then(|| name.to_owned()));
    }
    words.splice(0..0, chosen.words()?);
    Ok(words)
}

/// What is chosen so far, of what there is.
struct Chosen<'p> {
    tool: &'p Groups,
    pyproject: &'p Value,
    groups: BTreeSet<String>,
    extras: Vec<String>,
}

impl<'p> Chosen<'p> {
    /// All groups that are not optional.
    fn new(tool: &'p Groups, pyproject: &'p Value) -> Self {
        let is_optional = |name: &String| {
            let group = at(pyproject, &tool.table).and_then(|groups| groups.get(name));
            let optional = group.and_then(|group| group.get("optional"));
            optional.and_then(Value::as_bool).unwrap_or_default()
        };
        let mut chosen = Self {
            tool,
            pyproject,
            groups: BTreeSet::new(),
            extras: Vec::new(),
        };
        chosen.groups = chosen.all();
        chosen.groups.retain(|name| !is_optional(name));
        chosen
    }

    /// Every group of the project, for uv or for the other tool.
    fn all(&self) -> BTreeSet<String> {
        let mut all = keys(self.pyproject, "dependency-groups");
        all.extend(keys(self.pyproject, &self.tool.table));
        let old = at(self.pyproject, &self.tool.dev_table);
        all.extend(old.map(|_| DEV.to_owned()));
        all
    }

    /// Whether `option` chooses groups or extras, which it then does.
    fn apply(&mut self, option: &OptionUse) -> Result<bool, (&'static str, String)> {
        let options = self.tool;
        let is = |names: &[String]| names.contains(&option.name);
        if is(&options.no_dev) {
            self.groups.remove(DEV);
            return Ok(true);
        }
        if is(&options.all) {
            self.groups = self.all();
            return Ok(true);
        }
        if ![
            &options.only,
            &options.with,
            &options.without,
            &options.extra,
        ]
        .into_iter()
        .any(|names| is(names))
        {
            return Ok(false);
        }
        let value = option.value.as_deref();
        let value = value.ok_or_else(|| ("option", format!("{} is not known", option.name)))?;
        let values = value.split([',', ' ']).filter(|name| !name.is_empty());
        let mut values: BTreeSet<String> = values.map(str::to_owned).collect();
        if is(&options.extra) {
            self.extras.extend(values);
        } else if is(&options.with) {
            self.groups.extend(values);
        } else if is(&options.without) {
            self.groups.retain(|name| !values.contains(name));
        } else if values.remove(&options.main) {
            self.groups = values;
        } else {
            let message = format!("{} {value} leaves out what the program needs", option.name);
            return Err(("groups", message));
        }
        Ok(true)
    }

    /// The words by which uv chooses the same.
    fn words(&self) -> Result<Vec<String>, (&'static str, String)> {
        let known = keys(self.pyproject, "dependency-groups");
        if let Some(name) = self.groups.iter().find(|name| !known.contains(*name)) {
            let message =
                format!("the group {name} is installed, and [dependency-groups] has none");
            return Err(("groups", message));
        }
        let extras = keys(self.pyproject, "project.optional-dependencies");
        if let Some(name) = self.extras.iter().find(|name| !extras.contains(*name)) {
            let message = format!(
                "the extra {name} is installed, and [project.optional-dependencies] has none"
            );
            return Err(("groups", message));
        }
        let given = at(self.pyproject, "tool.uv.default-groups");
        let usual = self.usual(given, &known);
        let mut words = Vec::new();
        let is_less = self.groups.is_empty() || !usual.is_subset(&self.groups);
        if is_less && given.is_none() {
            words.push("--no-dev".to_owned());
        } else if is_less {
            words.push("--no-default-groups".to_owned());
        }
        let more = self
            .groups
            .iter()
            .filter(|name| is_less || !usual.contains(*name));
        words.extend(more.map(|name| format!("--group {name}")));
        words.extend(self.extras.iter().map(|name| format!("--extra {name}")));
        Ok(words)
    }

    /// The groups that uv installs when nothing is said.
    fn usual(&self, given: Option<&Value>, known: &BTreeSet<String>) -> BTreeSet<String> {
        match given {
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                names.map(str::to_owned).collect()
            }
            Some(_) => known.clone(),
            None => known.iter().filter(|name| *name == DEV).cloned().collect(),
        }
    }
}

/// The value at a path of keys: `project.name`.
pub(super) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}

fn keys(value: &Value, path: &str) -> BTreeSet<String> {
    let table = at(value, path).and_then(Value::as_table);
    table
        .into_iter()
        .flat_map(|table| table.keys().cloned())
        .collect()
}

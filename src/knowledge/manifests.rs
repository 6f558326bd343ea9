//! What the manifests of package managers say that a copy of the manifest alone would miss.

use regex_lite::Regex;
use serde::Deserialize;

/// What is known of the manifests with one name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name of the file; a `*` stands for part of it.
    pub name: String,
    /// What to look for in it.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One thing to look for. Exactly one of `json`, `toml`, `line` and `beside` says where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Paths into a JSON file, with `.` between the parts and `*` for every member.
    #[serde(default)]
    pub json: Vec<String>,
    /// The same into a TOML file.
    #[serde(default)]
    pub toml: Vec<String>,
    /// A regular expression that is tried on every line.
    #[serde(default, deserialize_with = "super::regex")]
    pub line: Option<Regex>,
    /// A path beside the manifest that exists.
    pub beside: Option<String>,
    /// A regular expression for the value at `json` or `toml`.
    #[serde(default, deserialize_with = "super::regex")]
    pub matches: Option<Regex>,
    /// What follows. The value is the first group of the expression, or else all that it matched.
    pub then: Then,
    /// The refusal's code, for `refuse`.
    pub code: Option<String>,
    /// The refusal's message, for `refuse`.
    pub message: Option<String>,
    /// Options of the install that switch the rule off.
    #[serde(default)]
    pub unless_option: Vec<String>,
}

/// What follows from a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The install needs more than its manifests.
    Refuse,
    /// The value names another manifest.
    Follow,
    /// The value names a file or folder that the install reads.
    Include,
    /// The value is a pattern of folders, each with a manifest of the same name.
    Expand,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestFile {
    #[serde(default, rename = "manifest")]
    manifests: Vec<Manifest>,
}

/// All manifests.
#[derive(Debug, Default)]
pub struct Manifests(Vec<Manifest>);

impl Manifests {
    /// Adds the manifests of a table.
    pub(super) fn add(&mut self, file: ManifestFile) {
        self.0.extend(file.manifests);
    }

    /// The rules for a file with this name.
    pub fn rules<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.0
            .iter()
            .filter(move |manifest| is_named(&manifest.name, name))
            .flat_map(|manifest| &manifest.rules)
    }
}

fn is_named(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => pattern == name,
    }
}

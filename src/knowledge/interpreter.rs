//! Interpreters that tools bring along when an image has none that the project asks for.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::installs::Pin;

/// An interpreter that a tool downloads for an environment, which is then of no use without it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interpreter {
    /// Its name in sentences.
    pub name: String,
    /// The folder that it is put into when root calls the tool.
    pub at: String,
    /// Variables of the environment that name another folder.
    pub moved_by: Vec<String>,
    /// Variables, with the values in lower case that forbid the download.
    pub unless: BTreeMap<String, Vec<String>>,
    /// Options that forbid it.
    pub unless_option: Vec<String>,
    /// Packages of distributions that bring one, with `*` for a part of the name.
    pub packages: Vec<String>,
    /// Lines of the project by which its version is chosen.
    pub pins: Vec<Pin>,
}

impl Interpreter {
    /// Whether an environment with these variables forbids the download.
    pub fn is_forbidden(&self, value_of: impl Fn(&str) -> Option<String>) -> bool {
        self.unless.iter().any(|(name, values)| {
            value_of(name).is_some_and(|value| values.contains(&value.to_lowercase()))
        })
    }
}

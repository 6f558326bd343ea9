//! How a tool is told to leave nothing behind in a layer, and what the programs of a language are told in a container.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::images::{Image, Range, Version};
use super::tools::Does;

/// An option that keeps the cache of a tool out of the layer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lean {
    /// The tool, by its id in `tools.toml`.
    pub tool: String,
    /// The kind of its actions that take the option, behind their verb.
    pub does: Does,
    /// The option.
    pub option: String,
    /// The releases of distributions whose own package of the tool knows the option, by their numbers.
    #[serde(default)]
    known: BTreeMap<String, Range>,
    /// What is taken for granted of an image of another distribution, or of one whose release is not known.
    pub assumes: String,
    /// Options with which it is of no use.
    #[serde(default)]
    pub unless_options: Vec<String>,
    /// Variables of the environment with which it is of no use.
    #[serde(default)]
    pub unless_variables: Vec<String>,
    /// What stands in a script that sees to the cache itself.
    #[serde(default)]
    pub unless_mentioned: Vec<String>,
}

impl Lean {
    /// Whether the tool of `image` takes the option; `None` when that is not known.
    #[must_use]
    pub fn is_known_in(&self, image: &Image<'_>) -> Option<bool> {
        let known = self.known.get(image.distribution?)?;
        let release = Version::parse(&image.release.as_ref()?.number)?;
        Some(known.contains(&release))
    }
}

/// Variables that programs of a language have in a container.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The language, as `provides` in `images.toml` names it.
    pub provides: String,
    /// `NAME=value` each, without anything that would need quotes.
    pub variables: Vec<String>,
    /// What they change, as the rest of a sentence that starts with the program.
    pub effect: String,
}

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hygiene {
    /// The options, in the order of the table.
    pub lean: Vec<Lean>,
    /// The variables, by language.
    pub environment: Vec<Environment>,
}

impl Hygiene {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.lean.splice(0..0, more.lean);
        self.environment.splice(0..0, more.environment);
    }
}

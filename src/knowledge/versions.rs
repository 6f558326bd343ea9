//! Where a project says which version of a language it is for, and which tags images have for versions.

use serde::Deserialize;

use super::images::Range;
use super::pattern::Pattern;

/// A language, and the images that are named by its versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The language, as messages name it.
    pub language: String,
    /// The images whose tags begin with the version.
    pub repositories: Vec<String>,
    /// How many numbers of a version the tag has, at the most.
    pub numbers: usize,
    /// The versions that have tags.
    pub(crate) published: Vec<Range>,
    /// What may stand behind the version in every tag, and in a tag without a version.
    #[serde(default)]
    pub variants: Vec<String>,
    /// Names of versions: `lts/iron` for `20`.
    #[serde(default)]
    pub names: std::collections::BTreeMap<String, String>,
    /// Where the version is stated.
    pub stated: Vec<Stated>,
    /// Where the facts come from.
    pub source: String,
}

/// A line of a file of the project that states a version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// The file, from the root of the build context; may hold `*`.
    pub file: String,
    /// A regular expression for the line. Its first group is the version.
    pub line: Option<Pattern>,
}

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AllVersions {
    versions: Vec<Versions>,
}

impl AllVersions {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.versions.splice(0..0, more.versions);
    }

    /// The language that the tags of `repository` are named by.
    #[must_use]
    pub fn of_image(&self, repository: &str) -> Option<&Versions> {
        let mut all = self.versions.iter();
        all.find(|versions| versions.repositories.iter().any(|own| own == repository))
    }
}

impl Versions {
    /// The version in a tag for what a file says, as far as tags go: `3.11` for `3.11.4`. `None` when there is no such
    /// tag.
    #[must_use]
    pub fn tag_for(&self, stated: &str) -> Option<String> {
        let named = self.names.get(stated).map_or(stated, String::as_str);
        let version = super::images::Version::parse(named)?;
        let short = version.first(self.numbers.min(version.len()));
        let shortened = super::images::Version::parse(&short)?;
        let is_published = self
            .published
            .iter()
            .any(|range| range.contains(&shortened));
        is_published.then_some(short)
    }
}

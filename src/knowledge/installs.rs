//! Where tools put what a program needs of them when it runs.

use super::pattern::Pattern;
use serde::Deserialize;

/// What a program needs of an action when it runs in another image.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Installs {
    /// Paths like those of `writes`, with `{minor}` for the first two numbers of the base image's version. Without it,
    /// they are not known unless one of `when` holds.
    pub at: Option<Vec<String>>,
    /// The same when the version is not known, or when it installs one of `scattered`.
    pub all: Vec<String>,
    /// Packages that put files where `at` does not look. A `*` stands for part of a name.
    pub scattered: Vec<String>,
    /// Whether it installs into the environment that its program is called from, or that `PATH` points into.
    pub into_environment: bool,
    /// Regular expressions for lines of its manifests with which nobody knows.
    pub unknown_with: Vec<Pattern>,
    /// Lines with which it is known nevertheless.
    pub unknown_unless: Vec<Pattern>,
    /// Its options, and names of files that are copied for it, with which nobody knows who cannot look into the manifests.
    pub unknown_signs: Vec<String>,
    /// What makes it install somewhere else. The first that holds counts.
    pub when: Vec<When>,
    /// A file of the project with settings, in TOML.
    pub settings_file: Option<String>,
    /// Files that it makes in its working directory and that a program reads, unless the project brings them.
    pub keeps: Vec<String>,
    /// The tools that need it when they run. Without any, every program does.
    pub needed_by: Vec<String>,
}

/// Something that makes a tool install somewhere else.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Options of the command line.
    pub option: Vec<String>,
    /// Variables of the environment.
    pub variable: Vec<String>,
    /// Settings that the tool was given before: `poetry config NAME VALUE`.
    pub setting: Vec<String>,
    /// The values with which it holds, in lower case. Without any, every value.
    pub is: Vec<String>,
    /// Where it installs then; `{value}` is the value. Without it, nobody knows.
    pub at: Option<Vec<String>>,
}

impl When {
    /// Whether it holds for `value`.
    #[must_use]
    pub fn holds_for(&self, value: &str) -> bool {
        self.is.is_empty() || self.is.contains(&value.to_lowercase())
    }
}

/// A line of the project that chooses a version.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The file.
    pub file: String,
    /// Matches the line; its group is a version, `3.12`.
    pub line: Option<Pattern>,
    /// How the version of the base image compares with it, if it is the one that is chosen.
    pub base: Compare,
}

/// How two versions compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// It is the same.
    Same,
    /// It is the same or newer.
    Least,
    /// It is older.
    Below,
}

impl Installs {
    /// Where it installs unless something sends it elsewhere; none when that is not known.
    #[must_use]
    pub fn usual(&self) -> &[String] {
        self.at.as_deref().unwrap_or_default()
    }

    /// Whether a program needs nothing of it.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.at.as_ref().is_some_and(Vec::is_empty) && self.when.is_empty()
    }
}

impl Pin {
    /// Whether a file with this text chooses a version.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let line = self.line.as_ref();
        line.is_some_and(|line| text.lines().any(|text| line.is_match(text)))
    }

    /// Whether a file with this text chooses another version than `minor`, the first two numbers of the base image's.
    #[must_use]
    pub fn excludes(&self, text: &str, minor: &str) -> bool {
        let Some(line) = &self.line else {
            return false;
        };
        let mut wanted = text.lines().filter_map(|text| line.captures(text)?.get(1));
        wanted.any(|wanted| {
            let (wanted, own) = (numbers(wanted.as_str()), numbers(minor));
            match self.base {
                Compare::Same => own != wanted,
                Compare::Least => own < wanted,
                Compare::Below => own >= wanted,
            }
        })
    }
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_project_chooses_a_version() {
        let pin = |line: &str, base| Pin {
            file: String::new(),
            line: Pattern::new(line).ok(),
            base,
        };
        let least = pin(r"requires-python.*>=\s*(\d+\.\d+)", Compare::Least);
        assert!(!least.excludes("requires-python = \">=3.9\"", "3.12"));
        assert!(least.excludes("requires-python = \">=3.13\"", "3.12"));
        let same = pin(r"^(\d+\.\d+)", Compare::Same);
        assert!(same.excludes("3.11.4\n", "3.12"));
        assert!(!same.excludes("3.12\n", "3.12"));
        let below = pin(r"requires-python.*<\s*(\d+\.\d+)", Compare::Below);
        assert!(below.excludes("requires-python = \">=3.9,<3.12\"", "3.12"));
    }
}

//! How uv installs what pip installs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::images::{Range, Version};

/// The table. A user's own replaces it as a whole.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Uv {
    /// The image that uv is copied from, with its version.
    pub image: String,
    /// The language whose images it installs into.
    pub language: String,
    /// What it stands in for.
    pub replaces: Replaced,
    /// Where it is there.
    pub program: String,
    /// Where it is put.
    pub folder: String,
    pythons: Vec<Range>,
    kept: Vec<String>,
    renamed: BTreeMap<String, String>,
    /// What takes versions from several indexes.
    pub indexes: Indexes,
    in_files: Vec<String>,
    settings: Vec<String>,
    /// What names settings of pip that uv does not look at.
    pub configured_by: Vec<String>,
    itself: Vec<String>,
    /// The lock file of uv.
    pub lock: String,
    /// Where packages of the language are in its images.
    pub prefix: String,
    /// The tools in the place of which `uv sync` can stand.
    #[serde(rename = "project")]
    pub projects: Vec<Project>,
    /// Where the facts come from.
    pub source: String,
}

/// A tool that installs what a project declares.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Project {
    /// Its id among the tools.
    pub tool: String,
    /// The verbs that install.
    pub verbs: Vec<String>,
    /// Its lock file.
    pub lock: String,
    /// Verbs that only set it up.
    pub setups: Vec<String>,
    packages: Vec<String>,
    /// Addresses of scripts that bring it.
    pub installers: Vec<String>,
    options: BTreeMap<String, String>,
    /// The key of `pyproject.toml` with which the project is none to install: `false`.
    pub package_mode: String,
    /// How groups of dependencies are chosen. `None`: nothing is known of that, and the tool is not replaced.
    pub groups: Option<Groups>,
    /// How people come to a lock file of uv.
    pub how: String,
}

/// The options by which a tool chooses groups and extras.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Groups {
    /// These groups and no others.
    pub only: Vec<String>,
    /// These groups as well.
    pub with: Vec<String>,
    /// All but these groups.
    pub without: Vec<String>,
    /// All but the group `dev`.
    pub no_dev: Vec<String>,
    /// All groups, optional ones as well.
    pub all: Vec<String>,
    /// These extras.
    pub extra: Vec<String>,
    /// The table of `pyproject.toml` with its groups: `tool.name.group`.
    pub table: String,
    /// The table that older versions have in place of the group `dev`.
    pub dev_table: String,
    /// What it calls the dependencies that are in no group.
    pub main: String,
}

impl Project {
    /// What uv calls the option `name`: nothing when it does without. `None`: it has none like it.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Whether the package `name` brings the tool, or is a part of it.
    #[must_use]
    pub fn is_brought_by(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package == name)
    }
}

/// What another tool stands in for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replaced {
    /// The tool.
    pub tool: String,
    /// Its verb.
    pub verb: String,
}

/// How versions are chosen from several indexes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indexes {
    /// The option of pip that names another index.
    pub option: String,
    /// What makes uv choose as pip does then.
    pub needs: String,
}

impl Uv {
    /// Takes the table of a user, if there is one.
    pub(super) fn extend(&mut self, more: Self) {
        if !more.image.is_empty() {
            *self = more;
        }
    }

    /// Whether uv installs for this version of Python, as tags write it.
    #[must_use]
    pub fn knows_python(&self, version: &str) -> bool {
        let version = Version::parse(version);
        version.is_some_and(|version| self.pythons.iter().any(|range| range.contains(&version)))
    }

    /// What uv calls the option `name` of `pip install`: nothing when it does without. `None`: it has none like it.
    #[must_use]
    pub fn option<'t>(&'t self, name: &'t str) -> Option<&'t str> {
        let is_kept = self.kept.iter().any(|kept| kept == name);
        self.renamed
            .get(name)
            .map(String::as_str)
            .or(is_kept.then_some(name))
    }

    /// The first option in a file of requirements that uv does not understand.
    #[must_use]
    pub fn unknown_in<'f>(&self, file: &'f str) -> Option<&'f str> {
        let options = file
            .lines()
            .map(str::trim_start)
            .filter(|line| line.starts_with('-'));
        let names = options.filter_map(|line| line.split([' ', '=', '\t']).next());
        names.into_iter().find(|name| {
            // `-rother.txt`, `-e.`
            let is_short = !name.starts_with("--") && name.len() > 2 && name.is_char_boundary(2);
            let name = if is_short { &name[..2] } else { name };
            !self.in_files.iter().any(|known| known == name)
        })
    }

    /// Whether the variable `name` changes what pip installs, or from where.
    #[must_use]
    pub fn is_setting(&self, name: &str) -> bool {
        name.starts_with("PIP_") && !self.settings.iter().any(|known| known == name)
    }

    /// Whether `name` is a part of pip itself.
    #[must_use]
    pub fn is_pip_itself(&self, name: &str) -> bool {
        self.itself.iter().any(|known| known == name)
    }

    /// Whether `name` is a tool that `uv sync` can stand for, or a part of one.
    #[must_use]
    pub fn is_project_tool(&self, name: &str) -> bool {
        self.projects
            .iter()
            .any(|project| project.is_brought_by(name))
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::Knowledge;

    #[test]
    fn options_are_translated() {
        let uv = &Knowledge::builtin().uv;
        assert_eq!(uv.option("-r"), Some("-r"));
        assert_eq!(uv.option("--no-cache-dir"), Some("--no-cache"));
        assert_eq!(uv.option("--timeout"), Some(""));
        assert_eq!(uv.option("--user"), None);
        assert_eq!(
            uv.unknown_in("flask\n-rdev.txt\n--index-url=https://x\n"),
            None
        );
        assert_eq!(
            uv.unknown_in("--install-option=x\n"),
            Some("--install-option")
        );
        assert!(uv.is_setting("PIP_INDEX_URL") && !uv.is_setting("PIP_NO_CACHE_DIR"));
        assert!(uv.knows_python("3.12") && !uv.knows_python("3.6"));
    }
}

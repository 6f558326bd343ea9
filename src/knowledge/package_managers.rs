//! What the package managers of distributions keep for later runs, and how an image is left clean.

use std::collections::HashMap;

use serde::Deserialize;

use crate::context::matches_name;

/// One package manager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageManager {
    /// The tool that it is, by its id in `tools.toml`.
    pub tool: String,
    /// The folders of the package lists.
    pub lists: Vec<String>,
    /// Where its settings are read from.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Further paths that hold nothing but what it keeps for later runs.
    #[serde(default)]
    pub caches: Vec<String>,
    /// The command that removes the lists. `{program}` stands for the program that was called.
    pub cleanup: String,
    /// Its own calls that remove the lists: the words behind the program, less `confirm` and `quiet`.
    #[serde(default)]
    pub cleaned_by: Vec<String>,
    /// Whether an install downloads lists that are missing.
    #[serde(default)]
    pub fetches_on_demand: bool,
    /// The option with which an install downloads the lists and leaves none behind.
    pub uncached: Option<String>,
    /// Options with which an install downloads the lists and keeps them.
    #[serde(default)]
    pub refreshing: Vec<String>,
    /// Options that answer its questions. The first is the one to add; without any, it asks none.
    #[serde(default)]
    pub confirm: Vec<String>,
    /// Options that only change what it prints.
    #[serde(default)]
    pub quiet: Vec<String>,
    /// Options with which it works on another system than the image.
    #[serde(default)]
    pub other_root: Vec<String>,
    /// Options with which it does without downloads, and needs the lists that are there.
    #[serde(default)]
    pub offline: Vec<String>,
    /// The option with which it installs nothing that is only recommended.
    pub no_recommends: Option<String>,
    /// The program that it has for people, and the one for scripts.
    pub in_scripts: Option<InScripts>,
    /// What else touches the lists.
    #[serde(default)]
    pub others: Others,
}

/// A program for people, and how its calls are written in scripts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InScripts {
    /// The program for people.
    pub program: String,
    /// The program for scripts.
    pub becomes: String,
    /// The verbs that both have, and how the second spells them.
    pub verbs: HashMap<String, String>,
}

/// Packages and programs that touch the sources or the lists of a package manager.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Others {
    /// Patterns of packages that add sources, or without which some sources cannot be read.
    pub bring_sources: Vec<String>,
    /// Packages without which sources that somebody has added cannot be read.
    pub open_sources: Vec<String>,
    /// Groups of packages of which no two can be there at once: what is installed later takes the place of what was there, but
    /// one command cannot install both.
    pub exclusive: Vec<Vec<String>>,
    /// Programs that prepare packages, and leave the sources as they are.
    pub keep_sources: Vec<String>,
    /// Programs that need the lists.
    pub need_lists: Vec<String>,
    /// Programs that download the lists before they need them.
    pub refresh_lists: Vec<String>,
}

impl PackageManager {
    /// Whether `path`, which may end in a wildcard, holds only what this manager keeps for later.
    #[must_use]
    pub fn owns(&self, path: &str) -> bool {
        let mut own = self.lists.iter().chain(&self.caches);
        own.any(|folder| is_at_or_below(path, folder))
    }

    /// Whether two calls that differ in `option` still ask for the same.
    #[must_use]
    pub fn is_indifferent_to(&self, option: &str) -> bool {
        let lists = [&self.confirm, &self.quiet, &self.refreshing];
        let mut known = lists.into_iter().flatten().chain(&self.uncached);
        known.any(|name| name == option)
    }

    /// Whether `option`, or one of the letters that it joins (`-yqq`), answers what the manager would ask.
    #[must_use]
    pub fn is_confirmed_by(&self, option: &str) -> bool {
        let is_known = |option: &str| self.confirm.iter().any(|known| known == option);
        let letters = option
            .strip_prefix('-')
            .filter(|letters| !letters.starts_with('-'));
        let mut letters = letters.unwrap_or_default().chars();
        is_known(option) || letters.any(|letter| is_known(&format!("-{letter}")))
    }

    /// Whether removing `path` removes the lists.
    #[must_use]
    pub fn holds_lists(&self, path: &str) -> bool {
        let folder = match path.rsplit_once('/') {
            Some((folder, name)) if name.contains('*') => folder,
            _ => path,
        };
        let folder = folder.trim_end_matches('/');
        self.lists.iter().any(|lists| is_at_or_below(lists, folder))
    }

    /// Whether installing `package` may change where packages are found.
    #[must_use]
    pub fn brings_sources(&self, package: &str) -> bool {
        let matches = |pattern: &String| matches_name(pattern, package);
        self.others.bring_sources.iter().any(matches)
    }

    /// Whether the package `new` takes the place of `old`.
    #[must_use]
    pub fn replaces(&self, new: &str, old: &str) -> bool {
        self.others.exclusive.iter().any(|group| {
            let place = |package: &str| group.iter().position(|one| matches_name(one, package));
            place(new).is_some_and(|new| place(old).is_some_and(|old| new != old))
        })
    }
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// All package managers.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PackageManagers {
    /// Folders that anything may use for a while.
    pub temporary: Vec<String>,
    #[serde(rename = "manager")]
    managers: Vec<PackageManager>,
}

impl PackageManagers {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.temporary.extend(more.temporary);
        self.managers.splice(0..0, more.managers);
    }

    /// The managers, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &PackageManager> {
        self.managers.iter()
    }

    /// Whether `path` lies in a folder that anything may use for a while.
    #[must_use]
    pub fn is_temporary(&self, path: &str) -> bool {
        self.temporary
            .iter()
            .any(|folder| is_at_or_below(path, folder))
    }
}

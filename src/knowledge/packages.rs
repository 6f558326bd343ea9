//! What is known of packages: which ones only a build needs, which library a package with headers stands for at
//! run time, which recommended packages are missed, and what Python packages need beside their wheel.
//!
//! The facts are in `packages.toml`. What it does not know is `None`: names of libraries change from release to
//! release, so a release that is not listed has no answer.

#[cfg(test)]
mod tests;

use serde::Deserialize;
use std::collections::BTreeMap;

use super::images::{PackageManager, Version};
use crate::context::matches_name;

/// The table of packages. The user's `dfopt.toml` may hold another one of the same form: see
/// [`Packages::extend`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    #[serde(default)]
    apt: Manager,
    #[serde(default)]
    apk: Manager,
    #[serde(default)]
    dependency: Vec<Dependency>,
}

/// The packages of one package manager.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Manager {
    releases: Vec<String>,
    build_only: Vec<String>,
    build_only_ends: Vec<String>,
    build_only_beside: BTreeMap<String, Vec<String>>,
    fetches_for: BTreeMap<String, Vec<String>>,
    for_programs: Vec<String>,
    tools: BTreeMap<String, String>,
    runtime: BTreeMap<String, Names>,
    brings: BTreeMap<String, String>,
    recommends: BTreeMap<String, Names>,
    recommends_irrelevant: Vec<String>,
}

/// Names of packages, separated by spaces: the same in all releases, or by release.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    Everywhere(String),
    ByRelease(BTreeMap<String, String>),
}

/// What becomes of a package when recommended packages are no longer installed with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recommends<'t> {
    /// Nothing is missed.
    Irrelevant,
    /// These packages have to be named to keep what matters.
    Add(Vec<&'t str>),
    /// It is not known.
    Unknown,
}

/// What a package of a language needs beside what is installed with it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    ecosystem: String,
    names: Vec<String>,
    apt: Option<Names>,
    apk: Option<Names>,
    /// Programs that it starts, and the package that each is in.
    #[serde(default)]
    pub programs: BTreeMap<String, String>,
    /// The first version that is published ready-made, by the version of the language; an earlier one is compiled, and
    /// only then linked with these libraries. Empty: it always is.
    #[serde(default)]
    ready_made: BTreeMap<String, String>,
    /// The package with the headers without which it is compiled with libraries of its own.
    pub headers: Option<String>,
    /// Names of files, and texts of which one of these has one where it is compiled with its own in any case.
    #[serde(default)]
    pub own_with: BTreeMap<String, Vec<String>>,
    /// Why it cannot be said what it needs.
    pub refuse: Option<String>,
    /// Packages of the distribution that bring all of it, if one of the variables `unless_env` says to use them, or none is
    /// needed.
    #[serde(default)]
    pub unless_package: Vec<String>,
    /// See `unless_package`.
    #[serde(default)]
    pub unless_env: Vec<String>,
    /// Where the facts come from.
    pub source: String,
}

impl Dependency {
    /// Whether `version` of it, or the newest, is installed ready-made for this version of the language: then it brings
    /// all its libraries. Without a version of the language, for the newest.
    #[must_use]
    pub fn is_ready_made(&self, version: Option<&str>, language: Option<&str>) -> bool {
        let entries = self.ready_made.iter();
        let numbers = entries.filter_map(|(language, first)| {
            Some((Version::parse(language)?, Version::parse(first)?))
        });
        let mut known: Vec<(Version, Version)> = numbers.collect();
        known.sort();
        let here = language.and_then(Version::parse);
        let first = match &here {
            Some(here) => known.iter().find(|(language, _)| language == here),
            None => known.last(),
        };
        let is_late = |version: &str| {
            let first = first.map(|(_, first)| first);
            first
                .zip(Version::parse(version))
                .is_none_or(|(first, version)| version.at_least(first))
        };
        !known.is_empty() && version.is_none_or(is_late)
    }
}

impl Packages {
    /// Adds the entries of another table. An entry for the same package replaces the one that is there.
    pub fn extend(&mut self, more: Self) {
        self.apt.extend(more.apt);
        self.apk.extend(more.apk);
        self.dependency.splice(0..0, more.dependency); // the first that has the name counts
    }

    /// Whether only a build needs the package.
    #[must_use]
    pub fn build_only(&self, manager: PackageManager, name: &str) -> bool {
        self.manager(manager)
            .is_some_and(|manager| manager.is_build_only(name))
    }

    /// Whether only installs use the package, in an image made for `language` and beside tools that only a build needs.
    #[must_use]
    pub fn build_only_beside(&self, manager: PackageManager, name: &str, language: &str) -> bool {
        let manager = self.manager(manager);
        let names = manager.and_then(|manager| manager.build_only_beside.get(language));
        names.is_some_and(|names| names.iter().any(|known| known == name))
    }

    /// Whether the tools of `language` fetch with the package what they build, so that a program in that language, which
    /// starts no other, does without it.
    #[must_use]
    pub fn fetches_for(&self, manager: PackageManager, name: &str, language: &str) -> bool {
        let manager = self.manager(manager);
        let names = manager.and_then(|manager| manager.fetches_for.get(language));
        names.is_some_and(|names| names.iter().any(|known| known == name))
    }

    /// Whether the package is there for programs when they run, and nothing is installed or compiled with it.
    #[must_use]
    pub fn for_programs(&self, manager: PackageManager, name: &str) -> bool {
        let manager = self.manager(manager);
        let mut known = manager
            .into_iter()
            .flat_map(|manager| &manager.for_programs);
        known.any(|pattern| matches_name(pattern, name))
    }

    /// Packages of apt that the package `name` needs itself, of those that may have to be named.
    pub fn brought_by(&self, name: &str) -> impl Iterator<Item = &str> {
        let names = self.apt.brings.get(name);
        names.into_iter().flat_map(|names| names.split(' '))
    }

    /// The tool that installs or builds for which the package is there, by its name in the table of tools.
    #[must_use]
    pub fn tool_in(&self, manager: PackageManager, name: &str) -> Option<&str> {
        let tools = &self.manager(manager)?.tools;
        tools.get(name).map(String::as_str)
    }

    /// The packages that a program needs at run time that was built with this one. Empty: none beside the C
    /// library. `None`: not known, or not for this release.
    #[must_use]
    pub fn runtime_of(
        &self,
        manager: PackageManager,
        name: &str,
        release: Option<&str>,
    ) -> Option<Vec<&str>> {
        let manager = self.manager(manager)?;
        if let Some(names) = manager.runtime.get(name) {
            return names.get(&manager.releases, release);
        }
        let compiler = manager
            .build_only
            .iter()
            .any(|known| known == unversioned(name));
        compiler.then(Vec::new)
    }

    /// What the package misses without the packages that it recommends. Only apt installs them.
    #[must_use]
    pub fn recommends(&self, name: &str, release: Option<&str>) -> Recommends<'_> {
        if let Some(names) = self.apt.recommends.get(name) {
            let names = names.get(&self.apt.releases, release);
            return names.map_or(Recommends::Unknown, Recommends::Add);
        }
        let irrelevant = self
            .apt
            .recommends_irrelevant
            .iter()
            .any(|known| known == name);
        if irrelevant {
            Recommends::Irrelevant
        } else {
            Recommends::Unknown
        }
    }

    /// What is known of a package of a language (`python`, `node`). `None`: it is not listed, which for nearly
    /// all packages means that they bring what they need.
    #[must_use]
    pub fn dependency(&self, ecosystem: &str, name: &str) -> Option<&Dependency> {
        self.dependency
            .iter()
            .find(|package| package.ecosystem == ecosystem && package.is_named(name))
    }

    /// The packages with the libraries that a package of a language needs, programs not included. `None`: not known.
    #[must_use]
    pub fn libraries_of<'t>(
        &'t self,
        package: &'t Dependency,
        manager: PackageManager,
        release: Option<&str>,
    ) -> Option<Vec<&'t str>> {
        let names = match manager {
            PackageManager::Apt => package.apt.as_ref()?,
            PackageManager::Apk => package.apk.as_ref()?,
            _ => return None,
        };
        names.get(&self.manager(manager)?.releases, release)
    }

    fn manager(&self, manager: PackageManager) -> Option<&Manager> {
        match manager {
            PackageManager::Apt => Some(&self.apt),
            PackageManager::Apk => Some(&self.apk),
            _ => None,
        }
    }
}

impl Dependency {
    /// Whether `name` is one of its names.
    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|known| is_same_name(known, name))
    }
}

impl Manager {
    fn extend(&mut self, more: Self) {
        self.releases.extend(more.releases);
        self.build_only.extend(more.build_only);
        self.build_only_ends.extend(more.build_only_ends);
        self.build_only_beside.extend(more.build_only_beside);
        self.for_programs.extend(more.for_programs);
        self.tools.extend(more.tools);
        self.runtime.extend(more.runtime);
        self.recommends.extend(more.recommends);
        self.recommends_irrelevant
            .extend(more.recommends_irrelevant);
    }

    fn is_build_only(&self, name: &str) -> bool {
        let listed = |name: &str| self.build_only.iter().any(|known| known == name);
        listed(name)
            || listed(unversioned(name))
            || self
                .build_only_ends
                .iter()
                .any(|end| name.ends_with(end.as_str()))
    }
}

impl Names {
    /// The names in a release. The table answers for the `covered` releases only; none covered: for all.
    fn get(&self, covered: &[String], release: Option<&str>) -> Option<Vec<&str>> {
        let is_covered =
            covered.is_empty() || covered.iter().any(|known| Some(known.as_str()) == release);
        if !is_covered {
            return None;
        }
        let names = match self {
            Self::Everywhere(names) => names,
            Self::ByRelease(table) => table.get(release?).or_else(|| table.get("other"))?,
        };
        Some(names.split_whitespace().collect())
    }
}

/// `gcc` for `gcc-12`, `clang` for `clang-14`.
fn unversioned(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    stem.strip_suffix('-')
        .filter(|stem| stem.len() + 1 < name.len())
        .unwrap_or(name)
}

/// Whether PyPI takes both names for one: <https://packaging.python.org/en/latest/specifications/name-normalization/>. A `*` at
/// the end of the first stands for one word or more.
fn is_same_name(one: &str, other: &str) -> bool {
    fn words(name: &str) -> impl Iterator<Item = &str> {
        name.split(['-', '_', '.']).filter(|word| !word.is_empty())
    }
    let (mut one, mut other) = (words(one), words(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) | (Some("*"), Some(_)) => return true,
            (Some(word), Some(same)) if word.eq_ignore_ascii_case(same) => {}
            _ => return false,
        }
    }
}

//! What has to be known to build on another image: what installs compile, which images bring what distributions
//! package, and which releases are no longer mended.

use std::collections::BTreeMap;

use super::pattern::Pattern;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::analysis::paths::file_name;
use crate::context::{dependencies, matches_name};

use super::images::{Image, ImageRef, Range, Version};

/// The table. The user's `dfopt.toml` may hold another one of the same form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bases {
    built: Vec<Built>,
    scripted: Vec<Scripted>,
    language: Vec<Language>,
    brings: BTreeMap<String, Vec<String>>,
    alike: Vec<String>,
    ended: Vec<Ended>,
}

/// What installs of a language compile.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    ecosystem: String,
    names: Vec<String>,
    /// Patterns for the files of a project that its own install compiles.
    pub sources: Vec<String>,
    /// Whether every install in the project is one of the project as well.
    #[serde(default)]
    pub always_own: bool,
    /// Lock files that tell which packages are compiled.
    #[serde(default)]
    locks: Option<Locks>,
}

/// Lock files of one form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locks {
    files: Vec<String>,
    form: LockForm,
}

/// How a lock file tells which packages an install may compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockForm {
    /// JSON, which says which of them run a script when they are installed.
    InstallScripts,
    /// TOML, which lists the ready-made builds of each.
    Wheels,
}

impl Built {
    /// Whether an install compiles the package `name`, in lower case.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        let name = name.replace(['_', '.'], "-");
        self.names.contains(&name)
    }

    /// How the file at `path` tells which packages are compiled, if it is a lock file that does.
    #[must_use]
    pub fn lock_form(&self, path: &str) -> Option<LockForm> {
        let locks = self.locks.as_ref()?;
        let is_one = locks.files.iter().any(|name| name == file_name(path));
        is_one.then_some(locks.form)
    }

    /// The first package that an install compiles of those that the manifest or lock file `text` at `path` names.
    #[must_use]
    pub fn named_in(&self, path: &str, text: &str) -> Option<String> {
        let mut named = dependencies(path, text);
        if let Ok(Json::Object(manifest)) = serde_json::from_str(text) {
            let table = manifest.get("devDependencies").and_then(Json::as_object);
            named.extend(table.into_iter().flat_map(|table| table.keys().cloned()));
        }
        // `bcrypt@^5.1.0:`, `/bcrypt@5.1.0:`, `"bcrypt@npm:5"` of lock files that are no JSON and no TOML.
        let is_locked = |name: &&String| {
            let entry = format!("{name}@");
            text.match_indices(&entry).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                before.is_none_or(|c| matches!(c, '\n' | '"' | '\'' | '/' | ' '))
            })
        };
        let by_lock = || self.names.iter().find(is_locked).cloned();
        let found = named.into_iter().find(|name| self.holds(name));
        let is_text = path.ends_with(".yaml") || path.ends_with(".lock");
        found.or_else(|| is_text.then(by_lock).flatten())
    }
}

/// Packages whose install scripts need no compiler.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scripted {
    ecosystem: String,
    names: Vec<String>,
}

/// A language that distributions package, and the image that brings it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// Its name in the tables of images and distributions.
    pub provides: String,
    /// Programs that show that it is used, beside the tools of its ecosystem. A `*` stands for part of a name.
    programs: Vec<String>,
    /// The image, with `{version}` and `{release}`.
    image: String,
    /// Only where a package like this is among those that it stands for.
    #[serde(default)]
    needs: Option<Pattern>,
    /// Commands that make another source of its packages known. The first group is the version.
    #[serde(default)]
    setups: Vec<Pattern>,
    /// The packages that the image stands for. The first group is the version, where the name has it.
    packages: Vec<Pattern>,
    /// Packages that it stands for in versions before this one.
    #[serde(default)]
    bundled: BTreeMap<String, String>,
    /// Folders with `{version}` in their names: where what is installed lies in the distribution, and in the image.
    #[serde(default)]
    pub moved: BTreeMap<String, String>,
    /// Starts of the names of packages with modules of the language: they are for the distribution's own.
    modules: Vec<String>,
    /// Texts that name a place that only the distribution's own has.
    pub traces: Vec<String>,
    /// The versions that the image was published for, by release of its distribution.
    published: BTreeMap<String, Vec<Range>>,
    /// The release to build on in place of a release of another distribution.
    instead_of: BTreeMap<String, String>,
    /// Where the facts come from.
    pub source: String,
}

impl Language {
    /// The name of the image, without a tag.
    #[must_use]
    pub fn repository(&self) -> &str {
        ImageRef::parse(&self.image).repository
    }

    /// Whether a call of `program`, a name without a folder, shows that the language is used.
    #[must_use]
    pub fn is_shown_by(&self, program: &str) -> bool {
        self.programs.iter().any(|name| matches_name(name, program))
    }

    /// Whether the image is the one for `packages`, those that it stands for.
    #[must_use]
    pub fn fits(&self, packages: &[String]) -> bool {
        let is_needed = |needs: &Pattern| packages.iter().any(|name| needs.is_match(name));
        !packages.is_empty() && self.needs.as_ref().is_none_or(is_needed)
    }

    /// Whether `command` makes a source of its packages known, with the version that this is for if that is named.
    #[must_use]
    pub fn is_set_up_by(&self, command: &str) -> Option<Option<String>> {
        let mut setups = self.setups.iter();
        let setup = setups.find(|setup| setup.is_match(command))?;
        let captures = setup.captures(command)?;
        Some(captures.get(1).map(|version| version.as_str().to_owned()))
    }

    /// The image for `version` in place of one of `release`; whether it is of that release itself. `None`: nobody
    /// knows that there is one.
    #[must_use]
    pub fn image(&self, version: &str, release: &str) -> Option<(String, bool)> {
        let target = self.instead_of.get(release);
        let release = target.map_or(release, String::as_str);
        let number = Version::parse(version)?;
        let ranges = self.published.get(release)?;
        let is_published = ranges.iter().any(|range| range.contains(&number));
        let image = self.image.replace("{version}", version);
        is_published.then(|| (image.replace("{release}", release), target.is_none()))
    }

    /// Whether the image stands for the package `name`: with the version in its name, if it has one.
    #[must_use]
    pub fn stands_for(&self, name: &str) -> Option<Option<String>> {
        let captures = self
            .packages
            .iter()
            .find_map(|names| names.captures(name))?;
        Some(captures.get(1).map(|version| version.as_str().to_owned()))
    }

    /// Whether the image of `version` brings what is in the package `name`, beside those that it stands for in any.
    #[must_use]
    pub fn bundles(&self, name: &str, version: &str) -> bool {
        let versions = self
            .bundled
            .get(name)
            .and_then(|until| Some((Version::parse(version)?, Version::parse(until)?)));
        versions.is_some_and(|(version, until)| !version.at_least(&until))
    }

    /// Whether the package `name` is for the distribution's own interpreter.
    #[must_use]
    pub fn is_module(&self, name: &str) -> bool {
        self.modules
            .iter()
            .any(|start| name.starts_with(start.as_str()))
    }
}

/// Until when releases of a product were mended.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    /// Its name in messages.
    name: String,
    /// The images whose tags begin with its version.
    #[serde(default)]
    repositories: Vec<String>,
    /// The distribution that it is, if it is one.
    distribution: Option<String>,
    /// The day, or the month, of the last fix, by version or name of the release; `all` for all of them.
    dates: BTreeMap<String, String>,
}

/// A release that nobody mends any more.
#[derive(Debug, PartialEq, Eq)]
pub struct End<'t> {
    /// What: `Python 3.7`.
    pub what: String,
    /// The day or the month of its end.
    pub date: &'t str,
}

impl Bases {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.built.splice(0..0, more.built);
        self.scripted.splice(0..0, more.scripted);
        self.language.splice(0..0, more.language);
        self.brings.extend(more.brings);
        self.alike.extend(more.alike);
        self.ended.splice(0..0, more.ended);
    }

    /// What installs of the language `ecosystem` compile; `None`: nobody knows.
    #[must_use]
    pub fn built(&self, ecosystem: &str) -> Option<&Built> {
        self.built.iter().find(|built| built.ecosystem == ecosystem)
    }

    /// Whether the install script of the package `name` is known to need no compiler.
    #[must_use]
    pub fn is_harmless_script(&self, ecosystem: &str, name: &str) -> bool {
        let scripted = self
            .scripted
            .iter()
            .filter(|entry| entry.ecosystem == ecosystem);
        let mut names = scripted.flat_map(|entry| &entry.names);
        names.any(|known| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == known,
        })
    }

    /// The languages that distributions package.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        &self.language
    }

    /// Whether a package called `wanted` is there when `installed` is.
    #[must_use]
    pub fn is_brought(&self, installed: &str, wanted: &str) -> bool {
        let brought = self.brings.get(installed);
        installed == wanted || brought.is_some_and(|names| names.iter().any(|name| name == wanted))
    }

    /// Whether Debian and Ubuntu have a package called `name` that is the same to those who install it.
    #[must_use]
    pub fn is_alike(&self, name: &str) -> bool {
        self.alike.iter().any(|known| known == name)
    }

    /// What of an image is no longer mended.
    #[must_use]
    pub fn ended<'t>(
        &'t self,
        reference: &ImageRef<'_>,
        image: Option<&Image<'_>>,
    ) -> Vec<End<'t>> {
        let ends = self.ended.iter();
        ends.filter_map(|ended| {
            ended
                .of_image(reference)
                .or_else(|| ended.of_release(image?))
        })
        .collect()
    }
}

impl Ended {
    /// The end of the version that the tag names.
    fn of_image(&self, reference: &ImageRef<'_>) -> Option<End<'_>> {
        if !self
            .repositories
            .iter()
            .any(|name| name == reference.repository)
        {
            return None;
        }
        let version = reference
            .tag
            .and_then(|tag| Version::parse(tag.split('-').next()?));
        let is_of = |series: &str| {
            let series = Version::parse(series);
            series
                .is_some_and(|series| version.as_ref().is_some_and(|own| own.starts_with(&series)))
        };
        let mut dates = self.dates.iter();
        let (series, date) = dates.find(|(series, _)| *series == "all" || is_of(series))?;
        let series = if series == "all" { "" } else { series };
        let what = format!("{} {series}", self.name).trim_end().to_owned();
        Some(End { what, date })
    }

    /// The end of the release that the tag names.
    fn of_release(&self, image: &Image<'_>) -> Option<End<'_>> {
        let release = image.release.as_ref().filter(|release| release.named)?;
        if self.distribution.as_deref() != image.distribution {
            return None;
        }
        let date = self
            .dates
            .get(&release.name)
            .or_else(|| self.dates.get(&release.number))?;
        Some(End {
            what: format!("{} {}", self.name, release.number),
            date,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;

    fn ends(reference: &str) -> Vec<String> {
        let knowledge = Knowledge::builtin();
        let reference = ImageRef::parse(reference);
        let image = knowledge.images.lookup(&reference);
        let ends = knowledge.bases.ended(&reference, image.as_ref());
        ends.into_iter().map(|end| end.what).collect()
    }

    #[test]
    fn what_is_no_longer_mended_is_named() {
        assert_eq!(ends("python:3.7-slim-buster"), ["Python 3.7", "Debian 10"]);
        assert_eq!(
            ends("node:14.21.3-alpine3.17"),
            ["Node.js 14", "Alpine 3.17"]
        );
        assert_eq!(ends("ubuntu:18.04"), ["Ubuntu 18.04"]);
        assert_eq!(ends("openjdk:17"), ["openjdk"]);
        assert_eq!(ends("python:3.14"), Vec::<String>::new());
        assert_eq!(ends("python"), Vec::<String>::new());
        assert_eq!(ends("php:7.4-fpm"), ["PHP 7.4"]);
    }

    #[test]
    fn images_stand_for_packages() {
        let bases = &Knowledge::builtin().bases;
        let python = &bases.languages()[0];
        assert_eq!(python.stands_for("python3-pip"), Some(None));
        assert_eq!(
            python.stands_for("python3.11-venv"),
            Some(Some("3.11".to_owned()))
        );
        assert_eq!(python.stands_for("python3-numpy"), None);
        assert!(python.is_module("python3-numpy"));
        let slim = |image: &str, is_same| Some((format!("python:{image}"), is_same));
        assert_eq!(
            python.image("3.10", "jammy"),
            slim("3.10-slim-bookworm", false)
        );
        assert_eq!(
            python.image("3.11", "bookworm"),
            slim("3.11-slim-bookworm", true)
        );
        assert_eq!(python.image("3.6", "bookworm"), None);
    }
}

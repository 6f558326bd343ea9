//! The shape of `images.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Release;
use super::listens::Listens;
use super::tag::{Captures, Kind, Part, Pattern};
use super::toolset::Toolset;
use super::version::{Range, Since, Version};

/// The table of images. The user's `dfopt.toml` may hold another one of the same form: see [`Images::extend`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    #[serde(default)]
    distribution: BTreeMap<String, Distribution>,
    #[serde(default)]
    toolset: BTreeMap<String, Toolset>,
    #[serde(default)]
    image: Vec<Family>,
}

impl Images {
    /// Adds the entries of another table. An entry for the same thing replaces the one that is there.
    pub fn extend(&mut self, more: Self) {
        self.distribution.extend(more.distribution);
        self.toolset.extend(more.toolset);
        self.image.retain(|old| {
            more.image
                .iter()
                .all(|new| new.repository != old.repository)
        });
        self.image.extend(more.image);
    }

    /// What is known of a distribution.
    #[must_use]
    pub fn distribution(&self, name: &str) -> Option<&Distribution> {
        self.distribution.get(name)
    }

    /// The distribution that a release belongs to: `debian` for `bookworm`.
    #[must_use]
    pub fn distribution_of_release(&self, release: &str) -> Option<&str> {
        let mut all = self.distribution.iter();
        all.find(|(_, facts)| facts.releases.contains_key(release))
            .map(|(name, _)| name.as_str())
    }

    /// The table's own copy of a distribution's name.
    pub(crate) fn distribution_name(&self, name: &str) -> Option<&str> {
        self.distribution
            .get_key_value(name)
            .map(|(name, _)| name.as_str())
    }

    /// Whether `program` is known to come with `package` where apt installs it.
    #[must_use]
    pub fn is_in_package(&self, program: &str, package: &str) -> bool {
        let mut toolsets = self.toolset.values();
        toolsets.any(|toolset| {
            toolset
                .programs
                .get(program)
                .is_some_and(|own| own == package)
        })
    }

    pub(crate) fn toolset(&self, name: &str) -> Option<&Toolset> {
        self.toolset.get(name)
    }

    /// The entry for a repository: its own, or else the one with the longest name before a `*` that fits.
    pub(crate) fn family(&self, repository: &str) -> Option<&Family> {
        let fits = self.image.iter().filter(|family| family.names(repository));
        fits.max_by_key(|family| (family.repository == repository, family.repository.len()))
    }

    #[cfg(test)]
    pub(crate) fn families(&self) -> &[Family] {
        &self.image
    }
}

/// What all releases of a distribution have in common.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The C library that programs are linked with.
    pub libc: Libc,
    /// The program that installs packages.
    pub package_manager: PackageManager,
    /// What `/bin/sh` is.
    pub shell: Shell,
    /// How accounts are made.
    pub accounts: Accounts,
    /// Accounts that it ships beside root, as far as they are worth using or in the way.
    #[serde(default)]
    pub user: Vec<User>,
    /// Its releases, name to number, if they have names.
    #[serde(default)]
    pub releases: BTreeMap<String, String>,
    /// The release that is the stable one today, if images of languages have it as their default.
    pub stable: Option<String>,
    /// Releases whose packages have left the servers that their images ask: installing one fails.
    #[serde(default)]
    pub archived: Vec<String>,
    /// The folders of which its slim images have next to nothing, nor the packages that are installed there: what people read.
    #[serde(default)]
    pub slim_lacks: Vec<String>,
    /// The versions of languages that its packages bring, by language and release: `3.11` in bookworm.
    #[serde(default)]
    pub packaged: BTreeMap<String, BTreeMap<String, String>>,
    /// How many numbers name a release, if releases have no names.
    #[serde(default = "one")]
    release_numbers: usize,
    /// Where the facts come from.
    pub source: String,
}

fn one() -> usize {
    1
}

impl Distribution {
    /// The release that a number means: `bookworm` for `12.5`, `3.19` for `3.19.1`.
    pub(crate) fn release_of(&self, number: &Version) -> Option<String> {
        if self.releases.is_empty() {
            let written = number.len() >= self.release_numbers;
            return written.then(|| number.first(self.release_numbers));
        }
        let mut releases = self.releases.iter();
        let release = releases
            .find(|(_, of)| Version::parse(of).is_some_and(|of| number.starts_with(&of)))?;
        Some(release.0.clone())
    }

    /// The name of the release before the one called `name`, where releases have names.
    #[must_use]
    pub fn release_before(&self, name: &str) -> Option<&str> {
        let number = |name: &String| Version::parse(self.releases.get(name)?);
        let this = Version::parse(self.releases.get(name)?)?;
        let older = self
            .releases
            .keys()
            .filter(|other| number(other).is_some_and(|other| other < this));
        older.max_by_key(|other| number(other)).map(String::as_str)
    }
}

/// The operating system of an image.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Os {
    /// Linux.
    #[default]
    Linux,
    /// Windows.
    Windows,
}

/// The C library of a distribution.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Libc {
    /// The GNU C library.
    Glibc,
    /// musl.
    Musl,
    /// None: only static programs run.
    None,
}

/// The program that installs packages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageManager {
    /// `apt-get` and `apt`.
    Apt,
    /// `apk`.
    Apk,
    /// `dnf`.
    Dnf,
    /// `microdnf`.
    Microdnf,
    /// `yum`.
    Yum,
    /// `zypper`.
    Zypper,
    /// `pacman`.
    Pacman,
    /// `tdnf`.
    Tdnf,
    /// None.
    None,
}

/// What `/bin/sh` is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shell {
    /// dash.
    Dash,
    /// The shell of BusyBox.
    Ash,
    /// bash.
    Bash,
    /// There is none.
    None,
}

/// How accounts are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accounts {
    /// `groupadd` and `useradd` (shadow).
    Useradd,
    /// `addgroup -S` and `adduser -S` (BusyBox).
    Adduser,
    /// Not at all: only numbers can be used, or the accounts that are there.
    None,
}

/// What an image does with the command that it is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entrypoint {
    /// It declares no entry point: the command is what starts.
    #[default]
    None,
    /// Its entry point runs any command as it is.
    HandsOn,
    /// Its entry point looks at the command.
    Decides,
}

/// What runs in an image built on this one that declares no command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// The service that the image is made for: nothing more need be declared.
    Service,
    /// A prompt (`bash`, `python3`, `node`) or a build tool.
    Prompt,
    /// Nothing is declared.
    None,
    /// It is not known.
    #[default]
    Unknown,
}

/// An account of an image.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name, or the number where it has no name.
    pub name: String,
    /// Its number.
    pub uid: Option<u32>,
    /// The number of its group.
    pub gid: Option<u32>,
    /// The versions of the image (of the distribution, for its own accounts) that have it; empty for all.
    #[serde(default)]
    versions: Vec<Range>,
    /// Whether the image runs as this account.
    #[serde(default)]
    pub(crate) default: bool,
    /// The words in a tag with which the image runs as this account.
    #[serde(default)]
    pub(crate) default_with: Vec<String>,
}

impl User {
    /// Whether a version has the account; one that is not known has none that depends on it.
    pub(crate) fn exists_in(&self, version: Option<&Version>) -> bool {
        let within = |version| self.versions.iter().any(|range| range.contains(version));
        self.versions.is_empty() || version.is_some_and(within)
    }
}

/// All images of one repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    /// Its name; a `*` at the end stands for anything.
    pub(crate) repository: String,
    pub(crate) source: String,
    pub(crate) provides: Option<String>,
    /// Words, less the number at their end, without one of which it is made for no language.
    #[serde(default)]
    pub(crate) provides_with: Vec<String>,
    #[serde(default)]
    pub(crate) os: Os,
    /// The distribution of a tag that names none.
    pub(crate) distribution: Option<String>,
    /// The same by version, where it has changed.
    #[serde(default)]
    pub(crate) distribution_since: Since,
    /// The release of a tag that names none, by distribution and version.
    #[serde(default)]
    pub(crate) release: BTreeMap<String, Since>,
    /// Whether the tag's number is that of the distribution: `debian:12`.
    #[serde(default)]
    pub(crate) version_is_release: bool,
    /// Words that stand for a version.
    #[serde(default)]
    pub(crate) aliases: BTreeMap<String, String>,
    /// Words (without the number at their end) that do not change the distribution.
    #[serde(default)]
    words: Vec<String>,
    /// Words (without the number at their end) that name one.
    #[serde(default)]
    pub(crate) distributions: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) user: Vec<User>,
    #[serde(default)]
    pub(crate) entrypoint: Entrypoint,
    #[serde(default)]
    pub(crate) command: Command,
    /// What is run with one of these words instead.
    #[serde(default)]
    pub(crate) command_with: BTreeMap<String, Command>,
    pub(crate) workdir: Option<String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Starts of paths that other images have not.
    #[serde(default)]
    pub(crate) folders: Vec<String>,
    /// The scripts that its entry point runs where an image brings some.
    #[serde(default)]
    pub(crate) starts: Vec<String>,
    pub(crate) toolset: Option<String>,
    /// The same of its variant on Alpine.
    pub(crate) toolset_apk: Option<String>,
    #[serde(default)]
    pub(crate) drops_privileges: bool,
    pub(crate) without_root: Option<String>,
    #[serde(default)]
    pub(crate) listens: Vec<Listens>,
    /// By tool, the versions of the image in which it stays root when root calls it.
    #[serde(default)]
    pub(crate) as_root: BTreeMap<String, Vec<Range>>,
    /// Manifests without which the tools build nothing, each with the versions of the image of which that is so.
    #[serde(default)]
    pub(crate) requires: BTreeMap<String, Vec<Range>>,
    #[serde(default)]
    pub(crate) runtime: Vec<RuntimeRule>,
}

impl Family {
    fn names(&self, repository: &str) -> bool {
        match self.repository.strip_suffix('*') {
            Some(start) => repository.starts_with(start),
            None => repository == self.repository,
        }
    }

    /// The accounts of a version.
    pub(crate) fn users(&self, version: &Version) -> impl Iterator<Item = &User> {
        let exists = |user: &&User| user.exists_in(Some(version));
        self.user.iter().filter(exists)
    }

    /// The version that a part of a tag gives.
    pub(crate) fn version(&self, part: &Part<'_, '_>) -> Option<Version> {
        match part.kind {
            Kind::Number => Version::parse(part.text),
            Kind::Alias => Version::parse(self.aliases.get(part.text)?),
            _ => None,
        }
    }

    /// Whether a part of a tag is known not to change the distribution.
    pub(crate) fn understands(&self, part: &Part<'_, '_>) -> bool {
        let known = |word: &str| {
            ["slim", "onbuild"].contains(&word) || self.words.iter().any(|w| w == word)
        };
        part.kind != Kind::Word || known(part.stem())
    }
}

/// How the reference of a runtime image follows from a tag.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuntimeRule {
    pub(crate) runs: Runs,
    /// The forms of tags that the rule is for.
    pub(crate) tag: Vec<Pattern>,
    /// The reference of the runtime image.
    pub(crate) to: String,
    /// The versions that it was published for, by placeholder.
    #[serde(default)]
    published: BTreeMap<String, Vec<Range>>,
    /// The releases that it was published for; empty for all.
    #[serde(default)]
    releases: Vec<String>,
    /// How many numbers the version must have for both images to share it.
    numbers: Option<usize>,
    /// Packages of the builder that the runtime lacks and that any program may need.
    #[serde(default)]
    pub(crate) lacks: Vec<String>,
    /// Variables that the builder sets and the runtime sets to something else.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// The only packages that the build may ask for there, when the release of the builder is not known.
    pub(crate) only_adding: Option<Vec<String>>,
}

impl RuntimeRule {
    /// Whether the runtime image was published for what the tag says. `aliases` are words that stand for a version.
    pub(crate) fn allows(
        &self,
        captures: &Captures<'_>,
        aliases: &BTreeMap<String, String>,
        release: Option<&Release>,
    ) -> bool {
        let version = |name: &str| {
            let text = *captures.get(name)?;
            Version::parse(aliases.get(text).map_or(text, String::as_str))
        };
        let published = |(name, ranges): (&String, &Vec<Range>)| {
            version(name).is_none_or(|version| ranges.iter().any(|range| range.contains(&version)))
        };
        let released = |release: &Release| self.releases.contains(&release.name);
        self.published.iter().all(published)
            && (self.releases.is_empty() || release.is_some_and(released))
            && self
                .numbers
                .is_none_or(|count| version("version").is_some_and(|v| v.len() == count))
    }
}

/// The programs that run in a runtime image.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// Programs of the language of the image, which brings the same version of it.
    Language,
    /// Executables that are linked with the C library of the image that they were built in.
    Dynamic,
    /// Executables that need no library at all.
    Static,
    /// All that ran before: it has the same packages, without what [`Distribution::slim_lacks`] names.
    Everything,
}

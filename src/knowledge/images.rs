//! What is known of a base image from its reference alone.
//!
//! The facts are in `images.toml`, each with its source; this module reads them. What the table does not know
//! is `None`, never a guess: a tag with a word that it has not heard of says nothing about its distribution,
//! and a digest says nothing about what the tag beside it stands for today.

mod listens;
mod reference;
mod table;
mod tag;
mod toolset;
mod version;

#[cfg(test)]
mod tests;

pub use listens::Listens;
pub use reference::ImageRef;
pub use table::{
    Accounts, Command, Distribution, Entrypoint, Images, Libc, Os, PackageManager, Runs, Shell,
    User,
};
pub use toolset::{Opened, Toolset};

use std::collections::BTreeMap;

use table::{Family, RuntimeRule};
use tag::{Captures, Kind, Part};
pub(crate) use version::{Range, Version};

/// What is known of one image.
#[derive(Clone, Debug)]
pub struct Image<'t> {
    /// The operating system that the reference names on a Linux host.
    pub os: Os,
    /// The name of the distribution, such as `debian`; a key of the table.
    pub distribution: Option<&'t str>,
    /// What is known of that distribution: C library, package manager, shell, how accounts are made.
    pub system: Option<&'t Distribution>,
    /// The release of the distribution.
    pub release: Option<Release>,
    /// Accounts that exist in the image beside root.
    pub users: Vec<&'t User>,
    /// The account that commands and the container run as: `root`, a name or a number.
    pub default_user: Option<&'t str>,
    /// Where most of these facts come from.
    pub source: &'t str,
    /// The language that the image is made for, such as `python`.
    pub provides: Option<&'t str>,
    /// The `ENTRYPOINT` that it declares, which an image built on another base would lose.
    pub entrypoint: Entrypoint,
    /// What an image built on it runs that declares no command of its own.
    pub command: Command,
    /// Its `WORKDIR`.
    pub workdir: Option<&'t str>,
    /// Variables of its environment, which an image of another language has not.
    pub environment: &'t BTreeMap<String, String>,
    /// Starts of paths that it has and images of other repositories have not.
    pub folders: &'t [String],
    /// The scripts that its entry point runs where an image brings some: patterns.
    pub starts: &'t [String],
    /// Whether the tag names a version.
    pub is_versioned: bool,
    /// Whether it is the `slim` variant.
    pub slim: bool,
    /// Whether it runs `ONBUILD` instructions in the image that is built on it.
    pub onbuild: bool,
    /// The programs and headers that this variant has and its runtime variant has not.
    pub toolset: Option<&'t Toolset>,
    /// Whether it starts as root on purpose and gives up its rights itself.
    pub drops_privileges: bool,
    /// What its service needs to run without root, in words.
    pub without_root: Option<&'t str>,
    /// The port that programs in it open unless they are told otherwise.
    pub listens: Option<&'t Listens>,
    /// The tools, of those that may act as the account that a folder belongs to, which stay root in this version.
    pub as_root: Vec<&'t str>,
    /// The manifests without which the tools of this version build nothing.
    pub requires: Vec<&'t str>,
    /// Smaller images of the same version that run what was built in this one, best first.
    pub runtimes: Vec<Runtime>,
}

/// A release of a distribution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// Its name: `bookworm`; the number where releases have no names: `3.19`.
    pub name: String,
    /// Its number: `12`.
    pub number: String,
    /// Whether the reference names it. Otherwise it is the default of that version as the table knows it, which
    /// may move on for as long as the version is published.
    pub named: bool,
}

/// An image to run in what was built in another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Runtime {
    /// Its reference.
    pub reference: String,
    /// The programs that run in it.
    pub runs: Runs,
    /// Packages of the builder that it lacks and that any program may need.
    pub lacks: Vec<String>,
    /// Variables that the builder sets and it sets to something else, with the values of the builder.
    pub environment: BTreeMap<String, String>,
    /// Set when it may be of a later release than the builder: the only packages that what is built may need there, which
    /// are the same in every release.
    pub only_adding: Option<Vec<String>>,
}

impl Image<'_> {
    /// Whether there is a smaller image without what only builds need; the slim one of a distribution has the same programs.
    #[must_use]
    pub fn sheds_tools(&self) -> bool {
        let mut runtimes = self.runtimes.iter();
        runtimes.any(|runtime| runtime.runs != Runs::Everything)
    }
}

impl Images {
    /// What the table knows of the image. `None`: nothing, or a variable hides which image it is.
    #[must_use]
    pub fn lookup<'t>(&'t self, reference: &ImageRef<'_>) -> Option<Image<'t>> {
        if reference.has_variable() {
            return None;
        }
        let family = self.family(reference.repository)?;
        Some(Reading::new(self, family, reference).image())
    }
}

/// One reference, read with the eyes of its family.
struct Reading<'a, 't> {
    table: &'t Images,
    family: &'t Family,
    reference: &'a ImageRef<'a>,
    parts: Vec<Part<'a, 't>>,
    /// The version that the tag names; no number at all for `latest`.
    version: Version,
}

impl<'a, 't> Reading<'a, 't> {
    fn new(table: &'t Images, family: &'t Family, reference: &'a ImageRef<'a>) -> Self {
        let tag = reference
            .tag
            .filter(|tag| *tag != "latest")
            .unwrap_or_default();
        let texts = tag.split('-').filter(|text| !text.is_empty());
        let parts: Vec<_> = texts.map(|text| read_part(table, family, text)).collect();
        let version = parts
            .iter()
            .find_map(|part| family.version(part))
            .unwrap_or_default();
        Self {
            table,
            family,
            reference,
            parts,
            version,
        }
    }

    fn image(&self) -> Image<'t> {
        let family = self.family;
        let distribution = self.distribution();
        let system = distribution.and_then(|name| self.table.distribution(name));
        let release = distribution.and_then(|name| self.release(name));
        let mut image = Image {
            os: self.os(),
            distribution,
            system,
            users: self.users(system, release.as_ref()),
            default_user: self.default_user(),
            source: &family.source,
            provides: self.provides(),
            entrypoint: family.entrypoint,
            command: self.command(),
            workdir: family.workdir.as_deref(),
            environment: &family.environment,
            folders: &family.folders,
            starts: &family.starts,
            is_versioned: self.is_versioned(),
            slim: self.has_word("slim"),
            onbuild: self.has_word("onbuild"),
            toolset: self.toolset(system),
            drops_privileges: family.drops_privileges,
            without_root: family.without_root.as_deref(),
            listens: family
                .listens
                .iter()
                .find(|port| port.holds_for(&self.version)),
            as_root: self.in_this_version(&self.family.as_root),
            requires: self.in_this_version(&self.family.requires),
            runtimes: Vec::new(),
            release,
        };
        image.runtimes = self.runtimes(image.release.as_ref());
        image
    }

    /// The keys of `table` that hold for the version of the image.
    fn in_this_version(&self, table: &'t BTreeMap<String, Vec<Range>>) -> Vec<&'t str> {
        let is_so = |ranges: &[Range]| ranges.iter().any(|range| range.contains(&self.version));
        let keys = table.iter().filter(|(_, ranges)| is_so(ranges));
        keys.map(|(key, _)| key.as_str()).collect()
    }

    fn is_versioned(&self) -> bool {
        let is_release =
            |part: &Part<'_, '_>| matches!(part.kind, Kind::Suite(_) | Kind::System(_));
        let by_release = self.family.version_is_release && self.parts.iter().any(is_release);
        by_release || self.version != Version::default()
    }

    fn provides(&self) -> Option<&'t str> {
        let words = &self.family.provides_with;
        let is_named = |part: &Part<'_, '_>| words.iter().any(|word| word == part.stem());
        let provides = words.is_empty() || self.parts.iter().any(is_named);
        self.family.provides.as_deref().filter(|_| provides)
    }

    fn command(&self) -> Command {
        let mut special = self.family.command_with.iter();
        let special = special.find(|(word, _)| self.has_word(word));
        special.map_or(self.family.command, |(_, command)| *command)
    }

    fn has_word(&self, word: &str) -> bool {
        self.parts.iter().any(|part| part.text == word)
    }

    fn os(&self) -> Os {
        let windows = |part: &Part<'_, '_>| {
            part.text.starts_with("windowsservercore") || part.text.starts_with("nanoserver")
        };
        if self.parts.iter().any(windows) {
            Os::Windows
        } else {
            self.family.os
        }
    }

    /// The distribution that the tag names, or else the one that the family is built on.
    fn distribution(&self) -> Option<&'t str> {
        if self.os() == Os::Windows || self.is_digest_only() {
            return None;
        }
        // The last word counts: `noble-chiseled` has no more of Ubuntu than its files.
        let named = self.parts.iter().rev().find_map(Part::distribution);
        let since = || self.family.distribution_since.get(&self.version);
        let since = || since().and_then(|name| self.table.distribution_name(name));
        let default = || since().or(self.family.distribution.as_deref());
        let certain = self.family.version_is_release || self.is_understood();
        named.or_else(|| default().filter(|_| certain))
    }

    /// Whether the table knows every part of the tag.
    fn is_understood(&self) -> bool {
        self.parts.iter().all(|part| self.family.understands(part))
    }

    fn is_digest_only(&self) -> bool {
        self.reference.digest.is_some() && self.reference.tag.is_none()
    }

    fn release(&self, distribution: &str) -> Option<Release> {
        let system = self.table.distribution(distribution)?;
        if let Some(name) = self.named_release(distribution, system) {
            return Some(release(system, name, true));
        }
        if self.reference.digest.is_some() || !self.is_understood() {
            return None;
        }
        let default = self.family.release.get(distribution)?.get(&self.version)?;
        Some(release(system, default.to_owned(), false))
    }

    /// The name of the release that the tag itself gives.
    fn named_release(&self, distribution: &str, system: &Distribution) -> Option<String> {
        let named = self.parts.iter().find_map(|part| match part.kind {
            Kind::Suite(of) if of == distribution => Some(part.text.to_owned()),
            Kind::System(of) if of == distribution => system.release_of(&part.number()?),
            _ => None,
        });
        let numbered = || {
            let number = self.parts.iter().find(|part| part.kind == Kind::Number)?;
            system.release_of(&Version::parse(number.text)?)
        };
        named.or_else(|| self.family.version_is_release.then(numbered).flatten())
    }

    fn users(&self, system: Option<&'t Distribution>, release: Option<&Release>) -> Vec<&'t User> {
        let number = release.and_then(|release| Version::parse(&release.number));
        let of_system = system.into_iter().flat_map(|system| &system.user);
        let of_system = of_system.filter(|user| user.exists_in(number.as_ref()));
        let mut users: Vec<&User> = self.family.users(&self.version).collect();
        for user in of_system {
            // An image may have renamed the account of its distribution.
            if users
                .iter()
                .all(|own| own.uid.is_none() || own.uid != user.uid)
            {
                users.push(user);
            }
        }
        users
    }

    fn default_user(&self) -> Option<&'t str> {
        let mut users = self.family.users(&self.version);
        let is_tagged = |user: &User| !user.default_with.is_empty();
        if self.is_digest_only() && self.family.user.iter().any(is_tagged) {
            return None;
        }
        let default = users
            .find(|user| user.default || user.default_with.iter().any(|word| self.has_word(word)));
        Some(default.map_or("root", |user| user.name.as_str()))
    }

    /// The tools of the full variant, with the names that their packages have in its distribution.
    fn toolset(&self, system: Option<&Distribution>) -> Option<&'t Toolset> {
        let name = match system?.package_manager {
            PackageManager::Apt => &self.family.toolset,
            PackageManager::Apk => &self.family.toolset_apk,
            _ => &None,
        };
        let name = name.as_deref().filter(|_| !self.has_word("slim"))?;
        self.table.toolset(name)
    }

    fn runtimes(&self, release: Option<&Release>) -> Vec<Runtime> {
        if self.reference.digest.is_some() || self.os() == Os::Windows {
            return Vec::new();
        }
        let mut runtimes: Vec<Runtime> = Vec::new();
        for rule in &self.family.runtime {
            let Some(reference) = self.runtime(rule, release) else {
                continue;
            };
            // The first rule for an image is the one that knows more of it.
            if runtimes
                .iter()
                .all(|known| known.reference != reference || known.runs != rule.runs)
            {
                runtimes.push(Runtime {
                    reference,
                    runs: rule.runs,
                    lacks: rule.lacks.clone(),
                    environment: rule.environment.clone(),
                    only_adding: rule.only_adding.clone(),
                });
            }
        }
        runtimes
    }

    /// The reference that a rule makes of this one.
    fn runtime(&self, rule: &RuntimeRule, release: Option<&Release>) -> Option<String> {
        let mut captures = rule
            .tag
            .iter()
            .find_map(|pattern| pattern.captures(&self.parts))?;
        if !rule.allows(&captures, &self.family.aliases, release) {
            return None;
        }
        add_release(&mut captures, release);
        let reference = tag::fill(&rule.to, &captures)?;
        let on_docker_hub = !reference.split('/').next().is_some_and(is_registry);
        Some(if on_docker_hub {
            format!("{}{reference}", self.reference.prefix)
        } else {
            reference
        })
    }
}

/// Makes `{release}` and `{number}` of a template mean something when the release is known.
fn add_release<'a>(captures: &mut Captures<'a>, release: Option<&'a Release>) {
    if let Some(release) = release {
        captures.insert("release".to_owned(), &release.name);
        captures.insert("number".to_owned(), &release.number);
    }
}

/// Whether the first component of a reference is a registry's host, by the rule of
/// <https://github.com/distribution/reference/blob/main/normalize.go>. A tag has its dots in the last component.
fn is_registry(component: &str) -> bool {
    !component.contains(':') && component.contains('.')
}

/// What a part of a tag is.
fn read_part<'a, 't>(table: &'t Images, family: &'t Family, text: &'a str) -> Part<'a, 't> {
    let stem = tag::stem(text);
    let kind = if let Some(distribution) = table.distribution_of_release(text) {
        Kind::Suite(distribution)
    } else if let Some(distribution) = family.distributions.get(stem) {
        Kind::System(distribution)
    } else if let Some(distribution) = table.distribution_name(stem) {
        Kind::System(distribution)
    } else if Version::parse(text).is_some() {
        Kind::Number
    } else if family.aliases.contains_key(text) {
        Kind::Alias
    } else {
        Kind::Word
    };
    Part { text, kind }
}

fn release(system: &Distribution, name: String, named: bool) -> Release {
    let number = system.releases.get(&name).unwrap_or(&name).clone();
    Release {
        name,
        number,
        named,
    }
}

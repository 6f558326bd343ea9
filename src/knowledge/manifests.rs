//! What the manifests of package managers say that a copy of the manifest alone would miss.

use super::pattern::Pattern;
use crate::context::matches_name;
use serde::Deserialize;

/// What is known of the manifests with one name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name of the file; a `*` stands for part of it.
    pub name: String,
    /// What to look for in it.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    /// What shows that an install reads more than it, where the build context is not at hand.
    #[serde(default, rename = "sign")]
    pub signs: Vec<Sign>,
    /// Files that it may include, where the build context is not at hand.
    #[serde(default, rename = "family")]
    pub families: Vec<Family>,
}

/// Manifests that include each other: `requirements/prod.txt` and the others in its folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// How the folder is called.
    #[serde(default)]
    folder: Option<String>,
    /// How the manifest is called.
    #[serde(default)]
    name: Option<String>,
    /// The names of all of them.
    pub files: String,
}

impl Family {
    /// Whether the manifest `name` in a folder that is called `folder` is one of them.
    #[must_use]
    pub fn has(&self, folder: &str, name: &str) -> bool {
        let fits = |pattern: &Option<String>, text| {
            let pattern = pattern.as_deref();
            pattern.is_none_or(|pattern| matches_name(pattern, text))
        };
        fits(&self.folder, folder) && fits(&self.name, name)
    }
}

/// What a Dockerfile shows of a project that is not at hand. One of `copies`, `command` and `below` says where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// Names of files and folders of the build context, one of which a copy names that stands before the install.
    #[serde(default)]
    pub copies: Vec<String>,
    /// A regular expression for an instruction that runs or starts something.
    pub command: Option<Pattern>,
    /// A regular expression for a command in a folder below that of the install, in which no other install has run.
    pub below: Option<Pattern>,
    /// A regular expression for an instruction with which it means nothing.
    pub unless_command: Option<Pattern>,
    /// A regular expression for the first command behind the install that works on the project, with which it means nothing;
    /// where there is none, for what the container starts.
    pub unless_next: Option<Pattern>,
    /// Options of the install with which it means nothing.
    #[serde(default)]
    pub unless_option: Vec<String>,
    /// It means nothing when manifests with this name in folders below are copied before the install.
    #[serde(default)]
    pub unless_members: bool,
    /// What it shows.
    pub message: String,
}

/// One thing to look for. One of `json`, `toml`, `line` and `beside` says where.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Paths into a JSON file, with `.` between the parts and `*` for every member.
    #[serde(default)]
    pub json: Vec<String>,
    /// The same into a TOML file.
    #[serde(default)]
    pub toml: Vec<String>,
    /// A regular expression that is tried on every line.
    #[serde(default)]
    pub line: Option<Pattern>,
    /// A path beside the manifest that exists; a `*` stands for part of a name.
    pub beside: Option<String>,
    /// A regular expression for the value at `json` or `toml`.
    #[serde(default)]
    pub matches: Option<Pattern>,
    /// A regular expression for values that are harmless.
    #[serde(default)]
    pub except: Option<Pattern>,
    /// What follows. The value is the first group of the expression, or else all that it matched.
    pub then: Then,
    /// The refusal's code, for `refuse`.
    pub code: Option<String>,
    /// The refusal's message, for `refuse`; what is taken for granted, for `assume`.
    pub message: Option<String>,
    /// For `assume`: programs that make again what the install makes.
    #[serde(default)]
    pub again: Vec<String>,
    /// For `expand`: the manifest in each folder, when it has another name than this one.
    pub manifest: Option<String>,
    /// For `expand`: what does not exist is an obstacle.
    #[serde(default)]
    pub must_exist: bool,
    /// Only in a manifest that another one has led to by `expand`.
    #[serde(default)]
    pub member: bool,
    /// A path beside the manifest that switches the rule off when it exists.
    pub unless_beside: Option<String>,
    /// For `follow` and `include`: the path that is meant, whatever the value is.
    pub leads_to: Option<String>,
    /// Options of the install that switch the rule off.
    #[serde(default)]
    pub unless_option: Vec<String>,
}

/// What follows from a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The install needs more than its manifests.
    Refuse,
    /// The value names another manifest.
    Follow,
    /// The value names a file or folder that the install reads.
    Include,
    /// The value is a pattern of folders, each with a manifest of its own.
    Expand,
    /// The install does something that has to be done again, or need not be, once the project is there: `message` says what is
    /// taken for granted.
    Assume,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestFile {
    #[serde(default)]
    not_for_installs: Vec<NotForInstalls>,
    #[serde(default, rename = "manifest")]
    manifests: Vec<Manifest>,
}

/// All manifests.
#[derive(Debug, Default)]
pub struct Manifests {
    all: Vec<Manifest>,
    not_for_installs: Vec<NotForInstalls>,
}

/// What no install reads, though it may be copied before it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotForInstalls {
    /// The names of the manifests of the installs; all installs are meant where there are none.
    #[serde(default)]
    manifests: Vec<String>,
    /// The names of the files and folders.
    names: Vec<String>,
}

impl NotForInstalls {
    fn is_about(&self, manifest: &str) -> bool {
        let mut known = self.manifests.iter();
        known.any(|pattern| is_named(pattern, manifest))
    }
}

impl Manifests {
    /// Adds the manifests of a table.
    pub(super) fn add(&mut self, file: ManifestFile) {
        self.all.extend(file.manifests);
        self.not_for_installs.extend(file.not_for_installs);
    }

    /// The rules for a file with this name.
    pub fn rules<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.named(name).flat_map(|manifest| &manifest.rules)
    }

    /// Whether no install that reads manifests with these names reads the file or folder `name` as well.
    #[must_use]
    pub fn is_not_for_installs(&self, manifests: &[&str], name: &str) -> bool {
        let is_about = |one: &&NotForInstalls| {
            one.manifests.is_empty() || manifests.iter().any(|manifest| one.is_about(manifest))
        };
        let meant = self.not_for_installs.iter().filter(is_about);
        let mut names = meant.flat_map(|one| &one.names);
        names.any(|pattern| matches_name(pattern, name))
    }

    /// What is known of a file with this name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Manifest> {
        self.all
            .iter()
            .filter(move |manifest| is_named(&manifest.name, name))
    }

    /// Whether both names are those of manifests of the same tool: `Web.csproj` and `Shared.csproj`.
    #[must_use]
    pub fn are_of_one_kind(&self, one: &str, other: &str) -> bool {
        let is_kind = |manifest: &&Manifest| is_named(&manifest.name, one);
        let mut kinds = self.all.iter().filter(is_kind);
        one == other || kinds.any(|manifest| is_named(&manifest.name, other))
    }
}

fn is_named(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    name.strip_prefix(start).is_some_and(|tail| {
        (0..=tail.len()).any(|at| tail.get(at..).is_some_and(|tail| is_named(rest, tail)))
    })
}

//! One program that people call, and its options.

use serde::Deserialize;

use super::actions::Action;
use super::interpreter::Interpreter;
use super::pattern::Pattern;
use super::prefetch::StandIns;
use super::targets::Targets;

/// One program, or one family of programs with the same command line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name in messages.
    pub id: String,
    /// How it is called: `apt-get`, or several words: `python -m pip`. A `*` at the end of a word
    /// stands for a version.
    pub programs: Vec<String>,
    /// For a script from the net: how the addresses begin, behind `https://`, that it is downloaded from. Its `programs` are
    /// the interpreters that people pipe it into.
    #[serde(default)]
    pub downloaded_from: Vec<String>,
    /// For a script: the package managers, by the tools that they are, whose lists it downloads before it needs them.
    #[serde(default)]
    pub refreshes: Vec<String>,
    /// The options that every action takes.
    #[serde(default)]
    pub options: OptionTable,
    /// The language that it serves, as `provides` in `images.toml` names it.
    pub ecosystem: Option<String>,
    /// Whether it may be asked to do anything, so that it is known what it does only in a project of that language.
    #[serde(default)]
    pub does_anything: bool,
    /// Whether it works on what a build has made, and comes with the tools of the build: `strip`.
    #[serde(default)]
    pub of_builds: bool,
    /// Whether the images of that language have it, the smaller ones as well.
    #[serde(default)]
    pub in_images: bool,
    /// Whether it works on whatever is there, and does not mind what is missing: `ldconfig`.
    #[serde(default)]
    pub registers: bool,
    /// Whether every image of a distribution has it: it comes with the C library.
    #[serde(default)]
    pub always_there: bool,
    /// Whether it fails where a file is missing that it is to change: `sed -i`.
    #[serde(default)]
    pub works_on_what_is_there: bool,
    /// Whether some of its versions, when root calls them, run scripts as the account that the folder belongs to; see
    /// [`Image::as_root`].
    ///
    /// [`Image::as_root`]: super::images::Image::as_root
    #[serde(default)]
    pub acts_as_owner: bool,
    /// For a package manager: options that give the packages of a command line a name to remove them by.
    #[serde(default)]
    pub group_options: Vec<String>,
    /// For a package manager: how packages are installed in one layer that keeps nothing else.
    pub recipe: Option<Recipe>,
    /// Other programs that it starts, by what its command line looks like.
    #[serde(default, rename = "starts")]
    pub starts: Vec<Starts>,
    /// What it downloads when it makes an environment and the image has none that fits.
    pub interpreter: Option<Interpreter>,
    /// What can take the place of the sources while it compiles the dependencies.
    pub stand_ins: Option<StandIns>,
    /// Which programs it makes of a project.
    pub targets: Option<Targets>,
    /// Variables of the environment that name files for it: `PIP_CONSTRAINT`.
    #[serde(default)]
    pub path_variables: Vec<String>,
    /// Variables of the environment that it reads and that no program reads which it has built.
    #[serde(default)]
    pub build_variables: Vec<String>,
    /// What it can be asked to do.
    #[serde(default, rename = "action")]
    pub actions: Vec<Action>,
}

/// A program that a tool starts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Starts {
    /// A regular expression for one of its words.
    word: Option<Pattern>,
    /// The program.
    program: String,
}

/// The commands of a layer that installs packages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Commands in front of the install.
    #[serde(default)]
    pub before: Vec<String>,
    /// The install, without options and packages.
    pub install: String,
    /// Options that it always has.
    #[serde(default)]
    pub options: Vec<String>,
    /// Commands behind the install that remove what only the package manager needs.
    #[serde(default)]
    pub after: Vec<String>,
}

/// The options of a tool by what they do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionTable {
    /// Take no value.
    #[serde(default)]
    pub flag: Vec<String>,
    /// Take a value that does not touch files.
    #[serde(default)]
    pub value: Vec<String>,
    /// Take the path of a manifest that is read.
    #[serde(default)]
    pub manifest: Vec<String>,
    /// Take a path that is read with all below it.
    #[serde(default)]
    pub read: Vec<String>,
    /// Take a path that is written.
    #[serde(default)]
    pub write: Vec<String>,
    /// Take the folder in which the tool works.
    #[serde(default)]
    pub chdir: Vec<String>,
}

/// What an option does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Takes no value.
    Flag,
    /// Takes a value that does not touch files.
    Value,
    /// Takes the path of a manifest.
    Manifest,
    /// Takes a path that is read.
    Read,
    /// Takes a path that is written.
    Write,
    /// Takes the folder in which the tool works.
    Chdir,
}

impl OptionTable {
    fn role(&self, name: &str) -> Option<Role> {
        let tables = [
            (&self.flag, Role::Flag),
            (&self.value, Role::Value),
            (&self.manifest, Role::Manifest),
            (&self.read, Role::Read),
            (&self.write, Role::Write),
            (&self.chdir, Role::Chdir),
        ];
        tables
            .into_iter()
            .find(|(names, _)| names.iter().any(|known| known == name))
            .map(|(_, role)| role)
    }
}

impl Tool {
    /// Whether it is a script that is downloaded from `address`, which is written without its scheme.
    pub(super) fn is_script_at(&self, address: &str) -> bool {
        let mut known = self.downloaded_from.iter();
        known.any(|start| address.starts_with(start.as_str()))
    }

    /// Whether `program`, without its folder, calls it.
    #[must_use]
    pub fn is_called_by(&self, program: &str) -> bool {
        let mut programs = self.programs.iter();
        programs.any(|pattern| is_word(pattern, program))
    }

    /// The other programs that it starts when it is called with these words.
    #[must_use]
    pub fn started_by(&self, words: &[&str]) -> Vec<&str> {
        let is_there = |starts: &&Starts| {
            let word = starts.word.as_ref();
            word.is_some_and(|regex| words.iter().any(|word| regex.is_match(word)))
        };
        let started = self.starts.iter().filter(is_there);
        started.map(|starts| starts.program.as_str()).collect()
    }

    /// What the option `name` (with its dashes, without a value) does for `action`.
    #[must_use]
    pub fn option(&self, action: &Action, name: &str) -> Option<Role> {
        action
            .options
            .role(name)
            .or_else(|| self.options.role(name))
    }

    /// What the option `name` does in front of the verb: what any action says of it.
    #[must_use]
    pub fn option_before_verb(&self, name: &str) -> Option<Role> {
        let of_actions = || {
            self.actions
                .iter()
                .find_map(|action| action.options.role(name))
        };
        self.options.role(name).or_else(of_actions)
    }
}

/// Whether `word` is what a table calls `pattern`, where a `*` at the end stands for a version.
pub(super) fn is_word(pattern: &str, word: &str) -> bool {
    let is_version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    match pattern.strip_suffix('*') {
        Some(stem) => word.strip_prefix(stem).is_some_and(is_version),
        None => word == pattern,
    }
}

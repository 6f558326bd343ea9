//! What the programs that people call in a `RUN` read, write and mean.

use std::collections::HashMap;

use serde::Deserialize;

use super::bundles::{Bundle, FileServer};
use super::installs::Installs;

/// One program, or one family of programs with the same command line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name in messages.
    pub id: String,
    /// How it is called: `apt-get`, or several words: `python -m pip`. A `*` at the end of a word
    /// stands for a version.
    pub programs: Vec<String>,
    /// The options that every action takes.
    #[serde(default)]
    pub options: OptionTable,
    /// The language that it serves, as `provides` in `images.toml` names it.
    pub ecosystem: Option<String>,
    /// Whether it may be asked to do anything, so that it is known what it does only in a project of that language.
    #[serde(default)]
    pub does_anything: bool,
    /// Whether the images of that language have it, the smaller ones as well.
    #[serde(default)]
    pub in_images: bool,
    /// For a package manager: options that give the packages of a command line a name to remove them by.
    #[serde(default)]
    pub group_options: Vec<String>,
    /// For a package manager: how packages are installed in one layer that keeps nothing else.
    pub recipe: Option<Recipe>,
    /// Other programs that it starts, by what its command line looks like.
    #[serde(default, rename = "starts")]
    pub starts: Vec<Starts>,
    /// Variables of the environment that name files for it: `PIP_CONSTRAINT`.
    #[serde(default)]
    pub path_variables: Vec<String>,
    /// What it can be asked to do.
    #[serde(default, rename = "action")]
    pub actions: Vec<Action>,
}

/// A program that a tool starts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Starts {
    /// A regular expression for one of its words.
    #[serde(deserialize_with = "super::regex")]
    word: Option<regex_lite::Regex>,
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

/// One thing that a tool does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The words that ask for it, behind the tool's own options: `install`, `mod download`. Empty:
    /// the tool has no verbs, or this is what it does without one.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// What kind of thing it is.
    pub does: Does,
    /// Further options.
    #[serde(default)]
    pub options: OptionTable,
    /// What the words that are no options mean.
    #[serde(default)]
    pub operands: Operands,
    /// A regular expression that every operand matches, or it is not this action.
    #[serde(default, deserialize_with = "super::regex")]
    pub operands_match: Option<regex_lite::Regex>,
    /// With fewer operands it is not this action.
    #[serde(default)]
    pub least_operands: usize,
    /// Options without which it is not this action: `-t` for a `tar` that only lists.
    #[serde(default)]
    pub only_with: Vec<String>,
    /// Options with which it is not this action.
    #[serde(default)]
    pub never_with: Vec<String>,
    /// The manifests that it reads in its working directory. With `?` at the end: if there is one.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// Whether it fails when none of them is there.
    #[serde(default)]
    pub needs_a_manifest: bool,
    /// The name under which the table of manifests knows those that its options and operands name.
    pub reads_as: Option<String>,
    /// Why it needs more of the project than its manifests, whatever they say.
    pub needs_source: Option<String>,
    /// What has to be taken for granted when it runs before the source is there.
    #[serde(default)]
    pub assumes: Vec<String>,
    /// Further paths that it reads. `@name` is an area, what is relative starts at the working directory.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Paths that it writes.
    #[serde(default)]
    pub writes: Vec<String>,
    /// Of the manifests: those that it brings up to date, and for which the copy from the host does
    /// as well.
    #[serde(default)]
    pub regenerates: Vec<String>,
    /// What to copy when the build context is not at hand: patterns that match the manifests that
    /// exist. Without it, the manifests that must exist.
    #[serde(default)]
    pub unknown_context: Vec<String>,
    /// What it makes in its working directory that a copy from the host must not lie over.
    #[serde(default)]
    pub host_artefacts: Vec<String>,
    /// What a program needs of it when it runs in another image. Without it, that is not known.
    pub installs: Option<Installs>,
    /// The entry of `[installs]` that says so, when several actions have the same.
    pub installs_as: Option<String>,
    /// Whether the paths that it writes are gone afterwards.
    #[serde(default)]
    pub removes: bool,
    /// Whether it needs nothing but what a program needs when it runs, so that it can run where the
    /// program does.
    #[serde(default)]
    pub in_runtime: bool,
    /// What a build makes.
    #[serde(default)]
    pub makes: Makes,
    /// Where a build that is not told otherwise puts what it makes; relative to the working directory. `**` is
    /// anywhere below it.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Where it installs what it has made, when it is asked to.
    pub prefix: Option<Prefix>,
    /// The names of archives that hold all that they need.
    #[serde(default)]
    pub archives: Vec<String>,
    /// Regular expressions for lines of the manifest, which is the first of `sources` that there is, with which an
    /// archive needs more than itself; for an executable that is made anywhere, for lines of any source.
    #[serde(default, deserialize_with = "super::regexes")]
    pub scattered: Vec<regex_lite::Regex>,
    /// Regular expressions for lines of the manifest with which an archive holds all that it needs. Without
    /// any, it does unless a line is `scattered`.
    #[serde(default, deserialize_with = "super::regexes")]
    pub whole: Vec<regex_lite::Regex>,
    /// The files that only the build reads, beside those that no program reads.
    #[serde(default)]
    pub sources: Vec<String>,
    /// How the build makes an executable that needs no library.
    #[serde(rename = "static")]
    pub linked_static: Option<Static>,
    /// How the build leaves out of an executable what only debuggers read.
    pub stripped: Option<Stripped>,
    /// A command behind the build that removes what only the build needs.
    pub prune: Option<Prune>,
    /// For an action that reads the source: a command that fetches its dependencies beforehand.
    pub prefetch: Option<Prefetch>,
}

/// A step that can be put in front of a build so that its downloads stay cached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefetch {
    /// The command, as it is written into a `RUN`.
    #[serde(default)]
    pub command: String,
    /// Instead of a command: options that make the step itself leave the project out.
    #[serde(default)]
    pub with: Vec<String>,
    /// What is taken for granted, one sentence each.
    #[serde(default)]
    pub assumes: Vec<String>,
    /// Its manifests, as in [`Action::manifests`].
    pub manifests: Vec<String>,
    /// Only when this regular expression matches a line of the first manifest: there is something to fetch.
    #[serde(default, deserialize_with = "super::regex")]
    pub when: Option<regex_lite::Regex>,
    /// Not when one of these paths exists beside the manifests.
    #[serde(default)]
    pub unless: Vec<String>,
}

/// What a build makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Makes {
    /// Files somewhere below the working directory.
    #[default]
    Tree,
    /// One program, which needs nothing of the sources.
    Executable,
    /// One file that a program of the language loads, and that holds all that it needs.
    Archive,
    /// A folder with all that the program needs.
    Folder,
}

/// Where a build installs what it has made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefix {
    /// Words of the command line that ask for it.
    pub asked_by: Vec<String>,
    /// The folder, unless a command line says otherwise.
    pub at: String,
    /// Files of the project with which that is so.
    pub known_by: Vec<String>,
    /// A regular expression for lines of these files with which it is not.
    #[serde(deserialize_with = "super::regexes")]
    pub unless: Vec<regex_lite::Regex>,
    /// What stands in front of another folder, in a command of the build.
    pub given_by: Vec<String>,
}

/// How a build makes an executable that needs no library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Static {
    /// The variable that asks for it, as it is written in front of the command: `CGO_ENABLED=0`.
    pub variable: String,
    /// Regular expressions for lines of the manifest with which the result could differ.
    #[serde(default, deserialize_with = "super::regexes")]
    pub unless_manifest: Vec<regex_lite::Regex>,
    /// Regular expressions for lines of the sources with which the result could differ.
    #[serde(default, deserialize_with = "super::regexes")]
    pub unless_source: Vec<regex_lite::Regex>,
    /// What is still taken for granted.
    pub assumes: String,
}

/// How a build leaves out of an executable what only debuggers read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stripped {
    /// The option that asks for it, as it is written behind the verb. It needs no quotes in any shell.
    pub option: String,
    /// Words of a Dockerfile whose author has decided about such options already.
    #[serde(default)]
    pub unless_mentioned: Vec<String>,
    /// What is taken for granted.
    pub assumes: String,
}

/// A command behind a build that removes what only the build needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prune {
    /// The command.
    pub command: String,
    /// The manifest that tells the two apart.
    pub manifest: String,
    /// The members of it (JSON) that name what is removed.
    pub removes: String,
    /// The first version of the image with a tool that knows the command.
    pub since: u32,
    /// The ends of the names of sources that a program could load it from.
    pub source_suffixes: Vec<String>,
    /// Parts of the paths of sources that only the build reads.
    pub not_in: Vec<String>,
}

/// The kinds of actions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Downloads the lists of packages.
    RefreshLists,
    /// Installs packages of the distribution.
    InstallPackages,
    /// Brings installed packages of the distribution up to date.
    UpgradePackages,
    /// Removes packages of the distribution.
    RemovePackages,
    /// Removes what the package manager keeps for later runs.
    CleanCache,
    /// Anything else that changes how packages are found: repositories, keys, architectures.
    ConfigurePackages,
    /// Installs what manifests ask for.
    InstallDependencies,
    /// Makes something of the source in the working directory; reads all of it.
    Build,
    /// Reads and writes the paths that its command line names.
    Files,
    /// Adds users or groups.
    AddUser,
    /// Changes the state of the shell for the commands behind it.
    ShellState,
    /// Runs a program of the project: may read and write anything.
    Run,
    /// Nothing that lasts.
    Nothing,
}

/// What the words that are no options mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operands {
    /// There should be none: with one, the call is not understood.
    #[default]
    None,
    /// They have no effect on files, and neither have options that are not listed.
    Ignored,
    /// They have no effect on files: texts, and URLs of what goes where an option says.
    Words,
    /// Names of packages, versions, URLs; but what looks like a local path is read.
    Packages,
    /// The same, and what holds a `/` is a path.
    PackagesOrPaths,
    /// Paths of manifests.
    Manifests,
    /// Paths that are read.
    Read,
    /// Paths that are written (and may be read).
    Write,
    /// Paths that are read, but the last is written.
    ReadThenWrite,
    /// The last is written, and the others are gone afterwards.
    Move,
    /// The last is written, and becomes a name for the others, which need not be there.
    Link,
    /// The first has no effect on files, the others are written: `chmod 755 PATH`.
    SkipThenWrite,
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

/// A name for several paths.
type Areas = HashMap<String, Vec<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolFile {
    #[serde(default)]
    areas: Areas,
    #[serde(default)]
    installs: HashMap<String, Installs>,
    #[serde(default)]
    never_read: Vec<String>,
    #[serde(default, rename = "language")]
    languages: Vec<Language>,
    #[serde(default, rename = "bundle")]
    bundles: Vec<Bundle>,
    #[serde(default, rename = "file_server")]
    file_servers: Vec<FileServer>,
    #[serde(default, rename = "tool")]
    tools: Vec<Tool>,
}

/// How the sources of a language show what a program needs of the system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The language, as `provides` in `images.toml` names it.
    pub provides: String,
    /// The ends of the names of its sources.
    pub sources: Vec<String>,
    /// Matches in a source that starts other programs.
    #[serde(deserialize_with = "super::regexes")]
    pub starts: Vec<regex_lite::Regex>,
    /// Matches in a line that writes files.
    #[serde(deserialize_with = "super::regexes")]
    pub writes: Vec<regex_lite::Regex>,
    /// Matches in a source that loads libraries by their names.
    #[serde(deserialize_with = "super::regexes")]
    pub loads: Vec<regex_lite::Regex>,
}

/// All tools, by how they are called.
#[derive(Debug, Default)]
pub struct Tools {
    areas: Areas,
    never_read: Vec<String>,
    languages: Vec<Language>,
    bundles: Vec<Bundle>,
    file_servers: Vec<FileServer>,
    tools: Vec<Tool>,
    /// First word of a call -> tools, and how many words of the call name them.
    index: HashMap<String, Vec<(usize, usize)>>,
}

impl Tools {
    /// Adds the tools of a table. Of two that are called in the same way, the one that was added first counts.
    pub(super) fn add(&mut self, mut file: ToolFile) {
        for action in file.tools.iter_mut().flat_map(|tool| &mut tool.actions) {
            let named = action.installs_as.as_ref();
            let named = named.and_then(|name| file.installs.get(name)).cloned();
            action.installs = action.installs.take().or(named);
        }
        for (name, paths) in file.areas {
            self.areas.entry(name).or_insert(paths);
        }
        self.never_read.extend(file.never_read);
        self.languages.extend(file.languages);
        self.bundles.extend(file.bundles);
        self.file_servers.extend(file.file_servers);
        self.tools.extend(file.tools);
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        // The last of several that match equally well is found: that has to be the first one added.
        for (at, tool) in self.tools.iter().enumerate().rev() {
            for (nth, program) in tool.programs.iter().enumerate() {
                let first = program
                    .split(' ')
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches('*');
                self.index
                    .entry(first.to_owned())
                    .or_default()
                    .push((at, nth));
            }
        }
    }

    /// The tool that `words` call and how many of them name it. The first word may be a path.
    #[must_use]
    pub fn find(&self, words: &[&str]) -> Option<(&Tool, usize)> {
        let program = words.first()?.rsplit('/').next()?;
        let unversioned = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let mut keys = vec![program];
        if unversioned != program {
            keys.push(unversioned);
        }
        let entries = keys
            .into_iter()
            .filter_map(|key| self.index.get(key))
            .flatten();
        entries
            .filter_map(|&(at, nth)| {
                let tool = &self.tools[at];
                let length = matched_words(&tool.programs[nth], program, words)?;
                Some((tool, length))
            })
            .max_by_key(|&(_, length)| length)
    }

    /// Whether some tool reads a manifest with this name.
    #[must_use]
    pub fn knows_manifest(&self, name: &str) -> bool {
        let actions = self.tools.iter().flat_map(|tool| &tool.actions);
        actions
            .flat_map(|action| &action.manifests)
            .any(|known| known.trim_end_matches('?') == name)
    }

    /// The tool with this `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.id == id)
    }

    /// The languages whose sources are known.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// How the sources of the language `provides` show what they need.
    #[must_use]
    pub fn language(&self, provides: &str) -> Option<&Language> {
        self.languages
            .iter()
            .find(|language| language.provides == provides)
    }

    /// The folders that builds make and that programs need nothing beside.
    #[must_use]
    pub fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }

    /// The program `name`, if it serves the files of a folder.
    #[must_use]
    pub fn file_server(&self, name: &str) -> Option<&FileServer> {
        let is_it = |server: &&FileServer| server.programs.iter().any(|known| known == name);
        self.file_servers.iter().find(is_it)
    }

    /// Patterns for the names of files that no program reads when it runs: they are for people and for builds.
    #[must_use]
    pub fn never_read(&self) -> &[String] {
        &self.never_read
    }

    /// The paths that `entry` of a table stands for: those of the area `@name`, or itself.
    pub fn paths<'a>(&'a self, entry: &'a str) -> impl Iterator<Item = &'a str> {
        let area = entry
            .strip_prefix('@')
            .and_then(|name| self.areas.get(name));
        let itself = area.is_none().then_some(entry);
        area.into_iter().flatten().map(String::as_str).chain(itself)
    }
}

/// How many of `words` the pattern `program` takes up, if it names them.
fn matched_words(pattern: &str, program: &str, words: &[&str]) -> Option<usize> {
    let mut length = 0;
    for (at, expected) in pattern.split(' ').enumerate() {
        let word = if at == 0 { program } else { words.get(at)? };
        let same = match expected.strip_suffix('*') {
            Some(stem) => word
                .strip_prefix(stem)
                .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.')),
            None => *word == *expected,
        };
        if !same {
            return None;
        }
        length += 1;
    }
    Some(length)
}

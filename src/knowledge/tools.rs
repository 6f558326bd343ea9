//! What the programs that people call in a `RUN` read, write and mean.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;

use super::bundles::{Bundle, FileServer};
use super::dependency_folders::DependencyFolder;
use super::installs::Installs;
use crate::analysis::paths::file_name;
use crate::context::matches_name;

pub use super::actions::{Action, Directives, Does, Makes, Operands, Prefix, Static, Stripped};
pub use super::interpreter::Interpreter;
pub use super::languages::Language;
pub use super::prefetch::{Compile, Instead, Prefetch, StandIn, StandIns, Unseen};
pub use super::targets::Targets;
use super::tool::is_word;
pub use super::tool::{OptionTable, Recipe, Role, Starts, Tool};

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
    #[serde(default)]
    settings_of_builds: Vec<String>,
    #[serde(default)]
    keeps_folders: Vec<String>,
    #[serde(default)]
    no_pages: Vec<String>,
    #[serde(default)]
    address_options: Vec<String>,
    #[serde(default)]
    version_options: Vec<String>,
    #[serde(default, rename = "language")]
    languages: Vec<Language>,
    #[serde(default, rename = "bundle")]
    bundles: Vec<Bundle>,
    #[serde(default, rename = "file_server")]
    file_servers: Vec<FileServer>,
    #[serde(default, rename = "dependency_folder")]
    dependency_folders: Vec<DependencyFolder>,
    #[serde(default, rename = "tool")]
    tools: Vec<Tool>,
}

/// All tools, by how they are called.
#[derive(Debug, Default)]
pub struct Tools {
    areas: Areas,
    never_read: Vec<String>,
    settings_of_builds: Vec<String>,
    keeps_folders: Vec<String>,
    no_pages: Vec<String>,
    address_options: Vec<String>,
    version_options: Vec<String>,
    languages: Vec<Language>,
    bundles: Vec<Bundle>,
    file_servers: Vec<FileServer>,
    dependency_folders: Vec<DependencyFolder>,
    tools: Vec<Tool>,
    /// First word of a call -> tools, and how many words of the call name them.
    index: HashMap<String, Vec<(usize, usize)>>,
    /// First letter of an address -> the tools that are scripts from there.
    scripts: BTreeMap<char, Vec<usize>>,
    /// The names of all manifests.
    manifests: HashSet<String>,
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
        self.settings_of_builds.extend(file.settings_of_builds);
        self.keeps_folders.extend(file.keeps_folders);
        self.no_pages.extend(file.no_pages);
        self.address_options.extend(file.address_options);
        self.version_options.extend(file.version_options);
        self.languages.extend(file.languages);
        self.bundles.extend(file.bundles);
        self.file_servers.extend(file.file_servers);
        self.dependency_folders.extend(file.dependency_folders);
        self.tools.extend(file.tools);
        self.reindex();
    }

    fn reindex(&mut self) {
        self.index.clear();
        let actions = self.tools.iter().flat_map(|tool| &tool.actions);
        let manifests = actions.flat_map(|action| &action.manifests);
        let names = manifests.map(|name| name.trim_end_matches('?').to_owned());
        self.manifests = names.collect();
        self.scripts.clear();
        for (at, tool) in self.tools.iter().enumerate() {
            let letters = tool.downloaded_from.iter();
            for letter in letters.filter_map(|start| start.chars().next()) {
                self.scripts.entry(letter).or_default().push(at);
            }
        }
        // The last of several that match equally well is found: that has to be the first one added.
        for (at, tool) in self.tools.iter().enumerate().rev() {
            if !tool.downloaded_from.is_empty() {
                continue;
            }
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
        let program = file_name(words.first()?);
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

    /// The ways in which the tool `id` is called: the first word is that of a program.
    pub fn calls_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let tools = self.tools.iter().filter(move |tool| tool.id == id);
        tools.flat_map(|tool| &tool.programs).map(String::as_str)
    }

    /// The script that is downloaded from `address`, if it is known what it does.
    #[must_use]
    pub fn script_at(&self, address: &str) -> Option<&Tool> {
        // Every word of every command is asked.
        if !address.contains('.') || address.starts_with(['-', '.', '/']) {
            return None;
        }
        let behind_scheme = address.split_once("://").map_or(address, |(_, rest)| rest);
        let scripts = self.scripts.get(&behind_scheme.chars().next()?)?;
        let mut scripts = scripts.iter().map(|&at| &self.tools[at]);
        scripts.find(|tool| tool.is_script_at(behind_scheme))
    }

    /// Whether some tool reads a manifest with this name.
    #[must_use]
    pub fn knows_manifest(&self, name: &str) -> bool {
        self.manifests.contains(name)
    }

    /// Whether some tool reads a manifest that is called `name`, or matches it: `package*.json`. What begins with a star may be
    /// anything.
    #[must_use]
    pub fn knows_manifest_like(&self, name: &str) -> bool {
        let mut known = self.manifests.iter();
        !name.starts_with('*') && known.any(|known| matches_name(name, known))
    }

    /// The tools that read the variable `name`, if no program does that they have built. None when it is not known.
    pub fn readers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tool> {
        let reads = move |tool: &&Tool| tool.build_variables.iter().any(|known| known == name);
        self.tools.iter().filter(reads)
    }

    /// What any program does whose only argument is `option`, if that asks for its version.
    #[must_use]
    pub fn asked_for_version(&self, option: &str) -> Option<(&Tool, &Action)> {
        let is_known = self.version_options.iter().any(|known| known == option);
        let tool = self.get("version").filter(|_| is_known)?;
        Some((tool, tool.actions.first()?))
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
            .find(|language| language.is_for(provides))
    }

    /// The language that `tool` serves, if its sources are known.
    #[must_use]
    pub fn language_of(&self, tool: &Tool) -> Option<&Language> {
        self.language(tool.ecosystem.as_deref()?)
    }

    /// The tools for projects of the language `provides`; none without one.
    pub fn of_language<'t>(&'t self, provides: Option<&'t str>) -> impl Iterator<Item = &'t Tool> {
        let tools = self.tools.iter();
        tools.filter(move |tool| provides.is_some() && tool.ecosystem.as_deref() == provides)
    }

    /// The folders that builds make and that programs need nothing beside.
    #[must_use]
    pub fn bundles(&self) -> &[Bundle] {
        &self.bundles
    }

    /// The folder of dependencies that the tool called `id` fills, if it can be made in a stage of its own.
    #[must_use]
    pub fn dependency_folder(&self, id: &str) -> Option<&DependencyFolder> {
        let fills = |folder: &&DependencyFolder| folder.tools.iter().any(|tool| tool == id);
        self.dependency_folders.iter().find(fills)
    }

    /// Whether `path` lies in a folder of dependencies that is known by its name.
    #[must_use]
    pub fn is_in_dependency_folder(&self, path: &str) -> bool {
        let is_name = |part: &str| {
            self.dependency_folders
                .iter()
                .any(|entry| entry.folder == part)
        };
        path.split('/').any(is_name)
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

    /// Patterns for the names of settings of compilers and builds.
    #[must_use]
    pub fn settings_of_builds(&self) -> &[String] {
        &self.settings_of_builds
    }

    /// The names of files that are there to keep an empty folder.
    #[must_use]
    pub fn keeps_folders(&self) -> &[String] {
        &self.keeps_folders
    }

    /// Whether the package `name`, with a version or without, puts nothing into the folders of web servers, and neither
    /// does what it needs.
    #[must_use]
    pub fn brings_no_page(&self, name: &str) -> bool {
        let name = name.split(['=', '~']).next().unwrap_or_default();
        let is_it = |known: &String| match known.strip_prefix('*') {
            Some(end) => name.ends_with(end),
            None => name == known,
        };
        self.no_pages.iter().any(is_it)
    }

    /// Whether `option` says under which address pages are served, which is no place in the image: `--base-href`.
    #[must_use]
    pub fn is_address(&self, option: &str) -> bool {
        let mut parts = self.address_options.iter();
        option.starts_with('-') && parts.any(|part| option.contains(part.as_str()))
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
        if !is_word(expected, word) {
            return None;
        }
        length += 1;
    }
    Some(length)
}

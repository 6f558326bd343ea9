//! Folders of dependencies beside the sources that builds leave as they are.

use serde::Deserialize;

use super::startup::named_words;
use crate::analysis::paths::file_name;

/// A folder of dependencies that can be installed in a stage of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DependencyFolder {
    /// Its name, in the folder of the manifest.
    pub folder: String,
    /// The tools that fill it, by their ids.
    pub tools: Vec<String>,
    /// The manifest (JSON) that they go by.
    pub manifest: String,
    /// The member of the manifest without whose entries there may be no folder.
    pub needs: String,
    /// Members of the manifest with which there may be other folders, or links that lead out of this one.
    pub never_with: Vec<String>,
    /// Files beside the manifest with which the same holds.
    pub never_beside: Vec<String>,
    /// Programs whose operands are names of scripts.
    pub runs_scripts: Vec<String>,
    /// Command lines that put nothing into the folder that a program needs when it runs: the name of the program and
    /// perhaps further words.
    pub left_by: Vec<String>,
    /// Where that is documented.
    pub source: String,
    /// Where it is known which programs the packages in it have.
    pub programs: Option<Programs>,
    /// What is installed there for those who develop.
    pub development: Development,
    /// How tools remove that again.
    pub prune: Vec<Prune>,
}

/// A lock file that says which programs packages have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programs {
    /// Its name.
    pub lock: String,
    /// Its member with the packages, by their paths.
    pub packages: String,
    /// The member of a package that names its programs.
    pub member: String,
}

/// What is installed for those who develop a project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Development {
    /// The member of the manifest that names it.
    pub member: String,
    /// The ends of the names of sources that a program could load it from.
    pub source_suffixes: Vec<String>,
    /// Parts of the paths of sources that only the build reads.
    pub not_in: Vec<String>,
    /// The ends of the names of settings that are compiled when they are read, perhaps with what is gone.
    #[serde(default)]
    pub compiled_suffixes: Vec<String>,
}

/// A command behind a build that removes what only those who develop need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prune {
    /// The tool that installs, by its id.
    pub tool: String,
    /// The command. It downloads nothing, and runs no script of the project.
    pub command: String,
    /// The first version of the image with a tool that knows the command.
    pub since: u32,
    /// Options of an install without which the command may fail behind it; it takes them as well.
    pub keeps: Vec<String>,
    /// Options of an install behind which it would do something else.
    pub unless_option: Vec<String>,
    /// Patterns of variables with the same effect.
    pub unless_variable: Vec<String>,
    /// Files beside the manifest with the same effect.
    pub unless_beside: Vec<String>,
    /// Where that is documented.
    pub source: String,
}

impl DependencyFolder {
    /// Where the package `name` is.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// How the tool called `id` removes what is installed for development.
    #[must_use]
    pub fn prune(&self, id: &str) -> Option<&Prune> {
        self.prune.iter().find(|prune| prune.tool == id)
    }

    /// Whether the command line `words` is how the tool called `id` does so.
    #[must_use]
    pub fn is_pruned_by<'w>(&self, id: &str, words: impl IntoIterator<Item = &'w str>) -> bool {
        self.prune(id).is_some_and(|prune| {
            let command = prune.command.split(' ').take(2);
            command.eq(words.into_iter().take(2))
        })
    }

    /// Whether the command line `words` puts nothing into the folder that a program needs.
    #[must_use]
    pub fn is_left_by(&self, words: &[String]) -> bool {
        let Some((program, arguments)) = words.split_first() else {
            return true;
        };
        let program = file_name(program);
        let names = |entry: &String| named_words(entry, program, arguments).is_some();
        self.left_by.iter().any(names)
    }

    /// Whether a script names the folder, but to start a program that lies in it.
    #[must_use]
    pub fn is_named_in(&self, script: &str) -> bool {
        let mut named = script.match_indices(&self.folder);
        named.any(|(at, name)| !script[at + name.len()..].starts_with("/.bin/"))
    }

    /// Whether `program` runs the scripts whose names it is given.
    #[must_use]
    pub fn runs_scripts(&self, program: &str) -> bool {
        self.runs_scripts.iter().any(|name| name == program)
    }
}

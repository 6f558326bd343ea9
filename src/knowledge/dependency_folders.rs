//! Folders of dependencies beside the sources that builds leave as they are.

use serde::Deserialize;

use super::startup::named_words;

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
}

impl DependencyFolder {
    /// Whether the command line `words` puts nothing into the folder that a program needs.
    #[must_use]
    pub fn is_left_by(&self, words: &[String]) -> bool {
        let Some((program, arguments)) = words.split_first() else {
            return true;
        };
        let program = program.rsplit('/').next().unwrap_or_default();
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

//! How programs are started by those who work on them.

use serde::Deserialize;

use super::startup::behind_name;

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Development {
    /// The languages.
    #[serde(rename = "language")]
    pub languages: Vec<Language>,
    /// Words of a command line that say that it is for those who develop.
    words: Vec<String>,
}

/// How the programs of a language are started.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// What it is called.
    pub name: String,
    /// The tools that install its dependencies, by their ids in `tools.toml`.
    pub tools: Vec<String>,
    /// Scripts of `package.json` that start the program, the best first.
    #[serde(default)]
    pub scripts: Vec<String>,
    /// Options with which an install leaves out what only development needs.
    #[serde(default)]
    pub without_options: Vec<String>,
    /// The variable that is `production` when it does so as well.
    pub production: Option<String>,
    /// Programs that can take up changes.
    #[serde(default, rename = "server")]
    servers: Vec<Server>,
}

/// Programs with the same options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    /// How they are called, as in `startup.toml`.
    programs: Vec<String>,
    /// What stands behind the name.
    #[serde(default)]
    first: Vec<String>,
    /// What stands at the end.
    #[serde(default)]
    last: Vec<String>,
}

impl Development {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.languages.splice(0..0, more.languages);
        self.words.extend(more.words);
    }

    /// Whether one of `words` says that the command line is for those who develop.
    #[must_use]
    pub fn is_meant_by(&self, words: &[String]) -> bool {
        words.iter().any(|word| self.words.contains(word))
    }

    /// Whether one of the `words` makes an install by the tool called `id` leave out what only development needs.
    #[must_use]
    pub fn leaves_out<'w>(&self, id: &str, mut words: impl Iterator<Item = &'w str>) -> bool {
        let has_tool = |language: &&Language| language.tools.iter().any(|tool| tool == id);
        let language = self.languages.iter().find(has_tool);
        let options = language.map_or(&[][..], |language| &language.without_options);
        words.any(|word| options.iter().any(|option| option == word))
    }
}

impl Language {
    /// The command line that does what `words` do and takes up changes, if it is known.
    #[must_use]
    pub fn reloading(&self, words: &[String]) -> Option<Vec<String>> {
        self.servers.iter().find_map(|server| {
            let rest = behind_name(&server.programs, words)?;
            let name = &words[..words.len() - rest.len()];
            let parts = [name, &server.first, rest, &server.last];
            Some(parts.concat())
        })
    }
}

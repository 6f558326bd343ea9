//! How a container shows that its server answers.

use super::pattern::Pattern;
use serde::Deserialize;

use super::startup::behind_name;

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Health {
    /// A regular expression for a line of a source that declares a health route, which is its first group.
    pub route: Option<Pattern>,
    /// Servers, the most special first.
    #[serde(rename = "server")]
    pub servers: Vec<Server>,
    /// What asks a server, the best first.
    #[serde(rename = "checker")]
    pub checkers: Vec<Checker>,
}

/// Programs that answer over HTTP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// How they are called, as in `startup.toml`; `*` is any program.
    programs: Vec<String>,
    /// The language of the project.
    pub language: Option<String>,
    /// The port that they open when nothing else is said.
    pub port: Option<u16>,
    /// Options that name the port, or an address with it.
    #[serde(default)]
    pub port_options: Vec<String>,
    /// Whether a word may be an address with the port, or the last one the port.
    #[serde(default)]
    pub has_address: bool,
    /// Variables of the environment that name the port.
    #[serde(default)]
    pub port_variables: Vec<String>,
    /// Options behind which the port may be set where nobody looks.
    #[serde(default)]
    pub set_elsewhere: Vec<String>,
    /// Options with which they speak TLS.
    #[serde(default)]
    pub tls_options: Vec<String>,
    /// A path that answers when they are well, without a line in the sources.
    pub path: Option<String>,
    /// Lines with which nobody knows where that path is, or who may ask.
    #[serde(default)]
    pub unless: Vec<Evidence>,
    /// What shows that the program is such a server; one is enough. None: the call alone does.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// How many seconds it may take to start.
    #[serde(default = "ten")]
    pub start_period: u32,
}

/// A line in one of some files of the build context.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The files, from the root of the context; may hold `*`.
    pub files: Vec<String>,
    /// A regular expression for the line.
    pub line: Option<Pattern>,
}

/// A program that asks a server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checker {
    /// The language whose images have it.
    provides: Option<String>,
    /// The distribution whose images have it.
    distribution: Option<String>,
    /// Whether it has to be installed by a step, or be a part of what the full variant of an image has.
    #[serde(default)]
    pub installed: bool,
    /// The first version of the language that it is written for.
    pub since: Option<u16>,
    /// How it is called.
    pub program: String,
    /// Its arguments: `{port}`, `{path}`, `{limit}` (the first status that is a failure) and `{imports}` are replaced.
    pub arguments: Vec<String>,
    /// What stands for `{port}` when `{variable}` of the environment names it.
    pub variable: Option<String>,
    /// What stands for `{imports}` then.
    #[serde(default)]
    pub imports: String,
    /// Whether it takes any answer of 400 and more for a failure, so that it has to know a path.
    #[serde(default)]
    pub needs_path: bool,
    /// Whether it only shows that somebody listens, whatever the answer.
    #[serde(default)]
    pub only_connects: bool,
    /// Where that is said.
    pub source: String,
}

fn ten() -> u32 {
    10
}

impl Health {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.route = more.route.or(self.route.take());
        self.servers.splice(0..0, more.servers);
        self.checkers.splice(0..0, more.checkers);
    }
}

impl Server {
    /// The words behind the name of the program, if `words` call it, perhaps behind other programs that only start it.
    #[must_use]
    pub fn arguments<'w>(&self, words: &'w [String]) -> Option<&'w [String]> {
        if self.programs.iter().any(|name| name == "*") {
            return words.get(1..);
        }
        behind_name(&self.programs, words)
    }
}

impl Checker {
    /// Whether images that are made for `language`, on `distribution`, have it by themselves.
    #[must_use]
    pub fn is_in(&self, language: Option<&str>, distribution: Option<&str>) -> bool {
        let same = |own: &Option<String>, other: Option<&str>| {
            own.as_deref().is_none_or(|own| Some(own) == other)
        };
        !self.installed && same(&self.provides, language) && same(&self.distribution, distribution)
    }
}

//! Programs that install what is missing before they start a command: with everything there, they only start it.

use serde::Deserialize;

use crate::context::matches_name;
use crate::knowledge::pattern::Pattern;

/// When the build has installed everything that a program would install when the container starts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// The tool that installs in the build, by its id, …
    pub tool: String,
    /// … and its verb.
    pub verb: String,
    /// Options of both that make no difference to what is installed.
    pub options: Vec<String>,
    /// Options that choose what is installed: both have to have the same.
    pub choosing: Vec<String>,
    /// The manifest and the lock file, beside each other in the working directory.
    pub manifest: String,
    /// The lock file.
    pub lock: String,
    /// Lines of the manifest with which more is done: the project is built as a package.
    unless_line: Vec<Pattern>,
    /// Names of variables with which something may be kept or found elsewhere; a `*` stands for part of a name.
    unless_variable: Vec<String>,
    /// Those of them that matter neither to what is installed nor to where.
    except_variable: Vec<String>,
    /// The folder of the environment, which the context must not bring.
    pub environment: String,
    /// The end of the names of scripts that it starts without their interpreter, and the interpreter.
    pub scripts: (String, String),
    /// What is taken for granted.
    pub assumes: String,
}

impl Settled {
    /// Whether the manifest `text` describes a project of which nothing but the dependencies is installed.
    #[must_use]
    pub fn is_plain(&self, text: &str) -> bool {
        let says_more = |line: &str| {
            self.unless_line
                .iter()
                .any(|pattern| pattern.is_match(line))
        };
        !text.lines().any(says_more)
    }

    /// Whether the variable `name` may move something.
    #[must_use]
    pub fn minds(&self, name: &str) -> bool {
        let is_one = |names: &[String]| names.iter().any(|known| matches_name(known, name));
        is_one(&self.unless_variable) && !is_one(&self.except_variable)
    }
}

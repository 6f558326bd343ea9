//! What commands of a build leave behind for the user who ran them.

use std::sync::Arc;

use serde::Deserialize;

use super::Startup;
use crate::knowledge::pattern::{Pattern, matches};

/// A command of a build after which the program may need the user who ran it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// What the command looks like.
    #[serde(default)]
    line: Option<Pattern>,
    /// What it looks like when it does no such thing.
    #[serde(default)]
    except: Option<Pattern>,
    /// It leaves that only where a line of its manifests looks like this.
    #[serde(default)]
    manifest_line: Option<Pattern>,
    /// It leaves nothing where a line of its manifests looks like this.
    #[serde(default)]
    manifest_except: Option<Pattern>,
    /// Packages that leave it when they are installed.
    #[serde(default)]
    packages: Vec<String>,
    /// It matters only to these programs, when the container starts them. None: to all.
    #[serde(default)]
    pub used_by: Vec<String>,
    /// Whether scripts from the net leave it, which may be known by their addresses (`downloaded_from` in `tools.toml`).
    #[serde(default)]
    pub of_scripts: bool,
    /// What it leaves behind.
    pub leaves: Leaves,
    /// Variables that send it elsewhere.
    #[serde(default)]
    pub unless_env: Vec<String>,
    /// Another command of the build that sends it elsewhere.
    #[serde(default)]
    pub unless_step: Option<Pattern>,
    /// Why that matters.
    pub why: String,
}

/// What a command of the build leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaves {
    /// Files in the home of its user that the program reads.
    Home,
    /// Files of its user that the program writes.
    Data,
    /// Rights of root.
    Rights,
    /// Files that only their owner may read.
    Private,
}

impl Startup {
    /// Whether the variable `name` says where programs keep what they else keep in the home of their user.
    #[must_use]
    pub fn moves_home(&self, name: &str) -> bool {
        let mut traces = self
            .traces
            .iter()
            .filter(|trace| trace.leaves == Leaves::Home);
        traces.any(|trace| trace.is_moved_by(name))
    }
}

impl Trace {
    /// Whether the variable `name` has it left elsewhere.
    #[must_use]
    pub fn is_moved_by(&self, name: &str) -> bool {
        self.unless_env.iter().any(|known| known == name)
    }

    /// Whether `command` leaves it, whatever its manifests say.
    #[must_use]
    pub fn is_left_by(&self, command: &str) -> bool {
        self.manifest_line.is_none() && self.is_about(command)
    }

    /// Whether `command` leaves it because of what its manifests say, which have these `texts`.
    #[must_use]
    pub fn is_left_by_manifests(&self, command: &str, texts: &[(String, Arc<str>)]) -> bool {
        let has = |regex: &Option<Pattern>| {
            let mut lines = texts.iter().flat_map(|(_, text)| text.lines());
            lines.any(|line| matches(regex, line))
        };
        self.manifest_line.is_some()
            && self.is_about(command)
            && has(&self.manifest_line)
            && !has(&self.manifest_except)
    }

    fn is_about(&self, command: &str) -> bool {
        matches(&self.line, command) && !matches(&self.except, command)
    }

    /// Whether the installation of the package `name` leaves it.
    #[must_use]
    pub fn is_left_by_package(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package == name)
    }
}

//! Tools that put changed sources into running containers.

use serde::Deserialize;

use crate::context::matches_name;
use crate::knowledge::pattern::Pattern;

/// How tools say that they put changed sources into running containers.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Syncs {
    files: Vec<String>,
    lines: Vec<Pattern>,
}

impl Syncs {
    pub(super) fn extend(&mut self, more: Self) {
        self.files.extend(more.files);
        self.lines.extend(more.lines);
    }

    /// Whether a file called `name` may say so.
    #[must_use]
    pub fn is_file(&self, name: &str) -> bool {
        self.files.iter().any(|pattern| matches_name(pattern, name))
    }

    /// The number of the first line of such a file with the text `text`, from 1, that says so.
    #[must_use]
    pub fn line_in(&self, text: &str) -> Option<usize> {
        let says = |line: &str| self.lines.iter().any(|pattern| pattern.is_match(line));
        text.lines().position(says).map(|at| at + 1)
    }
}

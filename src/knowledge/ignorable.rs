//! What lies in the folder of a project and has no business in an image.

use super::pattern::Pattern;
use serde::Deserialize;

/// Files and folders that are left out for the same reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its name in messages of the tests.
    pub id: String,
    /// What it is, for people: "the history of the project".
    pub what: String,
    /// The names, without folders in front.
    pub names: Vec<String>,
    /// Whether they are left out in every folder, and not only at the root of the build context.
    #[serde(default)]
    pub anywhere: bool,
    /// Only folders that hold a file of this name.
    pub holds: Option<String>,
    /// What has to be taken for granted, beside that nothing in the build reads them.
    pub assumes: Option<String>,
    /// Whether a program may want it when it runs, so that to leave it out changes what is shipped.
    #[serde(default)]
    pub by_intent: bool,
    /// Programs that read it: a step that runs one of them needs it.
    #[serde(default)]
    pub programs: Vec<String>,
    /// What these programs are asked for without reading it.
    #[serde(default)]
    pub unread: Vec<String>,
    /// Match in a line of a source that has it read.
    #[serde(default)]
    pub used: Vec<Pattern>,
    /// Patterns for the names of files, at the root of the context, whose lines `marks` are looked for in.
    #[serde(default)]
    pub searched: Vec<String>,
    /// Regular expressions for lines of those files, and of instructions, with which the build needs it.
    #[serde(default)]
    pub marks: Vec<Pattern>,
}

impl Kind {
    /// Whether the program `name` reads it.
    #[must_use]
    pub fn is_read_by(&self, name: &str) -> bool {
        self.programs.iter().any(|known| known == name)
    }

    /// Whether the build needs it, if it has `line`.
    #[must_use]
    pub fn is_asked_in(&self, line: &str) -> bool {
        self.marks.iter().any(|mark| mark.is_match(line))
    }
}

/// All kinds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ignorable {
    #[serde(rename = "kind")]
    kinds: Vec<Kind>,
}

impl Ignorable {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.kinds.splice(0..0, more.kinds);
    }

    /// The kinds, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter()
    }
}

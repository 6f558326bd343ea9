//! What is said about a run: words, a unified diff, or a document for other programs.
//!
//! A [`Reporter`] is handed one [`FileReport`] after the other, by several threads at once, and the [`Totals`] at the
//! end, so that nothing is kept of a file once it has been reported. A new format is a new `Reporter`.

mod changes;
mod diff;
mod excerpt;
mod finding;
mod github;
mod hidden;
mod json;
mod messages;
mod origin;
pub mod proof;
mod rdjson;
mod review;
mod sarif;
mod style;
mod table;
mod text;

use std::io::{self, Write};
use std::ops::AddAssign;
use std::path::PathBuf;

use crate::engine::Outcome;
use crate::syntax::Span;
use crate::transform::Safety;

pub use changes::{Change, changes};
pub use diff::{Diff, covered};
pub use excerpt::Position;
pub use github::GitHub;
pub use hidden::Hidden;
pub use json::Json;
pub use messages::{write_problem, write_summary};
pub use origin::Origin;
pub use proof::Proof;
pub use rdjson::Rdjson;
pub use review::{Html, Picture, Pictures, Review, Stage, Step};
pub use sarif::Sarif;
pub use style::Palette;
pub use text::{Detail, Text};

/// A format in which the results of a run are written.
pub trait Reporter: Sync {
    /// Writes what comes before the first file.
    ///
    /// # Errors
    /// When `out` cannot be written.
    fn start(&self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes what became of one file.
    ///
    /// # Errors
    /// When `out` cannot be written.
    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()>;

    /// What stands between two files of which something is written.
    fn separator(&self) -> &'static str {
        ""
    }

    /// Writes what comes after the last file.
    ///
    /// # Errors
    /// When `out` cannot be written.
    fn finish(&self, _out: &mut dyn Write, _totals: &Totals) -> io::Result<()> {
        Ok(())
    }
}

/// What became of one file.
#[derive(Debug, Default)]
pub struct FileReport {
    /// The file, as the user named it.
    pub path: String,
    /// The file as a diff names it: relative to the current folder, links followed.
    pub diff_path: String,
    /// Its text when it was read; empty if that failed.
    pub source: String,
    /// What was done to it. Its text equals `source` when nothing was.
    pub outcome: Outcome,
    /// Additions to other files that the rewrites need.
    pub companions: Vec<Companion>,
    /// The build context, when another file names it and not the user.
    pub context: Option<NamedContext>,
    /// What builds have shown, when they were asked for.
    pub proof: Option<Proof>,
    /// The layers before and after, when a review was asked for.
    pub pictures: Option<Pictures>,
    /// What went wrong.
    pub problems: Vec<Problem>,
}

/// A build context that a Compose or bake file names.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct NamedContext {
    /// The folder.
    pub folder: String,
    /// The file that names it.
    pub by: String,
    /// Where in that file.
    pub line: Option<usize>,
}

impl FileReport {
    /// Whether the file, or one that goes with it, is not as it should be.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.outcome.text != self.source || !self.companions.is_empty()
    }

    /// The text at the time when `made` rewrites had been made.
    #[must_use]
    pub fn text_after(&self, made: usize) -> &str {
        self.outcome.text_after(made)
    }

    /// What nobody may print of it.
    #[must_use]
    pub fn hidden(&self) -> Hidden {
        Hidden::of(&self.outcome)
    }

    /// Where `offset`, in the text after `made` rewrites, stands in the file that the user has.
    #[must_use]
    pub fn locate(&self, made: usize, offset: usize) -> Origin {
        origin::trace(&self.outcome.journal[..made], &self.source, offset)
    }
}

/// Another file that a rewrite adds lines to: the `.dockerignore` of the build context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Companion {
    /// Where it is.
    pub path: PathBuf,
    /// The same as a diff names it.
    pub diff_path: String,
    /// Its text; `None` when it does not exist.
    pub before: Option<String>,
    /// The lines to add, without line endings. None of them is in `before`.
    pub lines: Vec<String>,
}

impl Companion {
    /// Its text with the lines at the end, in the line endings that it has.
    #[must_use]
    pub fn after(&self) -> String {
        let mut text = self.before.clone().unwrap_or_default();
        let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(ending);
        }
        for line in &self.lines {
            text.push_str(line);
            text.push_str(ending);
        }
        text
    }
}

/// Something that went wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where in [`FileReport::source`], when it has a place there.
    pub span: Option<Span>,
    /// What the user can do.
    pub advice: Option<String>,
}

impl Problem {
    /// A problem with a file as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span: None,
            advice: None,
        }
    }

    /// The same with something that the user can do.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Summary {
    /// Files that were looked at.
    pub files: usize,
    /// Files that are not as they should be.
    pub changed: usize,
    /// Rewrites that are proven.
    pub safe: usize,
    /// Rewrites that hold under the assumptions printed with them.
    pub assumed: usize,
    /// Rewrites that change what is shipped by intent.
    #[serde(rename = "unsafe")]
    pub by_intent: usize,
    /// Candidates that were left as they are.
    pub refusals: usize,
    /// Rewrites that a lower safety would admit.
    pub withheld: usize,
    /// Files that something was wrong with.
    pub errors: usize,
}

impl Summary {
    /// The rewrites of every kind.
    #[must_use]
    pub fn rewrites(&self) -> usize {
        self.safe + self.assumed + self.by_intent
    }
}

impl From<&FileReport> for Summary {
    fn from(report: &FileReport) -> Self {
        let outcome = &report.outcome;
        let count = |safety| {
            let entries = outcome.journal.iter();
            entries
                .filter(|entry| entry.rewrite.safety() == safety)
                .count()
        };
        Self {
            files: 1,
            changed: usize::from(report.is_changed()),
            safe: count(Safety::Safe),
            assumed: count(Safety::Assumed),
            by_intent: count(Safety::Unsafe),
            refusals: outcome.refusals.len(),
            withheld: outcome.withheld.len(),
            errors: usize::from(!report.problems.is_empty()),
        }
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.changed += other.changed;
        self.safe += other.safe;
        self.assumed += other.assumed;
        self.by_intent += other.by_intent;
        self.refusals += other.refusals;
        self.withheld += other.withheld;
        self.errors += other.errors;
    }
}

/// What all files of a run come to.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// The counts.
    pub summary: Summary,
    /// Files that several Dockerfiles may want lines in: each once, with all its lines.
    pub companions: Vec<Companion>,
}

impl Totals {
    /// Takes in what one file came to.
    pub fn add(&mut self, summary: Summary, companions: Vec<Companion>) {
        self.summary += summary;
        for companion in companions {
            self.merge(companion);
        }
    }

    fn merge(&mut self, companion: Companion) {
        let mut known = self.companions.iter_mut();
        match known.find(|known| known.path == companion.path) {
            Some(known) => {
                let new = companion.lines.into_iter();
                let new: Vec<String> = new.filter(|line| !known.lines.contains(line)).collect();
                known.lines.extend(new);
            }
            None => self.companions.push(companion),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn companion(before: Option<&str>) -> Companion {
        Companion {
            path: PathBuf::from(".dockerignore"),
            diff_path: ".dockerignore".to_owned(),
            before: before.map(str::to_owned),
            lines: vec!["node_modules".to_owned()],
        }
    }

    #[test]
    fn a_companion_keeps_its_line_endings() {
        assert_eq!(companion(None).after(), "node_modules\n");
        assert_eq!(companion(Some(".git")).after(), ".git\nnode_modules\n");
        assert_eq!(
            companion(Some(".git\r\n")).after(),
            ".git\r\nnode_modules\r\n"
        );
    }
}

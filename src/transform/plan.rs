//! What a transform answers: a rewrite with its reasons, or a refusal.

use std::fmt;

use super::Change;
use crate::edit::Edits;
use crate::syntax::Span;

/// How far a rewrite can be trusted. A promise, not a mood; see `docs/safety.md`.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Proven: every build that worked gives the same files, configuration and comments.
    Safe,
    /// As safe, if the assumptions that are printed with the rewrite hold.
    #[default]
    Assumed,
    /// Changes what is shipped or how it runs, by intent.
    Unsafe,
}

impl fmt::Display for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safe => "safe",
            Self::Assumed => "assumed",
            Self::Unsafe => "unsafe",
        })
    }
}

/// A change that a transform proposes.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// The source bytes that the message is about.
    pub site: Span,
    /// What is done, in one sentence, for the person who reads the diff.
    pub message: String,
    /// Whether the rewrite changes what is shipped by intent.
    pub by_intent: bool,
    /// What it takes for granted, one sentence each. Empty when proven.
    pub assumes: Vec<String>,
    /// What proves it.
    pub because: Vec<Evidence>,
    /// The changes to the Dockerfile.
    pub edits: Edits,
    /// Lines to add to other files of the build context (`.dockerignore`).
    pub additions: Vec<Addition>,
    /// What the verifier is told to expect.
    pub declares: Vec<Change>,
    /// Values in the Dockerfile that nobody may print.
    pub hides: Vec<String>,
}

impl Rewrite {
    /// A rewrite of `site` that changes nothing yet.
    pub fn new(site: Span, message: impl Into<String>) -> Self {
        Self {
            site,
            message: message.into(),
            ..Self::default()
        }
    }

    /// The level at which it applies: `assumes` is empty exactly when it is safe.
    #[must_use]
    pub fn safety(&self) -> Safety {
        match (self.by_intent, self.assumes.is_empty()) {
            (true, _) => Safety::Unsafe,
            (false, true) => Safety::Safe,
            (false, false) => Safety::Assumed,
        }
    }

    /// Adds an assumption, once.
    pub fn assume(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.assumes.contains(&sentence) {
            self.assumes.push(sentence);
        }
    }

    /// Adds a piece of evidence.
    pub fn evidence(&mut self, place: impl Into<Place>, note: impl Into<String>) {
        self.because.push(Evidence {
            place: place.into(),
            note: note.into(),
        });
    }
}

/// Why a candidate is left as it is.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The source bytes that it is about.
    pub site: Span,
    /// The obstacle, without the name of the transform: `opaque-shell`.
    pub code: &'static str,
    /// What stands in the way, and what the user can do.
    pub message: String,
    /// Where that can be seen.
    pub because: Vec<Evidence>,
    /// Values in the Dockerfile that nobody may print.
    pub hides: Vec<String>,
}

impl Refusal {
    /// A refusal at `site`.
    pub fn new(site: Span, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            site,
            code,
            message: message.into(),
            because: Vec::new(),
            hides: Vec::new(),
        }
    }

    /// The same with a piece of evidence.
    #[must_use]
    pub fn because(mut self, place: impl Into<Place>, note: impl Into<String>) -> Self {
        self.because.push(Evidence {
            place: place.into(),
            note: note.into(),
        });
        self
    }
}

/// A fact and where it can be looked up.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Where.
    pub place: Place,
    /// What it shows.
    pub note: String,
}

/// A place that evidence points at.
#[derive(Clone, Debug)]
pub enum Place {
    /// Bytes of the Dockerfile.
    Source(Span),
    /// A file of the build context, relative to its root, and a line from 1 where one is known.
    File(String, Option<usize>),
    /// An entry of the tables.
    Table(&'static str),
}

impl fmt::Display for Place {
    /// A place in another file as `file:line`. Others have no name of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(_) => f.write_str("the Dockerfile"),
            Self::File(file, None) => f.write_str(file),
            Self::File(file, Some(line)) => write!(f, "{file}:{line}"),
            Self::Table(table) => write!(f, "the table {table}"),
        }
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self::Source(span)
    }
}

/// Lines that are added at the end of another file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addition {
    /// The file, relative to the root of the build context.
    pub path: String,
    /// The lines, without line endings.
    pub lines: Vec<String>,
}

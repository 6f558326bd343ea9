//! What builds have shown about rewrites.

use serde::Serialize;

/// What builds have shown about the rewrites of a file.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Proof {
    /// The engine and its version.
    pub engine: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why it is not provable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Rewrites that were taken out because of what the builds have shown.
    pub taken_out: Vec<TakenOut>,
    /// What was looked at, for the rewrites that are left.
    pub checks: Vec<Check>,
    /// How the file trees differ.
    pub files: Vec<Group>,
    /// The file that was changed for the second build, from the root of the build context.
    pub changed_file: Option<String>,
    /// What was measured before.
    pub before: Option<Figures>,
    /// What was measured after.
    pub after: Option<Figures>,
    /// The size of the image after each of the rewrites, in bytes and in their order, when that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<u64>,
}

/// What a proof comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// There is no rewrite, or none is left.
    #[default]
    Nothing,
    /// All that was looked at is as it should be.
    Proven,
    /// The Dockerfile as it is cannot be built here.
    NotProvable,
}

/// Something that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// What: `configuration`.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found, in a few words.
    pub says: String,
    /// What is not as it should be, and what is worth knowing, one sentence each.
    pub findings: Vec<String>,
}

/// A rewrite that was taken out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TakenOut {
    /// The transform.
    pub id: &'static str,
    /// What it would have done.
    pub message: String,
    /// Whether builds show that it is wrong; else it could not be tried here.
    pub refuted: bool,
    /// What they show.
    pub why: String,
}

/// What was measured of an image.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Figures {
    /// Its size.
    pub bytes: u64,
    /// Its layers.
    pub layers: usize,
    /// Its user, as written; empty for root.
    pub user: String,
    /// How long it takes to build without a cache.
    pub cold_seconds: f64,
    /// What a build does after one source file has changed; `None` if no file was changed or it failed.
    pub rebuild: Option<Rebuild>,
}

/// A build after a change.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Rebuild {
    /// How long it takes.
    pub seconds: f64,
    /// How many steps run again: `RUN`, `COPY`, `ADD` and `WORKDIR`.
    pub steps_run: usize,
    /// How many there are.
    pub steps: usize,
}

/// How many paths of one cause are listed.
pub const MOST_LISTED: usize = 20;

/// What is different about a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is not there after.
    Gone,
    /// It was not there before.
    New,
    /// What it is, or what it holds.
    Content,
    /// To whom it belongs.
    Owner,
    /// What may be done with it.
    Mode,
}

/// Why a path is different.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Cause {
    /// In words, as the rest of a sentence that starts with the paths.
    pub why: &'static str,
    /// The transform that has declared it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'static str>,
}

/// Paths that are different in the same way for the same cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Group {
    /// What is different.
    pub what: What,
    /// Why; `None` when nothing explains it.
    pub cause: Option<Cause>,
    /// How many paths.
    pub paths: usize,
    /// The sum of the sizes, in bytes; of what is gone, the sizes before.
    pub bytes: u64,
    /// The first of them, without those below a folder that is listed.
    pub listed: Vec<String>,
}

impl Proof {
    /// Whether all rewrites that were asked for are proven.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.verdict != Verdict::NotProvable && self.taken_out.is_empty()
    }
}

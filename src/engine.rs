//! The loop: one rewrite at a time, until nothing changes.
//!
//! Every rewrite is applied to fresh text, read again and verified, so spans are never stale and
//! the edits of two transforms never meet. The journal maps one to one to what the user is told.
//! That costs time in proportion to the square of a file that needs a rewrite everywhere, so files
//! far beyond what people write are refused ([`limits`]).

mod builds;
pub mod limits;
pub mod proposals;
mod round;

use std::fmt;

use typed_arena::Arena;

use crate::analysis::Facts;
use crate::context::BuildContext;
use crate::knowledge::Knowledge;
use crate::suppress::Suppressions;
use crate::syntax::{self, Dockerfile};
use crate::transform::{Addition, Cx, Refusal, Rewrite, Safety, Transform};
use crate::transforms;
use crate::verify;

use round::{Excluded, next_step};

/// What may be done to a file.
#[derive(Clone)]
pub struct Options<'a> {
    /// The transforms to run, in the order in which they are asked. The one that made the last rewrite is asked first.
    pub transforms: Vec<&'static dyn Transform>,
    /// The least certain kind of rewrite that is still applied.
    pub safety: Safety,
    /// The tables.
    pub knowledge: &'a Knowledge,
    /// The build context, when it is at hand.
    pub context: Option<&'a BuildContext>,
    /// Rewrites that are not made although they apply.
    pub without: &'a [Unwanted],
    /// Whether builds prove what is made, in which the program runs as well. What they
    /// [show](Transform::is_shown_by_builds) is made at any [`safety`](Self::safety).
    pub proven_by_builds: bool,
}

impl<'a> Options<'a> {
    /// What transforms and the verifier may read of a file, before anything is added to other files.
    #[must_use]
    pub fn cx(&self, facts: &'a Facts<'a>) -> Cx<'a> {
        Cx {
            file: facts.file,
            facts,
            knowledge: self.knowledge,
            context: self.context,
            added: &[],
        }
    }

    /// Whether a rewrite of `transform` is certain enough.
    fn admits(&self, transform: &dyn Transform, rewrite: &Rewrite) -> bool {
        let is_shown = self.proven_by_builds && transform.is_shown_by_builds();
        is_shown || rewrite.safety() <= self.safety
    }
}

/// A rewrite that somebody does not want: the transform, and what it says that it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unwanted {
    /// The transform.
    pub id: &'static str,
    /// The message of the rewrite.
    pub message: String,
}

impl Default for Options<'_> {
    /// The transforms that run by default, the built-in tables, rewrites that are [`Safety::Assumed`] or better, and no build context.
    fn default() -> Self {
        Self {
            transforms: transforms::by_default(),
            safety: Safety::default(),
            knowledge: Knowledge::builtin(),
            context: None,
            without: &[],
            proven_by_builds: false,
        }
    }
}

/// One rewrite that was made, with the text it was made on.
#[derive(Debug)]
pub struct Entry {
    /// The transform.
    pub id: &'static str,
    /// What it did. Spans are offsets into `before`.
    pub rewrite: Rewrite,
    /// The whole file before this rewrite.
    pub before: String,
}

/// A refusal, with the transform that gave it. Spans are offsets into the final text.
#[derive(Debug)]
pub struct Refused {
    /// The transform.
    pub id: &'static str,
    /// What it said.
    pub refusal: Refusal,
}

/// A rewrite that the options do not admit. Spans are offsets into the final text.
#[derive(Debug)]
pub struct Withheld {
    /// The transform.
    pub id: &'static str,
    /// What it would have done.
    pub rewrite: Rewrite,
}

/// What became of one file.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The file after all rewrites; equal to the input when nothing was done.
    pub text: String,
    /// The rewrites, in the order in which they were made.
    pub journal: Vec<Entry>,
    /// What was left alone, and why.
    pub refusals: Vec<Refused>,
    /// Rewrites that a lower `--safety` would have made.
    pub withheld: Vec<Withheld>,
    /// Rewrites that the verifier threw out: bugs of dfopt, never the user's fault.
    pub defects: Vec<Defect>,
}

impl Outcome {
    /// Lines to add to other files, merged over all rewrites.
    #[must_use]
    pub fn additions(&self) -> Vec<Addition> {
        additions(&self.journal)
    }

    /// Takes back all rewrites but the first `made`. What is said of the text behind them goes as well.
    pub fn keep(&mut self, made: usize) {
        self.text = self.text_after(made).to_owned();
        self.journal.truncate(made);
        self.refusals.clear();
        self.withheld.clear();
    }

    /// The text at the time when `made` rewrites had been made.
    #[must_use]
    pub fn text_after(&self, made: usize) -> &str {
        let next = self.journal.get(made);
        next.map_or(&self.text, |entry| &entry.before)
    }
}

/// What the rewrites of `journal` add to other files, merged.
#[must_use]
pub fn additions(journal: &[Entry]) -> Vec<Addition> {
    let mut merged: Vec<Addition> = Vec::new();
    for addition in journal.iter().flat_map(|entry| &entry.rewrite.additions) {
        match merged.iter_mut().find(|known| known.path == addition.path) {
            Some(known) => {
                let is_new = |line: &&String| !known.lines.contains(line);
                let new: Vec<String> = addition.lines.iter().filter(is_new).cloned().collect();
                known.lines.extend(new);
            }
            None => merged.push(addition.clone()),
        }
    }
    merged
}

/// A rewrite that failed its verification.
#[derive(Debug)]
pub struct Defect {
    /// The transform.
    pub id: &'static str,
    /// What the verifier found.
    pub violations: Vec<verify::Violation>,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} made a rewrite that does not hold", self.id)?;
        self.violations
            .iter()
            .try_for_each(|violation| write!(f, "; {violation}"))
    }
}

/// Rewrites `text` until no transform has anything left to do.
///
/// Never fails: a text that `BuildKit` would reject comes back as it is ([`Dockerfile::errors`] says why). The same
/// text and options give the same outcome, and rewriting `Outcome::text` again changes nothing.
///
/// ```
/// use dfopt::{Options, optimize};
///
/// let done = optimize("FROM scratch\nCOPY app /\nUSER 10001\nCMD [\"/app\"]\n", &Options::default());
/// assert!(done.journal.is_empty());
/// ```
#[must_use]
pub fn optimize(text: &str, options: &Options<'_>) -> Outcome {
    optimize_file(&syntax::parse(text), options)
}

/// The same for a text that has been read.
#[must_use]
pub fn optimize_file(file: &Dockerfile<'_>, options: &Options<'_>) -> Outcome {
    // Each text is read once: what was verified as the text after a rewrite is the text before the next one.
    let texts = Arena::new();
    let files = Arena::new();
    let read = |text: String| &*files.alloc(syntax::parse(texts.alloc(text)));
    let mut outcome = Outcome {
        text: file.text().to_owned(),
        ..Outcome::default()
    };
    if let Some(refusals) = untouched(file, options) {
        outcome.refusals = refusals;
        return outcome;
    }
    let mut facts = Facts::new(file, options.knowledge);
    let mut unwanted = options.without.to_vec();
    let most = limits::most_rewrites(file);
    // A transform that has made a rewrite often has more to do, and those before it had nothing.
    let mut first = 0;
    loop {
        let excluded = Excluded {
            unwanted: &unwanted,
            added: &outcome.additions(),
        };
        let step = next_step(&facts, options, &excluded, first);
        let Some((at, rewrite)) = step.chosen else {
            outcome.refusals = step.refusals;
            outcome.withheld = step.withheld;
            return outcome;
        };
        first = at;
        let id = options.transforms[at].info().id;
        let after = read(rewrite.edits.apply(&outcome.text));
        match verified(&facts, after, &rewrite, options) {
            _ if outcome.journal.len() >= most => return endless(file.text(), id, outcome),
            Ok(new) => {
                facts = new;
                let after = after.text().to_owned();
                let before = std::mem::replace(&mut outcome.text, after);
                outcome.journal.push(Entry {
                    id,
                    rewrite,
                    before,
                });
            }
            Err(violations) => {
                let message = rewrite.message;
                unwanted.push(Unwanted { id, message });
                outcome.defects.push(Defect { id, violations });
            }
        }
    }
}

/// The facts of the file `after` a rewrite of the one with the facts `old`, when it changes something and nothing that it
/// does not declare.
fn verified<'a>(
    old: &Facts<'a>,
    after: &'a Dockerfile<'a>,
    rewrite: &Rewrite,
    options: &Options<'a>,
) -> Result<Facts<'a>, Vec<verify::Violation>> {
    if after.text() == old.file.text() && rewrite.additions.is_empty() {
        return Err(Vec::new());
    }
    let new = verify::read(after, old, options.knowledge).map_err(|violation| vec![violation])?;
    let violations = verify::compare(&options.cx(old), &new, rewrite);
    if violations.is_empty() {
        Ok(new)
    } else {
        Err(violations)
    }
}

/// What is left when transforms undo each other's work: none of them is to be trusted, and `text` stays as it is.
fn endless(text: &str, id: &'static str, mut outcome: Outcome) -> Outcome {
    let violations = vec![verify::Violation::Endless];
    outcome.defects.push(Defect { id, violations });
    outcome.journal.clear();
    text.clone_into(&mut outcome.text);
    outcome
}

/// What is said of a file that is not looked at any further.
fn untouched(file: &Dockerfile<'_>, options: &Options<'_>) -> Option<Vec<Refused>> {
    if Suppressions::read(file).cover_file() {
        return Some(Vec::new());
    }
    if let Some(excess) = limits::excess(file) {
        return Some(refuse_all(options, &excess));
    }
    (!is_rewritable(file)).then(Vec::new)
}

/// The same refusal by every transform: the file is too large for any of them.
fn refuse_all(options: &Options<'_>, excess: &Refusal) -> Vec<Refused> {
    let refuse = |transform: &&'static dyn Transform| Refused {
        id: transform.info().id,
        refusal: excess.clone(),
    };
    options.transforms.iter().map(refuse).collect()
}

/// A file that BuildKit would reject is reported and left alone.
fn is_rewritable(file: &Dockerfile<'_>) -> bool {
    file.errors().is_empty() && file.instruction_errors().is_empty()
}

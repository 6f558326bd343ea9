//! One round: the transforms are asked, one after the other, what is to be done to a text.

use std::ops::Range;

use super::{Options, Refused, Unwanted, Withheld, builds, limits, refuse_all};
use crate::analysis::Facts;
use crate::suppress::Suppressions;
use crate::syntax::Dockerfile;
use crate::transform::{Addition, Cx, Plan, Refusal, Rewrite, Transform};

/// What all transforms say of one text.
#[derive(Default)]
pub(super) struct Step {
    /// A rewrite, and the place of its transform among those of the options. What else was said is of no use then.
    pub(super) chosen: Option<(usize, Rewrite)>,
    pub(super) refusals: Vec<Refused>,
    pub(super) withheld: Vec<Withheld>,
}

impl Step {
    fn append(&mut self, other: Self) {
        self.chosen = self.chosen.take().or(other.chosen);
        self.refusals.extend(other.refusals);
        self.withheld.extend(other.withheld);
    }
}

/// What the transforms say, asked from the one at `first` on and then those before it.
pub(super) fn next_step(
    facts: &Facts<'_>,
    options: &Options<'_>,
    excluded: &Excluded<'_>,
    first: usize,
) -> Step {
    let excess = limits::excess(facts.file).or_else(|| limits::excess_of_commands(facts));
    if let Some(excess) = excess {
        return Step {
            refusals: refuse_all(options, &excess),
            ..Step::default()
        };
    }
    let cx = Cx {
        added: excluded.added,
        ..options.cx(facts)
    };
    let round = Round {
        cx: &cx,
        options,
        excluded,
        suppressions: Suppressions::read(cx.file),
    };
    round.next(first)
}

/// What is not to be done, or not again.
pub(super) struct Excluded<'o> {
    /// Rewrites that somebody does not want, or that did not hold.
    pub(super) unwanted: &'o [Unwanted],
    /// What has been added to other files. Transforms see those files as they were at first.
    pub(super) added: &'o [Addition],
}

impl Excluded<'_> {
    fn covers(&self, id: &str, rewrite: &Rewrite) -> bool {
        let mut unwanted = self.unwanted.iter();
        let is_added = |addition: &Addition, line: &String| {
            let mut same = self
                .added
                .iter()
                .filter(|known| known.path == addition.path);
            same.any(|known| known.lines.contains(line))
        };
        let mut additions = rewrite.additions.iter();
        unwanted.any(|other| other.id == id && other.message == rewrite.message)
            || rewrite.edits.is_empty()
                && additions
                    .all(|addition| addition.lines.iter().all(|line| is_added(addition, line)))
    }
}

/// One text, and everything that decides what is done to it next.
struct Round<'r, 'a> {
    cx: &'r Cx<'r>,
    options: &'r Options<'a>,
    excluded: &'r Excluded<'r>,
    suppressions: Suppressions,
}

impl Round<'_, '_> {
    /// The first rewrite that applies and is not excluded, or all that was said, in the order of the transforms.
    fn next(&self, first: usize) -> Step {
        let all = 0..self.options.transforms.len();
        let mut step = self.ask(all.clone(), |transform| transform.plan_early(self.cx));
        let plan = |transform: &dyn Transform| transform.plan(self.cx);
        if step.chosen.is_none() {
            let behind = self.ask(first..all.end, plan);
            if behind.chosen.is_none() {
                step.append(self.ask(0..first, plan));
            }
            step.append(behind);
        }
        step
    }

    /// What the transforms at `places` say, up to the first rewrite that is made.
    fn ask(&self, places: Range<usize>, plans: impl Fn(&dyn Transform) -> Vec<Plan>) -> Step {
        let mut step = Step::default();
        for at in places {
            let transform = self.options.transforms[at];
            for plan in plans(transform) {
                self.weigh(at, plan, &mut step);
                if step.chosen.is_some() {
                    return step;
                }
            }
        }
        step
    }

    /// Puts the `plan` of the transform at `at` where it belongs in `step`.
    fn weigh(&self, at: usize, plan: Plan, step: &mut Step) {
        let transform = self.options.transforms[at];
        let id = transform.info().id;
        let plan = plan
            .and_then(|rewrite| admitted(self.cx.file, id, rewrite, &self.suppressions))
            .and_then(|rewrite| builds::agreed(self.cx, transform, rewrite));
        match plan {
            Err(refusal) => step.refusals.push(Refused { id, refusal }),
            Ok(rewrite) if self.excluded.covers(id, &rewrite) => {}
            Ok(rewrite) if !self.options.admits(transform, &rewrite) => {
                step.withheld.push(Withheld { id, rewrite });
            }
            Ok(rewrite) => step.chosen = Some((at, rewrite)),
        }
    }
}

/// A rewrite that no comment forbids, and that puts nothing behind an instruction that would swallow it.
pub(super) fn admitted(
    file: &Dockerfile<'_>,
    id: &str,
    rewrite: Rewrite,
    suppressions: &Suppressions,
) -> Result<Rewrite, Refusal> {
    if let Some(open) = file.open_end() {
        let mut ends = rewrite.edits.iter().map(|edit| edit.span.end);
        if ends.any(|end| end > open.start) {
            let message = "the last line of the file ends in a line continuation, so that whatever comes behind it would be a part of that instruction; end it";
            return Err(Refusal::new(open, OPEN_END, message));
        }
    }
    match suppressions.forbids(id, &rewrite) {
        None => Ok(rewrite),
        Some(instruction) => {
            let message = "a comment asks to leave an instruction alone that this would change";
            Err(Refusal::new(rewrite.site, IGNORED, message)
                .because(instruction, "marked with `# dfopt: ignore`"))
        }
    }
}

/// The code with which the engine itself refuses, for any transform.
const IGNORED: &str = "ignored";

/// The code with which the engine refuses what would change the last instruction when that has no end.
const OPEN_END: &str = "open-end";

//! Post-conditions of a rewrite, checked by code that knows no transform.
//!
//! The file before and after are both read as BuildKit reads them. Whatever differs must have been
//! declared by the rewrite ([`Change`]); anything else is a [`Violation`], and the engine drops the
//! rewrite.

mod configuration;
mod copies;
mod declared;
mod extra;
mod folders;
mod gone;
mod installs;
mod launch;
mod mounts;
mod operations;
mod order;
mod owners;
mod packages;
mod references;
mod stages;
mod violation;

use std::collections::BTreeMap;

use crate::analysis::Facts;
use crate::analysis::stages::Base;
use crate::knowledge::Knowledge;
use crate::syntax::{self, Dockerfile, TokenKind};
use crate::transform::{Change, Cx, Rewrite};

use configuration::Identity;
use operations::Operation;
pub use violation::Violation;

/// Everything that is wrong with `rewrite`, which made `after` of the text that `cx` was computed from.
#[must_use]
pub fn check(cx: &Cx<'_>, after: &str, rewrite: &Rewrite) -> Vec<Violation> {
    let file = syntax::parse(after);
    match read(&file, cx.facts, cx.knowledge) {
        Ok(new) => compare(cx, &new, rewrite),
        Err(violation) => vec![violation],
    }
}

/// The facts of what a rewrite made of the text with the facts `old`.
///
/// # Errors
/// [`Violation::Rejected`] when `BuildKit` would not take it.
pub fn read<'a>(
    file: &'a Dockerfile<'a>,
    old: &Facts<'a>,
    knowledge: &'a Knowledge,
) -> Result<Facts<'a>, Violation> {
    let mut errors = file.errors().iter().chain(file.instruction_errors());
    match errors.next() {
        Some(error) => Err(Violation::Rejected(error.message.clone())),
        None => Ok(old.of_other(file, knowledge)),
    }
}

/// Everything that is wrong with `rewrite`, which made the text with the facts `new` of that which `cx` was computed
/// from.
#[must_use]
pub fn compare(cx: &Cx<'_>, new: &Facts<'_>, rewrite: &Rewrite) -> Vec<Violation> {
    let old = cx.facts;
    let mut violations = lost_comments(old.file, new.file);
    if let Some(folder) = folders::declared(rewrite) {
        violations.extend(folders::check(old, new, folder));
        return violations;
    }
    let identity = &Identity::new(old, new);
    violations.extend(configuration::check(old, new, identity, rewrite));
    violations.extend(references::dangling(old, new));
    violations.extend(references::out_of_scope(old, new));
    violations.extend(changed_steps(cx, new, identity, rewrite));
    violations.extend(mounts::check(old, new, identity));
    violations.extend(extra::check(old, new, rewrite));
    violations
}

/// Whether the rewrite makes two stages of the last one.
fn splits(rewrite: &Rewrite) -> bool {
    let is_split = |change: &Change| matches!(change, Change::Stages { .. });
    rewrite.declares.iter().any(is_split)
}

/// Compares what each stage does with what it did.
fn changed_steps(
    cx: &Cx<'_>,
    new: &Facts<'_>,
    identity: &Identity,
    rewrite: &Rewrite,
) -> Vec<Violation> {
    let (old, knowledge) = (cx.facts, cx.knowledge);
    let was = operations::of_file(old, knowledge, cx.context, None);
    let mut is = operations::of_file(new, knowledge, cx.context, Some(identity));
    let splits = splits(rewrite);
    let mut violations = order::unkept(&was, &is, rewrite);
    for stage in &old.stages {
        let Some(other) = identity.new_of(stage.index) else {
            continue;
        };
        let (was, other_stage) = (&was[stage.index], &new.stages[other]);
        if splits && stage.index + 1 == old.stages.len() {
            let made = |index: &usize| *index == other || identity.old_of(*index).is_none();
            let made: Vec<usize> = (0..new.stages.len()).filter(made).collect();
            let declared = declared::Declared::new(rewrite);
            made.iter()
                .for_each(|&index| declared.forget_gained(was, &mut is[index]));
            let parts = made.iter();
            let parts: Vec<Vec<_>> = parts
                .map(|&index| whole_stage(new, &made, &is, index))
                .collect();
            let (before, now) = ((old, stage), (new, other_stage));
            let inherited = old.states[stage.from].workdir.as_str();
            violations.extend(stages::check(was, &parts, inherited, rewrite));
            violations.extend(packages::check_shipped(before, now, rewrite));
            for &index in &made {
                let part = (new, &new.stages[index]);
                violations.extend(packages::check_lists((old, stage), part, knowledge));
            }
        } else {
            violations.extend(owners::check(was, &is[other], rewrite));
            violations.extend(order::check(was, &mut is[other], rewrite));
            let (before, now) = ((old, stage), (new, other_stage));
            violations.extend(packages::check_lists(before, now, knowledge));
        }
    }
    violations
}

/// What stage `index` does, behind what those of the stages `made` do that it is built on.
fn whole_stage<'o, 'f>(
    facts: &Facts<'_>,
    made: &[usize],
    operations: &'o [Vec<Operation<'f>>],
    index: usize,
) -> Vec<&'o Operation<'f>> {
    let mut whole = match facts.stages[index].base {
        Base::Stage(base) if made.contains(&base) => whole_stage(facts, made, operations, base),
        _ => Vec::new(),
    };
    whole.extend(&operations[index]);
    whole
}

/// Comments keep their text; where they stand may change.
fn lost_comments(old: &Dockerfile<'_>, new: &Dockerfile<'_>) -> Vec<Violation> {
    let mut kept = comments(new);
    let mut lost = Vec::new();
    for (comment, count) in comments(old) {
        let left = kept.remove(comment).unwrap_or_default();
        if left < count {
            lost.push(Violation::CommentLost(comment.to_owned()));
        }
    }
    lost
}

fn comments<'s>(file: &Dockerfile<'s>) -> BTreeMap<&'s str, usize> {
    let mut counts = BTreeMap::new();
    let text = file.text();
    let tokens = file.tokens().iter();
    for token in
        tokens.filter(|token| matches!(token.kind, TokenKind::Comment | TokenKind::Directive))
    {
        *counts.entry(token.span.text(text).trim()).or_default() += 1;
    }
    counts
}

//! Cache mounts that were not there: a folder that is mounted is not part of the image.

use super::Violation;
use super::configuration::Identity;
use crate::analysis::Facts;
use crate::analysis::mounts::{self, Mount};
use crate::analysis::paths::{Extent, below, join};
use crate::syntax::Kind;

/// What another instruction puts into a folder that a `RUN` now mounts, or takes from there.
pub(super) fn check(old: &Facts<'_>, new: &Facts<'_>, identity: &Identity) -> Vec<Violation> {
    let mut violations = Vec::new();
    for stage in &new.stages {
        let before = identity.old_of(stage.index).map(|at| &old.stages[at]);
        let had: Vec<Mount> = before
            .into_iter()
            .flat_map(|stage| stage.body.clone())
            .flat_map(|at| mounts::of(old, at))
            .collect();
        for at in stage.body.clone() {
            let caches =
                mounts::of(new, at).filter(|mount| mount.is_cache() && !had.contains(mount));
            for target in caches.filter_map(|mount| mount.target) {
                let users = (0..new.views.len())
                    .filter(|&other| is_missed(new, stage.index, at, other, &target));
                violations.extend(users.map(|other| {
                    Violation::Hidden {
                        path: target.clone(),
                        by: new
                            .source_text(other)
                            .lines()
                            .next()
                            .unwrap_or_default()
                            .to_owned(),
                    }
                }));
            }
        }
    }
    violations
}

/// Whether instruction `other` needs, or brings, what lies in the folder `target` that the `RUN` at `at` of `stage` mounts.
fn is_missed(facts: &Facts<'_>, stage: usize, at: usize, other: usize, target: &str) -> bool {
    let is_inside = |path: &str| below(path, target).is_some();
    let from_stage = facts.source_stage(other) == Some(stage);
    match &facts.views[other].kind {
        Kind::Copy(transfer) if from_stage => {
            let mut sources = transfer.sources.iter();
            sources.any(|source| is_inside(&join("/", &facts.expanded(other, source))))
        }
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            let here = facts.stage_of(other).is_some_and(|own| own.index == stage);
            here && other < at && is_inside(&facts.destination(other, transfer))
        }
        Kind::Run { .. } => other == at && removes(facts, at, target),
        _ => false,
    }
}

/// Whether the `RUN` at `at` removes what it mounts at `target`: the removal fails, or empties the cache.
fn removes(facts: &Facts<'_>, at: usize, target: &str) -> bool {
    let Some(run) = &facts.runs[at] else {
        return false;
    };
    let mut steps = run.as_read().steps.iter();
    steps.any(|step| {
        let is_removal = step.args.first().is_some_and(|arg| arg.known() == "rm");
        let around = |path: &str| below(target, path).is_some() || below(path, target).is_some();
        match &step.effects.writes {
            Extent::Regions(regions) => {
                is_removal && regions.iter().any(|region| around(region.path()))
            }
            Extent::Everything => false,
        }
    })
}

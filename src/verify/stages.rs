//! Work that has moved to another stage.
//!
//! When one stage becomes two, every step of the original must still be there, in the final stage
//! or in one that the final stage takes files from; and of what such a step makes, something must
//! be taken. That finds steps and copies that were forgotten; whether enough is taken, only the
//! tables and a real build can tell.

use super::Violation;
use super::operations::{self, Operation};
use crate::analysis::Facts;
use crate::analysis::paths::{Extent, Region};

pub(super) fn check(old: &Facts<'_>, new: &Facts<'_>) -> Vec<Violation> {
    let last = new.stages.len().saturating_sub(1);
    let (old, new) = (operations::of_file(old), operations::of_file(new));
    let (shipped, built): (Vec<_>, Vec<_>) =
        new.iter().partition(|operation| operation.stage == last);
    let arriving = arriving(&shipped);
    let check = |(nth, operation): (usize, &Operation)| {
        let same = |other: &&Operation| {
            bare(&other.key) == bare(&operation.key) && other.owner == operation.owner
        };
        if shipped.iter().copied().any(|other| same(&other)) {
            return None;
        }
        if !built.iter().copied().any(|other| same(&other)) {
            return Some(Violation::CommandLost(operation.key.clone()));
        }
        let writes = &operation.effects.writes;
        let is_material = operation.is_scaffold
            || operation.is_copy && built.iter().any(|other| works_on(other, operation));
        let is_gone = operation.removes || old[nth..].iter().any(|later| removes(later, operation));
        let forgotten = !writes.is_empty() && !writes.overlaps(&arriving);
        let forgotten = forgotten && !is_material && !is_gone;
        forgotten.then(|| Violation::FilesLost(operation.key.clone()))
    };
    old.iter()
        .enumerate()
        .filter(|(_, operation)| !operation.is_package_work)
        .filter_map(check)
        .collect()
}

/// Whether `build` works in the folder that `copy` fills, or in one around it: what is copied is what it builds.
fn works_on(build: &Operation, copy: &Operation) -> bool {
    let Some(workshop) = &build.workshop else {
        return false;
    };
    copy.effects.writes.meets(&Region::new(workshop.clone()))
}

/// Whether nothing that `operation` writes is left behind `later`.
fn removes(later: &Operation, operation: &Operation) -> bool {
    let (Extent::Regions(made), Extent::Regions(gone)) =
        (&operation.effects.writes, &later.effects.writes)
    else {
        return false;
    };
    let is_gone = |region: &Region| gone.iter().any(|gone| gone.covers(region));
    later.removes && made.iter().all(is_gone)
}

/// The paths that the final stage copies, from wherever.
fn arriving(shipped: &[&Operation]) -> Extent {
    let mut arriving = Extent::default();
    for operation in shipped {
        operation
            .taken
            .iter()
            .for_each(|path| arriving.add(Region::new(path.clone())));
        if operation.is_copy {
            arriving.extend(&operation.effects.writes);
        }
    }
    arriving
}

/// A command without the assignments in front of it, which may say how the same thing is built.
fn bare(key: &str) -> &str {
    let mut rest = key;
    while let Some((word, behind)) = rest.split_once(' ') {
        let is_assignment = word
            .split_once('=')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        if !is_assignment {
            break;
        }
        rest = behind;
    }
    rest
}

//! Files that are not there any more: what brings them and what removes them may both stay in a builder.

use super::operations::{Operation, What};
use crate::analysis::paths::{Extent, Region};

/// Whether nothing that `operation` writes is left behind one of `later`.
pub(super) fn is_gone(operation: &Operation<'_>, later: &[Operation<'_>]) -> bool {
    let Extent::Regions(made) = &operation.effects.writes else {
        return false;
    };
    let removes_all = |later: &Operation<'_>| {
        removed(later).is_some_and(|gone| made.iter().all(|made| is_covered(made, gone)))
    };
    later.iter().any(removes_all)
}

/// Of the steps `old`, those that are not in the stage whose steps `here` are (`places` says where they are in it), and of
/// which something is left behind the last one.
pub(super) fn left<'o, 'f>(
    old: &'o [Operation<'f>],
    places: &'o [Option<usize>],
    here: &'o [&'o Operation<'f>],
) -> impl Iterator<Item = &'o Operation<'f>> {
    let elsewhere = move |nth: usize| places[nth].is_none();
    let leaves = move |nth: &usize| {
        let own = &old[*nth];
        let before = (0..*nth).filter(move |nth| elsewhere(*nth));
        !is_gone(own, &old[nth + 1..]) && !removes_only(own, before.map(|nth| &old[nth]), here)
    };
    (0..old.len())
        .filter(move |nth| elsewhere(*nth))
        .filter(leaves)
        .map(move |nth| &old[nth])
}

/// Whether all that `operation` does is to remove what steps `before` it have brought, and none of those `here` brings.
fn removes_only<'o, 'f: 'o>(
    operation: &Operation<'_>,
    before: impl Iterator<Item = &'o Operation<'f>>,
    here: &[&Operation<'_>],
) -> bool {
    let Some(gone) = removed(operation) else {
        return false;
    };
    let brought: Vec<&Region> = before.flat_map(brings).collect();
    let is_brought = |gone: &Region| brought.iter().any(|brought| brought.covers(gone));
    let is_here = |gone: &Region| here.iter().any(|here| here.effects.writes.meets(gone));
    !gone.is_empty() && gone.iter().all(|gone| is_brought(gone) && !is_here(gone))
}

/// What `operation` removes, if it does nothing else.
fn removed<'o>(operation: &'o Operation<'_>) -> Option<&'o [Region]> {
    match (&operation.what, &operation.effects.writes) {
        (What::Command { removes: true, .. }, Extent::Regions(gone)) => Some(gone),
        _ => None,
    }
}

/// What is there because of `operation`.
fn brings<'o>(operation: &'o Operation<'_>) -> &'o [Region] {
    match (removed(operation), &operation.effects.writes) {
        (None, Extent::Regions(made)) => made,
        _ => &[],
    }
}

fn is_covered(made: &Region, gone: &[Region]) -> bool {
    gone.iter().any(|gone| gone.covers(made))
}

//! The order of the steps that change files.
//!
//! Both files are read as lists of operations with the paths that they read and write. Two
//! operations that meet in a path must keep their order.
//!
//! A rewrite changes a part of the file. What the two lists have in common at their start and at
//! their end is in order with everything, so only what lies between is compared pair by pair; the
//! engine bounds how long that can be ([`limits`](crate::engine::limits)).

use super::Violation;
use super::operations::{self, Operation};
use crate::analysis::Facts;
use crate::analysis::paths::{Extent, Region};
use crate::transform::{Change, Rewrite};

/// Whether the first, of the file before, is the second, of the file after.
type Same<'f> = &'f dyn Fn(&Operation, &Operation) -> bool;

pub(super) fn check(old: &Facts<'_>, new: &Facts<'_>, rewrite: &Rewrite) -> Vec<Violation> {
    let (old, new) = (operations::of_file(old), operations::of_file(new));
    // A copy may gain an owner, if that is declared. One that was there before has to stay.
    let may_gain = rewrite.declares.contains(&Change::Owner);
    let same = |old: &Operation, new: &Operation| {
        old.key == new.key && (old.owner == new.owner || may_gain && old.owner.is_none())
    };
    let (start, rest) = common_ends(&old, &new, &same);
    let (old, changed) = (&old[start..old.len() - rest], &new[start..new.len() - rest]);
    let places = places(old, changed, &same);
    let lost = old
        .iter()
        .zip(&places)
        .filter(|(operation, place)| place.is_none() && !operation.is_package_work);
    let mut violations: Vec<Violation> = lost
        .map(|(operation, _)| Violation::CommandLost(operation.key.clone()))
        .collect();
    for (i, first) in old.iter().enumerate() {
        for (j, second) in old.iter().enumerate().skip(i + 1) {
            let (Some(a), Some(b)) = (places[i], places[j]) else {
                continue;
            };
            if a > b
                && meet(first, second)
                && !is_provided(first, second, &new[..start + b], rewrite)
            {
                violations.push(Violation::Reordered {
                    first: first.key.clone(),
                    second: second.key.clone(),
                });
            }
        }
    }
    violations
}

/// How many operations the two have in common at their start, and how many behind that at their end.
fn common_ends(old: &[Operation], new: &[Operation], same: Same<'_>) -> (usize, usize) {
    let same = |(one, other): &(&Operation, &Operation)| same(one, other);
    let start = old.iter().zip(new).take_while(same).count();
    let (old, new) = (&old[start..], &new[start..]);
    let pairs = old.iter().rev().zip(new.iter().rev());
    (start, pairs.take_while(same).count())
}

/// Where each of `old` is in `new`: those that kept their order first, then those that moved.
fn places(old: &[Operation], new: &[Operation], same: Same<'_>) -> Vec<Option<usize>> {
    let mut places = in_order(old, new, same);
    let mut taken = vec![false; new.len()];
    places.iter().flatten().for_each(|&at| taken[at] = true);
    for (operation, place) in old.iter().zip(&mut places) {
        if place.is_none() {
            *place = (0..new.len()).find(|&at| !taken[at] && same(operation, &new[at]));
            place.iter().for_each(|&at| taken[at] = true);
        }
    }
    places
}

/// The longest common subsequence of the two.
fn in_order(old: &[Operation], new: &[Operation], same: Same<'_>) -> Vec<Option<usize>> {
    let mut longest = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, first) in old.iter().enumerate().rev() {
        for (j, second) in new.iter().enumerate().rev() {
            longest[i][j] = if same(first, second) {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let mut places = vec![None; old.len()];
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if same(&old[i], &new[j]) {
            places[i] = Some(j);
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    places
}

fn meet(first: &Operation, second: &Operation) -> bool {
    first.effects.writes.overlaps(&second.effects.reads)
        || first.effects.writes.overlaps(&second.effects.writes)
        || first.effects.reads.overlaps(&second.effects.writes)
}

/// Whether `second` finds what it needs although `first`, a copy, now comes later: every path that
/// it reads there has been copied before it, and what it writes there is declared not to be copied.
fn is_provided(
    first: &Operation,
    second: &Operation,
    before: &[Operation],
    rewrite: &Rewrite,
) -> bool {
    let (Extent::Regions(reads), Extent::Regions(writes), Extent::Regions(copied)) = (
        &second.effects.reads,
        &second.effects.writes,
        &first.effects.writes,
    ) else {
        return false;
    };
    let in_copy = |region: &&Region| copied.iter().any(|copied| copied.meets(region));
    let provided = |region: &Region| {
        before.iter().any(|other| other.is_copy && matches!(&other.effects.writes, Extent::Regions(own) if own.iter().any(|own| own.covers(region))))
            || rewrite.declares.contains(&Change::NotInContext(region.path.clone()))
    };
    let free = |region: &Region| {
        rewrite
            .declares
            .contains(&Change::NotInContext(region.path.clone()))
    };
    first.is_copy
        && reads.iter().filter(in_copy).all(provided)
        && writes.iter().filter(in_copy).all(free)
}

//! The steps of one stage: all of the old ones are there once, in a setting and an order that make
//! no difference, and no others but those that are declared.
//!
//! Both files are read as lists of operations with the paths that they read and write. Two
//! operations that meet in a path must keep their order.
//!
//! A rewrite changes a part of the file. What the two lists have in common at their start and at
//! their end is in order with everything, so only what lies between is compared pair by pair; the
//! engine bounds how long that can be ([`limits`](crate::engine::limits)).

use std::collections::{HashMap, HashSet};

use super::Violation;
use super::copies::{self, Landing};
use super::declared::Declared;
use super::operations::{Operation, Package, What, keys};
use crate::analysis::paths::{Extent, Region, file_name};
use crate::transform::{Change, Rewrite};

/// Compares the operations `old` of a stage with those that it has now.
pub(super) fn check(
    old: &[Operation<'_>],
    new: &mut [Operation<'_>],
    rewrite: &Rewrite,
) -> Vec<Violation> {
    let declared = Declared::new(rewrite);
    let (start, rest) = common_ends(old, new, &declared);
    let behind = new.len() - rest;
    declared.forget_gained(&old[start..old.len() - rest], &mut new[start..behind]);
    let comparison = Comparison {
        places: places(
            &old[start..old.len() - rest],
            &new[..start],
            &new[start..new.len() - rest],
            &declared,
        ),
        old: &old[start..old.len() - rest],
        before: &new[..start],
        new: &new[start..new.len() - rest],
        after: &new[new.len() - rest..],
        declared,
    };
    let mut violations = comparison.lost();
    violations.extend(comparison.settings());
    violations.extend(comparison.inverted());
    violations.extend(comparison.added());
    violations
}

/// What the rewrite says that it adds and does not. What the stages did already, `old`, is none of it.
pub(super) fn unkept(
    old: &[Vec<Operation<'_>>],
    new: &[Vec<Operation<'_>>],
    rewrite: &Rewrite,
) -> Vec<Violation> {
    let operations = || new.iter().flatten();
    let count = |stages: &[Vec<Operation<'_>>], key: &str| {
        let same = stages
            .iter()
            .flatten()
            .filter(|operation| operation.key == key);
        same.count()
    };
    let mut violations = Vec::new();
    for change in &rewrite.declares {
        match change {
            Change::Commands(script) => {
                let missing = keys(script)
                    .into_iter()
                    .filter(|command| count(new, command) <= count(old, command));
                violations.extend(missing.map(Violation::CommandLost));
            }
            Change::SetupGone { command, program } => {
                let runs = |operation: &Operation<'_>| runs(&operation.key, program);
                let lost = operations().any(runs);
                violations.extend(lost.then(|| Violation::CommandLost(command.clone())));
            }
            Change::PackagesAdded(names) => {
                let is_there = |name: &String| {
                    operations().any(|operation| {
                        matches!(&operation.what, What::Package(package) if package.name == *name)
                    })
                };
                let missing = names.iter().filter(|name| !is_there(name));
                violations.extend(missing.cloned().map(Violation::Packages));
            }
            _ => {}
        }
    }
    violations
}

/// Whether a command of a `RUN`, as `key` has it, names `program`.
pub(super) fn runs(key: &str, program: &str) -> bool {
    let is_copy = key.starts_with("COPY ") || key.starts_with("ADD ");
    let mut words = key.split([' ', ';', '&', '|', '(', ')', '\n', '"', '\'', '`']);
    !is_copy && words.any(|word| file_name(word) == program)
}

/// The parts of two lists that differ.
struct Comparison<'c, 'f, 'r> {
    old: &'c [Operation<'f>],
    /// What comes before the part that differs.
    before: &'c [Operation<'f>],
    new: &'c [Operation<'f>],
    /// What comes behind it.
    after: &'c [Operation<'f>],
    /// Where each of `old` is in `new`.
    places: Vec<Option<usize>>,
    declared: Declared<'r>,
}

impl<'c, 'f> Comparison<'c, 'f, '_> {
    /// Each of the old operations with its place among the new ones.
    fn matched(&self) -> impl Iterator<Item = (usize, &'c Operation<'f>, usize)> {
        let pairs = self.old.iter().zip(&self.places).enumerate();
        pairs.filter_map(|(at, (operation, place))| Some((at, operation, (*place)?)))
    }

    fn lost(&self) -> Vec<Violation> {
        let pairs = self.old.iter().zip(&self.places).enumerate();
        let lost = pairs.filter(|(_, (_, place))| place.is_none());
        let lost = lost.filter(|(at, _)| !self.is_tidied_again(*at) && !self.is_copied_again(*at));
        lost.filter_map(|(_, (operation, _))| match &operation.what {
            What::Package(Package { name, .. }) => {
                let is_meant = |change: &Change| matches!(change, Change::PackagesRemoved(names) if names.contains(name));
                let mut all = self.before.iter().chain(self.new).chain(self.after);
                let is_there = all.any(|other| self.declared.without_gained(other) == operation.key);
                (!is_there && !self.declared.any(is_meant))
                    .then(|| Violation::Packages(name.clone()))
            }
            _ => (!self.declared.cleans(&operation.key)
                && !self.declared.sets_up(&operation.key)
                && !self.declared.gives(&operation.key)
                && !self.declared.is_copy_of_secrets(operation))
                .then(|| Violation::CommandLost(operation.key.clone())),
        })
        .collect()
    }

    /// Whether the old operation at `at` tidies up behind packages, and so does the same one behind more packages, or did
    /// just before it.
    fn is_tidied_again(&self, at: usize) -> bool {
        let operation = &self.old[at];
        let is_same = |other: &Operation<'_>| {
            other.key == operation.key && other.effects == operation.effects
        };
        if !matches!(operation.what, What::Command { tidies: true, .. }) {
            return false;
        }
        let earlier = self.old[..at].last().or(self.before.last());
        let later = self.old[at + 1..].iter().chain(self.after);
        let mut later = later.skip_while(|later| !is_same(later) && operation.is_free_of(later));
        earlier.is_some_and(is_same) || later.next().is_some_and(is_same)
    }

    /// Whether the old operation at `at` copies what the one right before it has copied, to the same places.
    fn is_copied_again(&self, at: usize) -> bool {
        let operation = &self.old[at];
        let earlier = self.old[..at].last().or(self.before.last());
        earlier.is_some_and(|earlier| copies::is_again(operation, earlier))
    }

    fn settings(&self) -> Vec<Violation> {
        let (variables, mounts) = (self.declared.variables(), self.declared.mounts());
        let differs = |(_, operation, place): (usize, &Operation<'_>, usize)| {
            let (was, is) = (
                operation.setting.as_ref()?,
                self.new[place].setting.as_ref()?,
            );
            let what = was.difference(is, &variables, &mounts)?;
            let command = operation.key.clone();
            Some(Violation::Setting { command, what })
        };
        self.matched().filter_map(differs).collect()
    }

    /// Pairs that changed places although they meet.
    fn inverted(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let matched: Vec<_> = self.matched().collect();
        for (nth, &(_, first, a)) in matched.iter().enumerate() {
            for &(_, second, b) in &matched[nth + 1..] {
                if a > b
                    && !first.is_free_of(second)
                    && (!first.is_copy() || !self.declared.gives(&second.key))
                    && meet(first, second)
                    && !copies::is_part(second, first)
                    && !copies::is_part(first, second)
                    && !self.is_provided(first, second, b)
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

    /// Whether `second` finds what it needs although `first`, a copy, now comes later: every path that
    /// it reads there has been copied before it, and what it writes there is declared not to be copied.
    fn is_provided(&self, first: &Operation<'_>, second: &Operation<'_>, place: usize) -> bool {
        let (Extent::Regions(reads), Extent::Regions(writes), Extent::Regions(copied)) = (
            &second.effects.reads,
            &second.effects.writes,
            &first.effects.writes,
        ) else {
            return false;
        };
        let in_copy = |region: &&Region| copied.iter().any(|copied| copied.meets(region));
        let free = |region: &Region| {
            let change = Change::NotInContext(region.path().to_owned());
            self.declared.any(|declared| *declared == change)
        };
        let brings = |other: &Operation<'_>, region: &Region| match &other.effects.writes {
            Extent::Regions(own) => own.iter().any(|own| own.covers(region)),
            Extent::Everything => false,
        };
        let copied_before = |region: &Region| {
            let mut before = self.before.iter().chain(&self.new[..place]);
            before.any(|other| other.is_from_context() && brings(other, region))
        };
        let provided = |region: &Region| free(region) || copied_before(region);
        first.is_from_context()
            && reads.iter().filter(in_copy).all(provided)
            && writes.iter().filter(in_copy).all(free)
    }

    /// What was not there and is not declared either.
    fn added(&self) -> Vec<Violation> {
        let taken: HashSet<usize> = self.places.iter().flatten().copied().collect();
        let extra = (0..self.new.len()).filter(|place| !taken.contains(place));
        extra.filter_map(|place| self.undeclared(place)).collect()
    }

    fn undeclared(&self, place: usize) -> Option<Violation> {
        let operation = &self.new[place];
        let added = || Some(Violation::CommandAdded(operation.key.clone()));
        match &operation.what {
            What::Package(Package { name, .. }) => {
                let is_meant = |change: &Change| matches!(change, Change::PackagesAdded(names) if names.contains(name));
                let mut installed = self.before.iter().chain(self.old).chain(self.after);
                let is_again = installed.any(|other| other.key == operation.key);
                (!is_again && !self.declared.any(is_meant))
                    .then(|| Violation::Packages(name.clone()))
            }
            What::Command { .. } if self.declared.adds(&operation.key) => None,
            // It is there without that, and where others work is compared by itself.
            What::Folder if operation.key == "WORKDIR /" => None,
            What::Folder if self.declared.begins_in(&operation.key) => None,
            What::Copy {
                from: Some(source),
                lands,
            } if self.declared.copies_tool(source, lands) => None,
            What::Copy { from: None, lands } => match self.whole_copy(place, lands) {
                Some(whole) => self.disturbed(place, whole),
                None => added(),
            },
            _ => added(),
        }
    }

    /// The later operations that have always been there, in their new order, as (old, new) positions.
    fn later(&self, place: usize) -> Vec<(usize, usize, &'c Operation<'f>)> {
        let matched = self.matched().filter(|(_, _, later)| *later > place);
        let mut later: Vec<_> = matched
            .map(|(was, operation, is)| (was, is, operation))
            .collect();
        let behind = self.after.iter().enumerate();
        later.extend(
            behind.map(|(nth, operation)| (self.old.len() + nth, self.new.len() + nth, operation)),
        );
        later.sort_by_key(|(_, is, _)| *is);
        later
    }

    /// The later copy that brings all of what `lands` says, for the owner of the copy at `place`, by its old and new
    /// positions.
    fn whole_copy(&self, place: usize, lands: &[Landing]) -> Option<(usize, usize)> {
        let brings = |operation: &Operation<'_>| match &operation.what {
            What::Copy {
                from: None,
                lands: all,
            } => {
                operation.owner == self.new[place].owner
                    && lands
                        .iter()
                        .all(|one| all.iter().any(|all| all.covers(one)))
            }
            _ => false,
        };
        let mut later = self.later(place).into_iter();
        later
            .find(|(_, _, operation)| brings(operation))
            .map(|(was, is, _)| (was, is))
    }

    /// A step between the copy at `place`, which is there in addition, and the `whole` copy that comes later. Those
    /// that came before the whole copy must not notice.
    fn disturbed(&self, place: usize, whole: (usize, usize)) -> Option<Violation> {
        let copy = &self.new[place];
        let between = self
            .later(place)
            .into_iter()
            .find(|(was, is, other)| *is < whole.1 && *was < whole.0 && meet(copy, other))?;
        Some(Violation::Reordered {
            first: between.2.key.clone(),
            second: copy.key.clone(),
        })
    }
}

/// How many operations the two have in common at their start, and how many behind that at their end.
fn common_ends(
    old: &[Operation<'_>],
    new: &[Operation<'_>],
    declared: &Declared<'_>,
) -> (usize, usize) {
    let same = |(one, other): &(&Operation<'_>, &Operation<'_>)| {
        let setting = match (&one.setting, &other.setting) {
            (Some(was), Some(is)) => was.difference(is, &[], &[]).is_none(),
            (None, None) => true,
            _ => false,
        };
        declared.is_same(one, other) && setting
    };
    let start = old.iter().zip(new).take_while(same).count();
    let (old, new) = (&old[start..], &new[start..]);
    let pairs = old.iter().rev().zip(new.iter().rev());
    (start, pairs.take_while(same).count())
}

/// Where each of `old` is in `new`. Packages are there once; those that `before` has are nowhere.
fn places(
    old: &[Operation<'_>],
    before: &[Operation<'_>],
    new: &[Operation<'_>],
    declared: &Declared<'_>,
) -> Vec<Option<usize>> {
    let packages = packages(before, new, declared);
    let steps = |all: &[Operation<'_>]| -> Vec<usize> {
        (0..all.len()).filter(|&at| !all[at].is_package()).collect()
    };
    let (old_steps, new_steps) = (steps(old), steps(new));
    let same = |i: usize, j: usize| declared.is_same(&old[old_steps[i]], &new[new_steps[j]]);
    let mut found = found(old_steps.len(), new_steps.len(), same).into_iter();
    let place = |operation: &Operation<'_>| match operation.is_package() {
        true => packages.get(&operation.key).copied().flatten(),
        false => found.next().flatten().map(|at| new_steps[at]),
    };
    old.iter().map(place).collect()
}

/// Where each of so many `old` things is among the `new` ones: those that kept their order first, then those that moved.
pub(super) fn found(
    old: usize,
    new: usize,
    same: impl Fn(usize, usize) -> bool,
) -> Vec<Option<usize>> {
    let mut places = vec![None; old];
    let mut taken = vec![false; new];
    for (was, is) in in_order(old, new, &same) {
        places[was] = Some(is);
        taken[is] = true;
    }
    for (was, place) in places.iter_mut().enumerate() {
        if place.is_none() {
            *place = (0..new).find(|&is| !taken[is] && same(was, is));
            place.iter().for_each(|&is| taken[is] = true);
        }
    }
    places
}

/// Where each package is installed for the first time, with what it may have gained or without: in `new`, or `None`
/// when `before` has it.
fn packages(
    before: &[Operation<'_>],
    new: &[Operation<'_>],
    declared: &Declared<'_>,
) -> HashMap<String, Option<usize>> {
    let earlier = before.iter().map(|other| (other, None));
    let here = new.iter().enumerate().map(|(at, other)| (other, Some(at)));
    let mut packages = HashMap::new();
    for (other, place) in earlier.chain(here).filter(|(other, _)| other.is_package()) {
        for key in [other.key.clone(), declared.without_gained(other)] {
            packages.entry(key).or_insert(place);
        }
    }
    packages
}

/// The longest common subsequence of two lists with these lengths, as pairs of positions.
pub(super) fn in_order(
    old: usize,
    new: usize,
    same: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_u32; new + 1]; old + 1];
    for i in (0..old).rev() {
        for j in (0..new).rev() {
            longest[i][j] = if same(i, j) {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old && j < new {
        if same(i, j) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Whether the two have a path in common that one of them changes for the other.
pub(super) fn meet(first: &Operation<'_>, second: &Operation<'_>) -> bool {
    let changes_for = |one: &Operation<'_>, other: &Operation<'_>| {
        one.effects.writes.overlaps(&other.effects.reads) && !one.leaves_readable_for(other)
    };
    first.effects.writes.overlaps(&second.effects.writes)
        || changes_for(first, second)
        || changes_for(second, first)
}

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
use super::operations::{Operation, What, keys, normalized};
use crate::analysis::paths::{Extent, Region, join};
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

/// What the rewrite says that it adds and does not.
pub(super) fn unkept(new: &[Vec<Operation<'_>>], rewrite: &Rewrite) -> Vec<Violation> {
    let operations = || new.iter().flatten();
    let mut violations = Vec::new();
    for change in &rewrite.declares {
        match change {
            Change::Commands(script) => {
                let missing = keys(script)
                    .into_iter()
                    .filter(|command| !operations().any(|operation| operation.key == *command));
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
                        matches!(&operation.what, What::Package(package) if package == name)
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
fn runs(key: &str, program: &str) -> bool {
    let is_copy = key.starts_with("COPY ") || key.starts_with("ADD ");
    let mut words = key.split([' ', ';', '&', '|', '(', ')', '\n', '"', '\'', '`']);
    !is_copy && words.any(|word| word.rsplit('/').next() == Some(program))
}

/// What the rewrite says that it changes.
pub(super) struct Declared<'r> {
    rewrite: &'r Rewrite,
}

impl<'r> Declared<'r> {
    pub(super) fn new(rewrite: &'r Rewrite) -> Self {
        Self { rewrite }
    }

    fn any(&self, is_meant: impl Fn(&Change) -> bool) -> bool {
        self.rewrite.declares.iter().any(is_meant)
    }

    /// The variables that may differ.
    fn variables(&self) -> Vec<&'r str> {
        let changes = self.rewrite.declares.iter();
        changes
            .filter_map(|change| match change {
                Change::Env(name) | Change::Secret(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether `key` is a command that the rewrite adds.
    pub(super) fn adds(&self, key: &str) -> bool {
        self.any(|change| match change {
            Change::Commands(script) => keys(script).iter().any(|command| command == key),
            _ => false,
        })
    }

    /// The mounts that a `RUN` may gain.
    fn mounts(&self) -> Vec<&'r str> {
        let changes = self.rewrite.declares.iter();
        changes
            .filter_map(|change| match change {
                Change::Mount(flag) => Some(flag.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether `key` is a command that is declared to have been only about what is mounted now.
    fn cleans(&self, key: &str) -> bool {
        let is_cleaning = ["rm ", "chmod ", "chown "]
            .iter()
            .any(|program| key.starts_with(program));
        let is_meant = |command: &str| is_cleaning && normalized(command) == key;
        self.any(|change| matches!(change, Change::CleanupGone(command) if is_meant(command)))
    }

    /// Whether `old` is `new`. A copy may gain an owner, if that is declared; one that was there before has to stay.
    fn is_same(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let gains = || old.owner.is_none() && self.any(|change| *change == Change::Owner);
        let same_words = old.key == new.key
            || self.lost_words(old, new)
            || self.is_moved(old, new)
            || self.has_other_lock(old, new)
            || self.lacks_secrets(old, new)
            || self.is_copy_of_add(&old.key, &new.key)
            || self.is_replaced(&old.key, &new.key);
        same_words && (old.owner == new.owner || gains())
    }

    /// Whether `new` copies from another stage what `old` does, some of it from where it is declared to be now.
    fn is_moved(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let is_declared = |was: &str, is: &str| {
            self.any(
                |change| matches!(change, Change::Moved { from, to } if from == was && to == is),
            )
        };
        same_but(old, new, is_declared)
            && matches!((&old.what, &new.what), (What::Copy { from: Some(one), .. }, What::Copy { from: Some(other), .. }) if one == other)
    }

    /// Whether `new` copies from the build context what `old` does, with the lock file of another tool.
    fn has_other_lock(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let is_declared = |was: &str, is: &str| {
            self.any(
                |change| matches!(change, Change::LockFile { from, to } if from == was && to == is),
            )
        };
        old.is_from_context() && new.is_from_context() && same_but(old, new, is_declared)
    }

    /// Whether `key` is a command that is declared to have set up a program that nothing runs any more, or a source of
    /// packages from which nothing is installed.
    fn sets_up(&self, key: &str) -> bool {
        self.any(|change| match change {
            Change::SetupGone { command, .. } | Change::SourceGone { command } => {
                normalized(command) == key
            }
            _ => false,
        })
    }

    /// Whether `new` has a mount that is declared, and lacks nothing of `old` but words that are declared to be gone.
    fn lost_words(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let is_gone = |word: &str| {
            self.any(|change| matches!(change, Change::WordGone(gone) if gone == word))
        };
        let setting = new.setting.as_ref();
        setting.is_some_and(|setting| setting.has_any_flag(&self.mounts()))
            && old
                .key
                .split(' ')
                .filter(|word| !is_gone(word))
                .eq(new.key.split(' '))
    }

    /// Whether the file at `path` of the build context is declared to be a secret.
    fn is_secret(&self, path: &str) -> bool {
        self.any(|change| matches!(change, Change::SecretFile(secret) if secret == path))
    }

    /// Whether `new` copies from the build context what `old` does, less the secrets among it.
    fn lacks_secrets(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let is_kept = |word: &&str| !self.is_secret(&join("/", word));
        let words = old.key.trim_end_matches('/').split(' ');
        old.is_from_context()
            && words
                .filter(is_kept)
                .eq(new.key.trim_end_matches('/').split(' '))
    }

    /// Whether `operation` is a copy of nothing but secrets.
    fn is_copy_of_secrets(&self, operation: &Operation<'_>) -> bool {
        match &operation.what {
            What::Copy { from: None, lands } => {
                lands.iter().all(|landing| self.is_secret(landing.source()))
            }
            _ => false,
        }
    }

    /// Whether the command `new` is declared to stand for `old`.
    fn is_replaced(&self, old: &str, new: &str) -> bool {
        self.any(|change| {
            matches!(change, Change::Replaced { from, to } if normalized(from) == old && normalized(to) == new)
        })
    }

    /// Whether a copy from `source` is that of a tool that the rewrite declares.
    fn copies_tool(&self, source: &str, lands: &[Landing]) -> bool {
        self.any(|change| {
            let Change::ToolCopied { image, from, to } = change else {
                return false;
            };
            image == source && lands.len() == 1 && lands[0].puts(from, to)
        })
    }

    /// Whether an `ADD` became a `COPY` with the same arguments, as declared.
    fn is_copy_of_add(&self, old: &str, new: &str) -> bool {
        let added = old.strip_prefix("ADD ");
        added.is_some()
            && added == new.strip_prefix("COPY ")
            && self.any(|change| *change == Change::NothingUnpacked)
    }

    /// Makes commands that have gained a declared option compare equal to what they were. What was there before
    /// has to stay.
    pub(super) fn forget_gained(&self, old: &[Operation<'_>], new: &mut [Operation<'_>]) {
        let mut known: HashMap<&str, usize> = HashMap::new();
        for other in old {
            *known.entry(&other.key).or_default() += 1;
        }
        for operation in new {
            if let Some(left) = known
                .get_mut(operation.key.as_str())
                .filter(|left| **left > 0)
            {
                *left -= 1;
                continue;
            }
            let before = old.iter().find(|before| self.gains(before, operation));
            operation.key = match before {
                Some(before) => before.key.clone(),
                None => self.without_gained(operation),
            };
        }
    }

    /// Whether all that `new` has and `old` has not are words that it may have gained.
    fn gains(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let mut left = old.key.split(' ').peekable();
        let mut words = new.key.split(' ');
        words.all(|word| left.next_if_eq(&word).is_some() || self.is_gained(new, word))
            && left.next().is_none()
    }

    /// The key of `operation` without what it may have gained.
    fn without_gained(&self, operation: &Operation<'_>) -> String {
        let words = operation.key.split(' ');
        let words = words.filter(|word| !self.is_gained(operation, word));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Whether `word` of the key of `operation` is an option that the rewrite declares.
    fn is_gained(&self, operation: &Operation<'_>, word: &str) -> bool {
        self.any(|change| match (change, &operation.what) {
            (Change::InstallOption(option), What::Package(_)) => {
                word.strip_suffix('=') == Some(option)
            }
            (Change::InstallOption(option), What::Command { .. }) => option == word,
            (Change::BuildOptions(options), What::Command { .. }) => {
                options.iter().any(|option| option == word)
            }
            _ => false,
        })
    }
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
        let pairs = self.old.iter().zip(&self.places);
        let lost = pairs.filter(|(_, place)| place.is_none());
        lost.filter_map(|(operation, _)| match &operation.what {
            What::Package(name) => {
                let is_meant = |change: &Change| matches!(change, Change::PackagesRemoved(names) if names.contains(name));
                let mut all = self.before.iter().chain(self.new).chain(self.after);
                let is_there = all.any(|other| self.declared.without_gained(other) == operation.key);
                (!is_there && !self.declared.any(is_meant))
                    .then(|| Violation::Packages(name.clone()))
            }
            _ => (!self.declared.cleans(&operation.key)
                && !self.declared.sets_up(&operation.key)
                && !self.declared.is_copy_of_secrets(operation))
                .then(|| Violation::CommandLost(operation.key.clone())),
        })
        .collect()
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
                    && meet(first, second)
                    && !copies::is_part(second, first)
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
            let change = Change::NotInContext(region.path.clone());
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
            What::Package(name) => {
                let is_meant = |change: &Change| matches!(change, Change::PackagesAdded(names) if names.contains(name));
                let mut installed = self.before.iter().chain(self.old).chain(self.after);
                let is_again = installed.any(|other| other.key == operation.key);
                (!is_again && !self.declared.any(is_meant))
                    .then(|| Violation::Packages(name.clone()))
            }
            What::Command { .. } if self.declared.adds(&operation.key) => None,
            // It is there without that, and where others work is compared by itself.
            What::Folder if operation.key == "WORKDIR /" => None,
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

/// Where each of `old` is in `new`: those that kept their order first, then those that moved. Packages are
/// there once; those that `before` has are nowhere.
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
    let mut places = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    for (i, j) in in_order(old_steps.len(), new_steps.len(), same) {
        places[old_steps[i]] = Some(new_steps[j]);
        taken[new_steps[j]] = true;
    }
    for (operation, place) in old.iter().zip(&mut places) {
        if operation.is_package() {
            *place = packages.get(&operation.key).copied().flatten();
        } else if place.is_none() {
            *place = (0..new.len()).find(|&at| !taken[at] && declared.is_same(operation, &new[at]));
            place.iter().for_each(|&at| taken[at] = true);
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
fn in_order(old: usize, new: usize, same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
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

/// Whether the words of two operations are the same, but for those of which `is_declared` says that one became the other.
fn same_but(
    old: &Operation<'_>,
    new: &Operation<'_>,
    is_declared: impl Fn(&str, &str) -> bool,
) -> bool {
    let (was, is) = (old.key.split(' '), new.key.split(' '));
    was.clone().count() == is.clone().count()
        && was
            .zip(is)
            .all(|(was, is)| was == is || is_declared(was, is))
}

/// Whether the two have a path in common that one of them writes.
pub(super) fn meet(first: &Operation<'_>, second: &Operation<'_>) -> bool {
    first.effects.writes.overlaps(&second.effects.reads)
        || first.effects.writes.overlaps(&second.effects.writes)
        || first.effects.reads.overlaps(&second.effects.writes)
}

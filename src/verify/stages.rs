//! Work that has moved to another stage.
//!
//! When one stage becomes two, every step of the original must still be there, in the final stage
//! or in one that the final stage takes files from; and of what such a step makes, something must
//! be taken. In each of the stages, the steps find what they found: those that they may need come
//! before them there, or the final stage has taken files of theirs. That finds steps and copies that
//! were forgotten; whether enough is taken, only the tables and a real build can tell.

use std::collections::{BTreeMap, HashSet};

use super::Violation;
use super::copies::Landing;
use super::declared::Declared;
use super::gone;
use super::installs;
use super::operations::{Operation, What};
use super::order::{found, meet, runs};
use crate::analysis::paths::{Extent, Region, below, file_name};
use crate::transform::{Change, Rewrite};

/// Compares the operations of the stage that was split with those of the stages that it became, of which the last is
/// shipped. `inherited` is the folder that the old one started in.
pub(super) fn check(
    old: &[Operation<'_>],
    new: &[Vec<&Operation<'_>>],
    inherited: &str,
    rewrite: &Rewrite,
) -> Vec<Violation> {
    let Some((shipped, builders)) = new.split_last() else {
        return Vec::new();
    };
    let built: Vec<&Operation<'_>> = builders.iter().flatten().copied().collect();
    let mut violations: Vec<Violation> = old
        .iter()
        .enumerate()
        .filter(|(_, operation)| !operation.is_package())
        .filter_map(|(nth, operation)| {
            let (before, later) = old.split_at(nth);
            moved(operation, before, later, shipped, &built, rewrite)
        })
        .collect();
    violations.extend(fewer(old, new));
    violations.extend(taken(shipped, rewrite));
    let declared = Declared::new(rewrite);
    let folders = old.iter().filter_map(Operation::folder);
    let folders: HashSet<&str> = folders.chain([inherited]).collect();
    for (nth, stage) in new.iter().enumerate() {
        let is_shipped = nth + 1 == new.len();
        let placed = Placed::new(old, stage, is_shipped);
        violations.extend(placed.settings(&declared));
        violations.extend(placed.inverted());
        violations.extend(placed.missing(rewrite));
        violations.extend(placed.added(&declared, &folders));
        violations.extend(placed.settings_of_added());
    }
    violations
}

/// Commands of the old stage that are there, but not as often as they were: each of them is found by the others.
fn fewer(old: &[Operation<'_>], new: &[Vec<&Operation<'_>>]) -> Vec<Violation> {
    let is_command = |operation: &&Operation<'_>| matches!(operation.what, What::Command { .. });
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for operation in old.iter().filter(is_command) {
        counts.entry(&operation.key).or_default().0 += 1;
    }
    for operation in new.iter().flatten() {
        if let Some((_, now)) = counts.get_mut(operation.key.as_str()) {
            *now += 1;
        }
    }
    let lost = counts
        .into_iter()
        .filter(|(_, (was, is))| 0 < *is && is < was);
    lost.map(|(key, _)| Violation::CommandLost(key.to_owned()))
        .collect()
}

/// What is wrong with where `operation` is now; `before` is what came before it, and `later` what followed it.
fn moved(
    operation: &Operation<'_>,
    before: &[Operation<'_>],
    later: &[Operation<'_>],
    shipped: &[&Operation<'_>],
    built: &[&Operation<'_>],
    rewrite: &Rewrite,
) -> Option<Violation> {
    if shipped.iter().any(|other| is_same(operation, other)) {
        return None;
    }
    if !built.iter().any(|other| is_same(operation, other)) {
        return Some(Violation::CommandLost(operation.key.clone()));
    }
    if installs::removes_file_of_package(operation, before, shipped) {
        return Some(Violation::FilesLost(operation.key.clone()));
    }
    let writes = &operation.effects.writes;
    let is_material = match &operation.what {
        What::Command { is_scaffold, .. } => *is_scaffold,
        What::Copy { from: None, .. } => built.iter().any(|other| works_on(other, operation)),
        _ => false,
    };
    let is_gone = gone::is_gone(operation, later);
    let is_needed = !writes.is_empty() && !is_material && !is_gone;
    let is_needed = is_needed && !serves_build(operation, rewrite);
    // What has been registered is no file that is taken.
    let registers = matches!(operation.what, What::Command { registers, .. } if registers);
    let forgotten = is_needed && (registers || !writes.overlaps(&arriving(shipped)));
    forgotten.then(|| Violation::FilesLost(operation.key.clone()))
}

/// Compares what is copied from builders with what was declared.
fn taken(shipped: &[&Operation<'_>], rewrite: &Rewrite) -> Option<Violation> {
    let declared = rewrite.declares.iter().find_map(|change| match change {
        Change::Taken(paths) => Some(paths.as_slice()),
        _ => None,
    });
    let declared = declared.unwrap_or_default();
    let landings = shipped.iter().flat_map(|operation| match &operation.what {
        What::Copy {
            from: Some(from),
            lands,
        } if from.starts_with("new:") => lands.as_slice(),
        _ => &[],
    });
    let landings: Vec<&Landing> = landings.collect();
    let puts = |(landing, (from, to)): (&&Landing, &(String, String))| landing.puts(from, to);
    let is_declared = landings.len() == declared.len() && landings.iter().zip(declared).all(puts);
    (!is_declared).then(|| {
        let paths = declared.iter().map(|(from, to)| format!("{from} to {to}"));
        Violation::OtherCopies(paths.collect::<Vec<_>>().join(", "))
    })
}

/// Whether the final stage was said to need nothing of what `operation` makes.
fn serves_build(operation: &Operation<'_>, rewrite: &Rewrite) -> bool {
    let is_declared = |what: &str| {
        let names = |change: &Change| matches!(change, Change::ServesBuild(own) if own == what);
        rewrite.declares.iter().any(names)
    };
    let all_paths = match &operation.effects.writes {
        Extent::Regions(regions) => regions.iter().all(|region| is_declared(region.path())),
        Extent::Everything => false,
    };
    let all_sources = match &operation.what {
        What::Copy {
            from: Some(_),
            lands,
        } => lands.iter().all(|one| is_declared(one.source())),
        _ => false,
    };
    // What feeds the last command of a pipe leaves nothing itself.
    let last = operation.key.rsplit(" | ").next().unwrap_or_default();
    is_declared(&operation.key) || is_declared(last) || all_paths || all_sources
}

/// Whether `step` is a command that names nothing which `first` brings, a copy from another image or stage or an installation.
fn names_none(step: &Operation<'_>, first: &Operation<'_>) -> bool {
    let runs_it = |landing: &Landing| runs(&step.key, file_name(landing.source()));
    match &first.what {
        What::Copy {
            from: Some(_),
            lands,
        } => !lands.iter().any(runs_it),
        What::Command { .. } => {
            let words = first.key.split(' ').skip(1);
            words.filter(|word| !word.starts_with('-')).all(|word| {
                let name = word.split(['=', '<', '>', '~', '[', '@']).next();
                !runs(&step.key, name.unwrap_or(word))
            })
        }
        _ => false,
    }
}

/// Whether `step` makes accounts, and `first` is no command about files or accounts: an installation or a build.
fn makes_accounts_anyway(step: &Operation<'_>, first: &Operation<'_>) -> bool {
    let accounts = matches!(step.what, What::Command { makes_accounts, .. } if makes_accounts);
    let installs = matches!(first.what, What::Command { handles_files, .. } if !handles_files);
    accounts && installs
}

pub(super) fn is_same(one: &Operation<'_>, other: &Operation<'_>) -> bool {
    one.key == other.key && one.owner == other.owner
}

/// Whether `build` works in the folder that `copy` fills, or in one around it: what is copied is what it builds.
fn works_on(build: &Operation<'_>, copy: &Operation<'_>) -> bool {
    let What::Command {
        workshop: Some(workshop),
        ..
    } = &build.what
    else {
        return false;
    };
    copy.effects.writes.meets(&Region::new(workshop))
}

/// The paths that the final stage copies, from wherever.
fn arriving(shipped: &[&Operation<'_>]) -> Extent {
    let mut arriving = Extent::default();
    for operation in shipped {
        if let What::Copy { from, lands } = &operation.what {
            if from.is_some() {
                lands
                    .iter()
                    .for_each(|landing| arriving.add(Region::new(landing.source())));
            } else {
                arriving.extend(&operation.effects.writes);
            }
        }
    }
    arriving
}

/// The steps of the old stage as they stand in one of the new ones.
struct Placed<'c, 'f> {
    old: &'c [Operation<'f>],
    /// With those of the stage that it is built on, if the old one became that as well.
    new: &'c [&'c Operation<'f>],
    /// Where each of `old` is in `new`.
    places: Vec<Option<usize>>,
    is_shipped: bool,
}

impl<'c, 'f> Placed<'c, 'f> {
    fn new(old: &'c [Operation<'f>], new: &'c [&'c Operation<'f>], is_shipped: bool) -> Self {
        Self {
            places: found(old.len(), new.len(), |i, j| is_same(&old[i], new[j])),
            old,
            new,
            is_shipped,
        }
    }

    /// The steps that are not about packages, which have rules of their own.
    fn matched(&self) -> impl Iterator<Item = (usize, &'c Operation<'f>, usize)> {
        let pairs = self.old.iter().zip(&self.places).enumerate();
        pairs
            .filter(|(_, (operation, _))| !operation.is_package())
            .filter_map(|(at, (operation, place))| Some((at, operation, (*place)?)))
    }

    fn settings(&self, declared: &Declared<'_>) -> Vec<Violation> {
        // Only the build reads them, so the builder has them all.
        let variables = match self.is_shipped {
            true => declared.variables(),
            false => Vec::new(),
        };
        let differs = |(_, operation, place): (usize, &Operation<'_>, usize)| {
            let new = &self.new[place];
            let (was, is) = (operation.setting.as_ref()?, new.setting.as_ref()?);
            // The paths that it works on are the same from wherever it starts.
            let handles_files =
                matches!(operation.what, What::Command { handles_files, .. } if handles_files);
            let is_anywhere = handles_files
                && operation.effects.writes != Extent::Everything
                && operation.effects == new.effects;
            let what = was.difference_elsewhere(is, &operation.key, &variables, is_anywhere)?;
            let command = operation.key.clone();
            Some(Violation::Setting { command, what })
        };
        self.matched().filter_map(differs).collect()
    }

    /// A builder does what is new in it as it did what was there before.
    fn settings_of_added(&self) -> Vec<Violation> {
        let is_old = |place: usize| self.places.contains(&Some(place));
        let mut last = None;
        let mut violations = Vec::new();
        for (place, operation) in self.new.iter().enumerate() {
            let Some(setting) = operation.setting.as_ref().filter(|_| !self.is_shipped) else {
                continue;
            };
            if is_old(place) {
                last = Some(setting);
                continue;
            }
            let what = last.and_then(|last| setting.difference_in_another_run(last));
            violations.extend(what.map(|what| Violation::Setting {
                command: operation.key.clone(),
                what,
            }));
        }
        violations
    }

    fn inverted(&self) -> Vec<Violation> {
        let matched: Vec<_> = self.matched().collect();
        let mut violations = Vec::new();
        for (nth, &(_, first, a)) in matched.iter().enumerate() {
            let behind = matched[nth + 1..].iter();
            let inverted = behind.filter(|(_, second, b)| a > *b && meet(first, second));
            violations.extend(inverted.map(|(_, second, _)| Violation::Reordered {
                first: first.key.clone(),
                second: second.key.clone(),
            }));
        }
        violations
    }

    /// The packages that a builder has not got, although the old stage had them before a step of it.
    fn missing_packages(&self, rewrite: &Rewrite) -> Vec<Violation> {
        let is_moved = |operation: &Operation<'_>| {
            let name = operation.key.rsplit(' ').next().unwrap_or_default();
            let mut changes = rewrite.declares.iter();
            changes.any(|change| {
                matches!(change, Change::PackagesMoved(names) if names.iter().any(|moved| moved == name))
            })
        };
        let last = self.matched().map(|(at, ..)| at).last();
        let before = self.old[..last.unwrap_or_default()].iter();
        let packages = |operation: &&'c Operation<'f>| operation.is_package();
        let installed: HashSet<&str> = self
            .new
            .iter()
            .copied()
            .filter(packages)
            .map(|other| other.key.as_str())
            .collect();
        let missing = before
            .filter(packages)
            .filter(|other| !installed.contains(other.key.as_str()) && !is_moved(other));
        missing
            .map(|operation| Violation::Packages(operation.key.clone()))
            .collect()
    }

    /// Steps of which something that they may need is in another stage, and nothing of it has been taken. A tool that was
    /// said to serve the build only is needed where it is named.
    fn missing(&self, rewrite: &Rewrite) -> Vec<Violation> {
        let mut violations = Vec::new();
        if !self.is_shipped {
            violations.extend(self.missing_packages(rewrite));
        }
        for (at, second, place) in self.matched() {
            let needs_files =
                matches!(&second.what, What::Command { needs_nothing, .. } if !needs_nothing);
            if !needs_files {
                continue;
            }
            let left = gone::left(&self.old[..at], &self.places, &self.new[..place]);
            let elsewhere = left.filter(|first| !first.is_package());
            let arriving = if self.is_shipped {
                arriving(&self.new[..place])
            } else {
                Extent::default()
            };
            let does_without = |first: &Operation<'_>| {
                // What is swept away is not there either where nothing has left it behind.
                matches!(first.what, What::Command { tidies: true, .. })
                    || serves_build(first, rewrite) && names_none(second, first)
                    || makes_accounts_anyway(second, first)
                    || self.is_made_here(first, second, at, place)
                    || installs::are_elsewhere(first, second)
            };
            let needed = elsewhere.filter(|first| {
                let writes = &first.effects.writes;
                writes.overlaps(&second.effects.reads)
                    && !writes.overlaps(&arriving)
                    && !does_without(first)
            });
            violations.extend(needed.map(|first| Violation::FilesMissing {
                first: first.key.clone(),
                second: second.key.clone(),
            }));
        }
        violations
    }

    /// Whether all that `second` reads of what `first` makes is what steps before it have made as well, in both: `mkdir -p
    /// data` makes what `chmod 777 data` works on, `WORKDIR /app/src` what `chown -R app /app` does.
    fn is_made_here(
        &self,
        first: &Operation<'_>,
        second: &Operation<'_>,
        at: usize,
        place: usize,
    ) -> bool {
        let Extent::Regions(reads) = &second.effects.reads else {
            return false;
        };
        let makes = |(was, maker, is): &(usize, &Operation<'_>, usize)| {
            let is_maker = matches!(maker.what, What::Command { needs_nothing, removes, .. } if needs_nothing && !removes);
            *was < at && *is < place && is_maker
        };
        let covers = |region: &Region, maker: &Operation<'_>| match &maker.effects.writes {
            Extent::Regions(made) => made.iter().any(|made| made.covers(region)),
            Extent::Everything => false,
        };
        let makers: Vec<_> = self.matched().filter(makes).collect();
        let changes = matches!(second.what, What::Command { works_on_what_is_there, .. } if works_on_what_is_there);
        let is_folder = |region: &Region| {
            let makes = |before: &&Operation<'_>| {
                let folder = before.key.strip_prefix("WORKDIR ");
                folder.is_some_and(|folder| below(folder, region.path()).is_some())
            };
            changes && self.new[..place].iter().any(makes)
        };
        let is_made = |region: &Region| {
            is_folder(region) || makers.iter().any(|(_, maker, _)| covers(region, maker))
        };
        let mut shared = reads
            .iter()
            .filter(|region| first.effects.writes.meets(region))
            .peekable();
        shared.peek().is_some() && shared.all(is_made)
    }

    /// Steps that the old stage had not, and that are not what splitting is about.
    fn added(&self, declared: &Declared<'_>, folders: &HashSet<&str>) -> Vec<Violation> {
        let is_old =
            |operation: &&Operation<'_>| self.old.iter().any(|old| is_same(old, operation));
        let is_meant = |operation: &&Operation<'_>| match &operation.what {
            What::Copy {
                from: Some(from), ..
            } => self.is_shipped && from.starts_with("new:"),
            What::Package(_) => true,
            What::Folder => (operation.key.strip_prefix("WORKDIR "))
                .is_some_and(|folder| folders.contains(folder)),
            _ => declared.adds(&operation.key),
        };
        let extra = self
            .new
            .iter()
            .filter(|operation| !is_old(operation) && !is_meant(operation));
        extra
            .map(|operation| Violation::CommandAdded(operation.key.clone()))
            .collect()
    }
}

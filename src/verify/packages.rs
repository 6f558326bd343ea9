//! Packages of the distribution: which are installed how, and whether their lists are there.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use crate::analysis::Facts;
use crate::analysis::mounts::{self, Mount};
use crate::analysis::paths::{Extent, Region};
use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::Knowledge;
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Span};
use crate::transform::{Change, Rewrite};

/// Folders, beside those of package managers and of caches that are known, that hold nothing but what is kept for later runs.
const CACHES: [&str; 2] = ["/var/cache", "/root/.cache"];

/// A command of a package manager.
pub(super) struct Work {
    /// The words that matter: tool, verb and options, and for other work than an installation the packages.
    pub(super) manner: String,
    /// Those of them that decide which version of a package it is: what else comes along is no part of that.
    pub(super) chosen_by: String,
    /// What is installed: words of the logical line.
    pub(super) packages: Vec<Span>,
}

/// What `step` does with packages; `None` when it does something else.
pub(super) fn read(knowledge: &Knowledge, step: &Step<'_>) -> Option<Work> {
    let does = step.does()?;
    if !matches!(
        does,
        Does::InstallPackages | Does::UpgradePackages | Does::RemovePackages
    ) {
        return None;
    }
    let manager = manager_of(knowledge, step)?;
    let invocation = step.invocation.as_ref()?;
    let mut words = vec![manager.tool.clone()];
    let verb = step.args[invocation.verb_words.clone()].iter();
    words.extend(in_scripts(
        manager,
        step,
        &verb.map(|arg| arg.known()).collect::<Vec<_>>().join(" "),
    ));
    for option in &invocation.options {
        let value = option.value.as_deref().unwrap_or_default();
        let names = invocation.spelled_out(&option.name).into_iter();
        let matters = names.filter(|name| !manager.is_indifferent_to(name));
        words.extend(matters.map(|name| format!("{name}={value}")));
    }
    words[2..].sort();
    let minimal = manager.no_recommends.as_ref();
    let minimal = minimal.map(|option| format!("{option}="));
    let chosen = words.iter().filter(|word| Some(*word) != minimal.as_ref());
    let chosen_by = chosen.map(String::as_str).collect::<Vec<_>>().join(" ");
    let operands = invocation.operands.iter().map(|&at| &step.args[at]);
    let mut packages = Vec::new();
    if does == Does::InstallPackages {
        packages.extend(operands.map(|arg| arg.span));
    } else {
        words.extend(operands.map(|arg| arg.known().to_owned()));
    }
    Some(Work {
        manner: words.join(" "),
        chosen_by,
        packages,
    })
}

/// The verb as scripts spell it, and the options that this takes.
fn in_scripts(manager: &PackageManager, step: &Step<'_>, verb: &str) -> Vec<String> {
    let names = manager.in_scripts.as_ref();
    let spelled = names
        .filter(|names| step.args[0].known() == names.program)
        .and_then(|names| names.verbs.get(verb));
    let words = spelled.map_or(verb, String::as_str).split(' ');
    words
        .map(|word| match word.starts_with('-') {
            true => format!("{word}="),
            false => word.to_owned(),
        })
        .collect()
}

fn manager_of<'k>(knowledge: &'k Knowledge, step: &Step<'_>) -> Option<&'k PackageManager> {
    let invocation = step.invocation.as_ref()?;
    let mut managers = knowledge.package_managers.iter();
    managers.find(|manager| manager.tool == invocation.tool.id)
}

/// Whether `step` may be left out or done again: it downloads lists, or removes what is kept for later.
/// What that means for installations is told by [`check_lists`].
pub(super) fn comes_and_goes(knowledge: &Knowledge, step: &Step<'_>) -> bool {
    step.does() == Some(Does::RefreshLists) || cleans(knowledge, step)
}

/// Whether `step` removes nothing but what package managers keep for later runs.
pub(super) fn cleans(knowledge: &Knowledge, step: &Step<'_>) -> bool {
    let is_cache = |path: &str| {
        let mut managers = knowledge.package_managers.iter();
        managers.any(|manager| manager.owns(path))
            || CACHES.iter().any(|cache| path.starts_with(cache))
            || knowledge.caches.hold(path)
    };
    step.does() == Some(Does::CleanCache) || removes_only(step, is_cache)
}

/// Whether `step` removes nothing but that and temporary files.
pub(super) fn tidies(knowledge: &Knowledge, step: &Step<'_>) -> bool {
    let managers = &knowledge.package_managers;
    let is_left_behind = |path: &str| {
        managers.is_temporary(path) || managers.iter().any(|manager| manager.owns(path))
    };
    removes_only(step, is_left_behind)
}

fn removes_only(step: &Step<'_>, is_meant: impl Fn(&str) -> bool) -> bool {
    let removal = step.args.first().is_some_and(|arg| arg.known() == "rm");
    // Whatever runs in an activated environment may change that; a removal does not.
    let is_environment = |region: &Region| Some(region.path()) == step.environment.as_deref();
    removal
        && match &step.effects.writes {
            Extent::Regions(regions) => regions
                .iter()
                .all(|region| is_environment(region) || is_meant(region.path())),
            Extent::Everything => false,
        }
}

/// Packages that the stage that is shipped installs or not without that having been declared.
pub(super) fn check_shipped(
    old: (&Facts<'_>, &Stage),
    new: (&Facts<'_>, &Stage),
    rewrite: &Rewrite,
) -> Option<Violation> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in &rewrite.declares {
        match change {
            Change::PackagesRemoved(names) => removed.extend(names),
            Change::PackagesAdded(names) => added.extend(names),
            _ => {}
        }
    }
    let names = |(facts, stage), does| named(facts, stage, does);
    let install = Does::InstallPackages;
    let (was, is) = (names(old, install), names(new, install));
    let lost = was.difference(&is).filter(|name| !removed.contains(name));
    let come = is.difference(&was).filter(|name| !added.contains(name));
    // A package manager may not know what it is to remove, when it is not there and neither are the lists.
    let gone = names(new, Does::RemovePackages);
    let unknown = gone
        .iter()
        .filter(|name| was.contains(*name) && !is.contains(*name));
    let names: BTreeSet<&str> = lost
        .chain(come)
        .chain(unknown)
        .map(String::as_str)
        .collect();
    (!names.is_empty()).then(|| {
        let names: Vec<&str> = names.into_iter().collect();
        Violation::Packages(names.join(" "))
    })
}

/// The packages of the distribution that `stage` and what it stands on name in commands that do this.
fn named(facts: &Facts<'_>, stage: &Stage, does: Does) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut next = Some(stage);
    while let Some(stage) = next {
        for step in stage.body.clone().flat_map(|at| facts.steps(at)) {
            if let Some(invocation) = step
                .invocation
                .as_ref()
                .filter(|_| step.does() == Some(does))
            {
                let operands = invocation.operands.iter();
                names.extend(operands.map(|&at| step.args[at].known().to_owned()));
            }
        }
        next = match stage.base {
            Base::Stage(parent) => facts.stages.get(parent),
            _ => None,
        };
    }
    names
}

/// What is known of the package lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
enum Lists {
    /// There are none.
    #[default]
    Absent,
    /// They may be there, but sources may have been added since.
    Perhaps,
    /// They are there, and hold what the sources have.
    Fresh,
}

/// The packages of `stage` that found lists before and do not now.
pub(super) fn check_lists(
    old: (&Facts<'_>, &Stage),
    new: (&Facts<'_>, &Stage),
    knowledge: &Knowledge,
) -> Vec<Violation> {
    let managers = knowledge.package_managers.iter();
    let downloading = managers.filter(|manager| !manager.fetches_on_demand);
    let mut violations = Vec::new();
    for manager in downloading {
        let (mut was, mut is) = (BTreeMap::new(), BTreeMap::new());
        follow(new.0, new.1, manager, &mut is);
        if is.is_empty() {
            continue;
        }
        follow(old.0, old.1, manager, &mut was);
        // What was not installed before finds at least what all others found.
        let least = was.values().min().copied().unwrap_or(Lists::Fresh);
        let before = |package: &String| was.get(package).copied().unwrap_or(least);
        let worse = is
            .iter()
            .filter(|(package, lists)| **lists < before(package));
        let names = worse.map(|(package, _)| package.clone());
        violations.extend(names.map(Violation::ListsMissing));
    }
    violations
}

/// Notes what each package that `stage` installs finds, at the worst; answers with what is there at its end.
fn follow(
    facts: &Facts<'_>,
    stage: &Stage,
    manager: &PackageManager,
    found: &mut BTreeMap<String, Lists>,
) -> Lists {
    let mut lists = match stage.base {
        Base::Stage(parent) => follow(facts, &facts.stages[parent], manager, &mut BTreeMap::new()),
        _ => Lists::Absent,
    };
    for index in stage.body.clone() {
        match (&facts.views[index].kind, &facts.runs[index]) {
            (Kind::Copy(transfer) | Kind::Add(transfer), _) => {
                let dest = Region::new(facts.expanded(index, &transfer.dest));
                if sources(manager).any(|folder| folder.meets(&dest)) {
                    lists = lists.min(Lists::Perhaps);
                }
            }
            (_, Some(run)) if run.opaque.is_some() && run.document.is_none() => {
                lists = Lists::Perhaps;
            }
            (_, Some(run)) => {
                let script = run.as_read();
                let is_mounted = mounts_lists(facts, index, manager);
                let mut seen = if is_mounted { Lists::Absent } else { lists };
                for step in &script.steps {
                    seen = behind(manager, step, seen, found);
                }
                if !is_mounted {
                    lists = seen;
                }
            }
            _ => {}
        }
    }
    lists
}

/// Whether the `RUN` at `index` keeps the lists in a cache mount: it may find none, and leaves none behind.
fn mounts_lists(facts: &Facts<'_>, index: usize, manager: &PackageManager) -> bool {
    let mut targets = mounts::of(facts, index)
        .filter(Mount::is_cache)
        .filter_map(|mount| mount.target);
    targets.any(|target| {
        let lists = manager.lists.iter().map(Region::new);
        lists
            .into_iter()
            .any(|lists| Region::new(&target).covers(&lists))
    })
}

fn sources(manager: &PackageManager) -> impl Iterator<Item = Region> {
    manager.settings.iter().map(Region::new)
}

/// The lists behind `step`, and what the packages that it installs find.
fn behind(
    manager: &PackageManager,
    step: &Step<'_>,
    lists: Lists,
    found: &mut BTreeMap<String, Lists>,
) -> Lists {
    let Some(invocation) = &step.invocation else {
        let changes = step.effects.writes != Extent::default();
        return if changes { Lists::Perhaps } else { lists };
    };
    if invocation.tool.id != manager.tool {
        let removes = step.args[0].known() == "rm"
            && (invocation.operands.iter()).any(|&at| manager.holds_lists(step.args[at].known()));
        if removes {
            return Lists::Absent;
        }
        let touches = sources(manager).any(|folder| step.effects.writes.meets(&folder));
        return if touches { Lists::Perhaps } else { lists };
    }
    match invocation.action.does {
        Does::RefreshLists => Lists::Fresh,
        Does::CleanCache if is_removal(manager, step) => Lists::Absent,
        Does::InstallPackages => {
            let mut after = lists;
            for &at in &invocation.operands {
                let known = found
                    .entry(step.args[at].known().to_owned())
                    .or_insert(Lists::Fresh);
                *known = lists.min(*known);
                if manager.brings_sources(step.args[at].known()) {
                    after = lists.min(Lists::Perhaps);
                }
            }
            after
        }
        _ => lists,
    }
}

/// Whether the manager's own command `step` removes the lists.
fn is_removal(manager: &PackageManager, step: &Step<'_>) -> bool {
    let words = step.args[1..].iter().map(|arg| arg.known());
    let words: Vec<&str> = words
        .filter(|word| !manager.is_indifferent_to(word))
        .collect();
    manager.cleaned_by.contains(&words.join(" "))
}

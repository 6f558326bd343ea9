//! The order of the steps that change files.
//!
//! Both files are read as lists of operations with the paths that they read and write. Two
//! operations that meet in a path must keep their order, in whatever stage they now are.

use super::Violation;
use crate::analysis::Facts;
use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region, join};
use crate::analysis::runs::Run;
use crate::knowledge::tools::Does;
use crate::syntax::shell::{Connector, Item, Pipeline, Script};
use crate::syntax::{Kind, Span, Transfer};
use crate::transform::{Change, Rewrite};

/// One step that changes files.
struct Operation {
    /// What it is compared by: the words of the command, or the arguments of the copy.
    key: String,
    /// What it reads and writes.
    effects: Effects,
    /// A copy from the build context.
    is_copy: bool,
    /// Commands of package managers may be joined, completed and left out when they only clean up.
    is_package_work: bool,
    /// Only removes what package managers keep for later runs: these come and go as they like.
    is_cleanup: bool,
}

pub(super) fn check(old: &Facts<'_>, new: &Facts<'_>, rewrite: &Rewrite) -> Vec<Violation> {
    if rewrite.declares.contains(&Change::Stages) {
        // Work that moves to another stage is checked by what the final stage ends up with.
        return Vec::new();
    }
    let (old, mut new) = (operations(old), operations(new));
    if rewrite.declares.contains(&Change::Owner) {
        forget_gained_owners(&old, &mut new);
    }
    let places = places(&old, &new);
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
            if a > b && meet(first, second) && !is_provided(first, second, &new[..b], rewrite) {
                violations.push(Violation::Reordered {
                    first: first.key.clone(),
                    second: second.key.clone(),
                });
            }
        }
    }
    violations
}

/// Makes copies that have gained a `--chown` compare equal to what they were. An owner that was there before has
/// to stay.
fn forget_gained_owners(old: &[Operation], new: &mut [Operation]) {
    for operation in new {
        if old.iter().all(|other| other.key != operation.key) {
            let words = operation.key.split(' ');
            let rest: Vec<&str> = words.filter(|word| !word.starts_with("--chown=")).collect();
            operation.key = rest.join(" ");
        }
    }
}

/// Where each of `old` is in `new`: those that kept their order first, then those that moved.
fn places(old: &[Operation], new: &[Operation]) -> Vec<Option<usize>> {
    let mut places = in_order(old, new);
    let mut taken = vec![false; new.len()];
    places.iter().flatten().for_each(|&at| taken[at] = true);
    for (operation, place) in old.iter().zip(&mut places) {
        if place.is_none() {
            *place = (0..new.len()).find(|&at| !taken[at] && new[at].key == operation.key);
            place.iter().for_each(|&at| taken[at] = true);
        }
    }
    places
}

/// The longest common subsequence of the two.
fn in_order(old: &[Operation], new: &[Operation]) -> Vec<Option<usize>> {
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, first) in old.iter().enumerate().rev() {
        for (j, second) in new.iter().enumerate().rev() {
            longest[i][j] = if first.key == second.key {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let mut places = vec![None; old.len()];
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if old[i].key == new[j].key {
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

fn operations(facts: &Facts<'_>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (index, view) in facts.views.iter().enumerate() {
        match &view.kind {
            Kind::Run { .. } => run_operations(facts, index, &mut operations),
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                operations.push(copy_operation(facts, index, transfer))
            }
            _ => {}
        }
    }
    operations
}

/// One operation for each command of a list that `&&` joins; of other scripts, one for all that comes before the
/// commands at its end that only clean up.
fn run_operations(facts: &Facts<'_>, index: usize, operations: &mut Vec<Operation>) {
    let Some(run) = &facts.runs[index] else {
        return;
    };
    let text = &facts.views[index].logical.text;
    let Some(script) = &run.script else {
        operations.push(whole(run, run.body, text));
        return;
    };
    let pipelines: Vec<&Pipeline> = script.items.iter().flat_map(Item::pipelines).collect();
    if is_and_list(script) {
        let singles = pipelines.iter().map(|pipeline| single(run, pipeline, text));
        operations.extend(singles.filter(|operation| !operation.is_cleanup));
        return;
    }
    let cleans = |pipeline: &&Pipeline| single(run, pipeline, text).is_cleanup;
    let last = pipelines.iter().rev().find(|pipeline| !cleans(pipeline));
    if let Some(last) = last {
        let span = Span::new(0, last.span.end).shift(run.body.start);
        operations.push(whole(run, span, text));
    }
}

/// Whether the script is one list that only `&&` joins.
fn is_and_list(script: &Script) -> bool {
    let [item] = script.items.as_slice() else {
        return false;
    };
    let mut connectors = item.rest.iter().map(|(connector, _, _)| *connector);
    connectors.all(|connector| connector == Connector::And)
        && item.terminator.is_none()
        && script.comments.is_empty()
}

/// The operation of the part `span` of a script that is not taken apart.
fn whole(run: &Run<'_>, span: Span, text: &str) -> Operation {
    Operation {
        key: words(span, text),
        effects: run.effects.clone(),
        is_copy: false,
        is_package_work: run.is_understood()
            && run.steps.iter().all(|step| is_package_work(step.does())),
        is_cleanup: false,
    }
}

/// The operation of one pipeline.
fn single(run: &Run<'_>, pipeline: &Pipeline, text: &str) -> Operation {
    let span = pipeline.span.shift(run.body.start);
    let step = run.steps.iter().find(|step| step.span == span);
    let is_cleanup = step.is_some_and(|step| {
        let removal = step.args.first().is_some_and(|arg| arg.known() == "rm");
        step.does() == Some(Does::CleanCache) || removal && is_cleanup(&step.effects)
    });
    Operation {
        key: words(span, text),
        effects: step.map_or(&run.effects, |step| &step.effects).clone(),
        is_copy: false,
        is_package_work: is_cleanup || step.is_some_and(|step| is_package_work(step.does())),
        is_cleanup,
    }
}

fn words(span: Span, text: &str) -> String {
    let words: Vec<&str> = span.text(text).split_whitespace().collect();
    words.join(" ")
}

fn is_package_work(does: Option<Does>) -> bool {
    matches!(
        does,
        Some(
            Does::RefreshLists
                | Does::InstallPackages
                | Does::UpgradePackages
                | Does::RemovePackages
                | Does::CleanCache
        )
    )
}

/// Removes nothing but what package managers keep for later runs.
fn is_cleanup(effects: &Effects) -> bool {
    let caches = [
        "/var/lib/apt/lists",
        "/var/cache",
        "/root/.cache",
        "/root/.npm",
    ];
    let below = |region: &Region| caches.iter().any(|cache| region.path.starts_with(cache));
    matches!(&effects.writes, Extent::Regions(regions) if regions.iter().all(below))
}

/// The regions that a copy writes: one for each source that keeps its name, or the destination.
fn copy_operation(facts: &Facts<'_>, index: usize, transfer: &Transfer) -> Operation {
    let view = &facts.views[index];
    let workdir = &facts.states[index].workdir;
    let target = join(workdir, &transfer.dest.raw);
    let into_folder =
        transfer.dest.raw.ends_with('/') || transfer.dest.raw == "." || transfer.sources.len() > 1;
    let mut writes = Extent::default();
    for source in &transfer.sources {
        let name = source.raw.rsplit('/').next().unwrap_or_default();
        let is_file =
            name.trim_start_matches('.').contains('.') || name.starts_with('.') && name.len() > 2;
        let named = into_folder && is_file && !name.contains('$');
        writes.add(Region::new(if named {
            join(&target, name)
        } else {
            target.clone()
        }));
    }
    let from = view.flags.iter().find(|flag| flag.name == "from");
    let flags = view
        .flags
        .first()
        .map_or(view.body.start, |flag| flag.span.start);
    Operation {
        key: view.logical.text[flags..view.body.end]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
        effects: Effects {
            reads: Extent::default(),
            writes,
        },
        is_copy: from.is_none(),
        is_package_work: false,
        is_cleanup: false,
    }
}

//! Where packages come from, and what changes that.

use crate::analysis::paths::{Extent, below};
use crate::analysis::runs::Step;
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::Cx;

use super::layer::is_listed;

/// What a command means for where packages come from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sources {
    Stay,
    MayChange,
    Change,
}

/// What instruction `index` means for the sources, from byte `from` of its logical line on.
pub(super) fn behind(cx: &Cx<'_>, manager: &PackageManager, index: usize, from: usize) -> Sources {
    match (&cx.facts.views[index].kind, &cx.facts.runs[index]) {
        (Kind::Copy(transfer) | Kind::Add(transfer), _) => {
            written(manager, &cx.facts.expanded(index, &transfer.dest))
        }
        (Kind::Run { .. }, Some(run)) if run.opaque.is_none() => {
            let steps = run.steps.iter().filter(|step| step.span.start >= from);
            let all = steps.map(|step| of_step(manager, step));
            all.max().unwrap_or(Sources::Stay)
        }
        (Kind::Run { .. }, _) => Sources::MayChange,
        _ => Sources::Stay,
    }
}

/// What it means that something is written at `path`.
fn written(manager: &PackageManager, path: &str) -> Sources {
    let mut settings = manager.settings.iter();
    if settings.clone().any(|own| below(path, own).is_some()) {
        Sources::Change
    } else if settings.any(|own| below(own, path).is_some()) {
        Sources::MayChange
    } else {
        Sources::Stay
    }
}

pub(super) fn of_step(manager: &PackageManager, step: &Step<'_>) -> Sources {
    let words = || step.words();
    let others = &manager.others;
    let keeps = |word: &str| is_listed(&others.keep_sources, word);
    match step.does() {
        None => Sources::MayChange,
        Some(Does::ConfigurePackages) if words().next().is_some_and(keeps) => Sources::Stay,
        Some(Does::ConfigurePackages) => Sources::Change,
        Some(Does::RemovePackages) if words().any(|name| is_listed(&others.open_sources, name)) => {
            Sources::Change
        }
        Some(Does::InstallPackages) if words().any(|name| manager.brings_sources(name)) => {
            Sources::Change
        }
        Some(Does::Files) => match &step.effects.writes {
            Extent::Everything => Sources::MayChange,
            Extent::Regions(regions) => {
                let all = regions
                    .iter()
                    .map(|region| written(manager, region.fixed()));
                all.max().unwrap_or(Sources::Stay)
            }
        },
        Some(_) => Sources::Stay,
    }
}

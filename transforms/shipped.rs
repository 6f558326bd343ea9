//! Which stages become images that somebody gets.

use crate::analysis::paths::below;
use crate::analysis::stages::{Base, Stage};
use crate::syntax::Kind;
use crate::transform::Cx;

/// Whether the layers of `stage` are in an image that somebody gets: the last one, or one that is named from outside.
pub(super) fn is_shipped(cx: &Cx<'_>, stage: &Stage) -> bool {
    let is_final = stage.index + 1 == cx.facts.stages.len();
    let is_base = |other: &Stage| other.base == Base::Stage(stage.index);
    let later = &cx.facts.stages[stage.index + 1..];
    is_final
        || cx.uses(stage).next().is_some()
        || later
            .iter()
            .any(|other| is_base(other) && is_shipped(cx, other))
}

/// Whether files are copied into `stage`, or into one that it is built on, other than settings of the system. An image
/// without any is one of tools: to build on, to work in, or to run a program that comes with a package.
pub(super) fn brings_project(cx: &Cx<'_>, stage: &Stage) -> bool {
    let brings = |index: usize| match &cx.facts.views[index].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            let dest = cx.facts.destination(index, transfer);
            let mut sources = transfer.sources.iter();
            below(&dest, "/etc").is_none() && !sources.any(|source| source.raw.contains("://"))
        }
        _ => false,
    };
    let in_base = match stage.base {
        Base::Stage(parent) => brings_project(cx, &cx.facts.stages[parent]),
        _ => false,
    };
    in_base || stage.body.clone().any(brings)
}

//! Which stages become images that somebody gets.

use crate::analysis::stages::{Base, Stage};
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

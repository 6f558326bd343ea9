//! Installs that keep no lists, wherever in a `RUN` they stand.

use crate::analysis::runs::{Run, Step};
use crate::edit::Edits;
use crate::knowledge::package_managers::PackageManager;
use crate::syntax::Span;
use crate::syntax::shell::{Command, Connector, Item, Pipeline};
use crate::transform::Cx;

use super::layer::{Work, leaves_lists, work_of};
use super::spelling::keep_none;

/// Gives every install of `run`, which is instruction `index`, the `option` with which it keeps no lists. `None` when
/// something else than a plain install leaves lists behind.
pub(super) fn edits(
    cx: &Cx<'_>,
    manager: &PackageManager,
    index: usize,
    run: &Run<'_>,
    option: &str,
) -> Option<Edits> {
    let mut edits = Edits::new();
    let leaves = |step: &&Step<'_>| leaves_lists(cx, manager, step);
    for step in run.steps.iter().filter(leaves) {
        let work = work_of(cx, manager, step)?;
        let install = step.invocation.as_ref()?;
        if !matches!(work, Work::Install | Work::Upgrade) || !is_plain(run, step) {
            return None;
        }
        let word = |at: usize| cx.facts.source(index, step.args[at].span);
        for (span, text) in keep_none(cx, manager, install, &word, option) {
            edits.replace(span, text);
        }
    }
    Some(edits)
}

/// Whether `step` stands in no compound command, in no pipe and beside no `||`.
fn is_plain(run: &Run<'_>, step: &Step<'_>) -> bool {
    let is_joined = |item: &&Item| {
        let mut rest = item.rest.iter();
        rest.all(|(connector, _, _)| *connector == Connector::And)
    };
    let items = run.script.iter().flat_map(|script| &script.items);
    let mut pipelines = items.filter(is_joined).flat_map(Item::pipelines);
    pipelines.any(|pipeline: &Pipeline| {
        let span = match pipeline.single() {
            Some(Command::Simple(simple)) => simple.span,
            _ => Span::default(),
        };
        span.shift(run.body.start) == step.span
    })
}

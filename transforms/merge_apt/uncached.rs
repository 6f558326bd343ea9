//! Installs that keep no lists, wherever in a `RUN` they stand.

use crate::analysis::runs::{Run, Step};
use crate::edit::Edits;
use crate::knowledge::package_managers::PackageManager;
use crate::syntax::Span;
use crate::syntax::shell::{Command, Item};
use crate::transform::Cx;

use super::layer::{Work, leaves_lists, single_list, work_of};
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

/// Whether `step` is one of a plain list, which is all of the script.
fn is_plain(run: &Run<'_>, step: &Step<'_>) -> bool {
    let list = run.script.as_ref().and_then(single_list);
    let mut pipelines = list.into_iter().flat_map(Item::pipelines);
    pipelines.any(|pipeline| {
        let span = match pipeline.single() {
            Some(Command::Simple(simple)) => simple.span,
            _ => Span::default(),
        };
        span.shift(run.body.start) == step.span
    })
}

//! Taking commands out of a `RUN`.

use crate::analysis::runs::Run;
use crate::syntax::Span;
use crate::syntax::shell::{Connector, Item};
use crate::transform::Cx;

/// Whether only `&&` joins the commands of `item`, in the foreground.
pub(super) fn is_and_list(item: &Item) -> bool {
    let mut connectors = item.rest.iter().map(|(connector, _, _)| *connector);
    connectors.all(|connector| connector == Connector::And) && item.terminator.is_none()
}

/// The source of the commands `useless` (spans of the logical line) of `run`, which is the `RUN` at `index`, each with
/// the `&&` that joins it to another.
///
/// # Errors
/// Why they cannot be taken out: they are joined otherwise, or nothing would remain.
pub(super) fn without(
    cx: &Cx<'_>,
    index: usize,
    run: &Run<'_>,
    useless: &[Span],
) -> Result<Vec<Span>, &'static str> {
    let item = run
        .script
        .as_ref()
        .and_then(|script| match script.items.as_slice() {
            [item] if is_and_list(item) && script.comments.is_empty() => Some(item),
            _ => None,
        });
    let Some(item) = item else {
        return Err(
            "commands that clean up have to go, and they are not joined to the others by `&&` alone",
        );
    };
    let pipelines: Vec<Span> = item
        .pipelines()
        .map(|pipeline| pipeline.span.shift(run.body.start))
        .collect();
    let Some(kept) = pipelines.iter().position(|span| !useless.contains(span)) else {
        return Err("nothing would remain of it");
    };
    if useless.iter().any(|span| !pipelines.contains(span)) {
        return Err("a command that cleans up is a part of another");
    }
    let logical = &cx.facts.views[index].logical;
    let first = logical.source(pipelines[0]).start;
    let mut spans = vec![Span::new(first, logical.source(pipelines[kept]).start)];
    for pair in pipelines[kept..]
        .windows(2)
        .filter(|pair| useless.contains(&pair[1]))
    {
        spans.push(Span::new(
            logical.source(pair[0]).end,
            logical.source(pair[1]).end,
        ));
    }
    spans.retain(|span| !span.is_empty());
    Ok(spans)
}

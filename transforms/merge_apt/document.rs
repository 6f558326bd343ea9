//! A here-document that is the script of a `RUN`, and leaves its package lists behind.

use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::Stage;
use crate::knowledge::package_managers::PackageManager;
use crate::syntax::Span;
use crate::syntax::shell::{Command, Item, Terminator};
use crate::transform::{Cx, Plan, Rewrite};

use super::super::layout::WIDTH;
use super::super::style;
use super::guards;
use super::layer::{ends_with_lists, leaves_lists, manager_of};

/// Cleans up at the end of `document`, the script of instruction `index`.
pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize, document: &Run<'_>) -> Option<Plan> {
    let manager = manager_of(cx, document)?;
    let keeps_lists = ends_with_lists(cx, manager, document.steps.iter(), cx.file.text());
    keeps_lists.then(|| rewrite(cx, stage, index, document, manager))
}

fn rewrite(
    cx: &Cx<'_>,
    stage: &Stage,
    index: usize,
    document: &Run<'_>,
    manager: &PackageManager,
) -> Plan {
    let refuse = |why: &str| {
        let message = format!("its here-document leaves package lists behind, but {why}");
        Err(guards::refuse(cx, index, "heredoc", &message))
    };
    if cx.facts.views[index].flag("network").is_some() {
        return refuse("it may have no network to download them again");
    }
    guards::check_user(cx, index)?;
    guards::check_mounts(cx, manager, &[index])?;
    let fate = guards::fate_of_lists(cx, manager, stage, &[index])?;
    let Some(last) = last_item(document, cx.file.text()) else {
        return refuse("nothing can be put after its last command");
    };
    let downloads = |step: &&Step<'_>| leaves_lists(cx, manager, step);
    let Some(download) = document.steps.iter().rfind(downloads) else {
        return refuse("nobody knows with which command");
    };
    let cleanup = manager
        .cleanup
        .replace("{program}", download.args[0].known());
    let message = format!("`{cleanup}` in the layer that has something to clean");
    let mut rewrite = Rewrite::new(cx.file.instructions()[index].span, message);
    let end = last.span.end + document.body.start;
    rewrite
        .edits
        .insert(end, appended(cx, index, document, last, &cleanup));
    rewrite.evidence(download.span, "downloads package lists");
    fate.tell(cx, &mut rewrite);
    Ok(rewrite)
}

/// The last list of the script, if a command behind it runs when the list succeeds.
fn last_item<'r>(document: &'r Run<'_>, source: &str) -> Option<&'r Item> {
    let last = document.script.as_ref()?.items.last()?;
    // The lines behind it may belong to a document of its own.
    let has_document = last
        .span
        .shift(document.body.start)
        .text(source)
        .contains("<<");
    let in_background = matches!(last.terminator, Some((Terminator::Background, _)));
    let leaves = |step: &Step<'_>| {
        let program = step.args.first().map_or("", |arg| arg.known());
        matches!(program, "exit" | "exec" | "return")
    };
    let is_function = |command: &Command| matches!(command, Command::Function(_));
    let mut commands = last.pipelines().flat_map(|pipeline| &pipeline.commands);
    let stays = !document.steps.iter().any(leaves) && !commands.any(is_function);
    (stays && !in_background && !has_document).then_some(last)
}

/// Whether the script ends when one of its commands fails, up to its end.
fn stops_at_failure(cx: &Cx<'_>, index: usize, document: &Run<'_>) -> bool {
    let steps = document.steps.iter();
    let sets = steps.filter(|step| step.args.first().is_some_and(|arg| arg.known() == "set"));
    match sets.count() {
        0 => cx.facts.states[index].shell.has_errexit(),
        1 => document.steps[0].sets_errexit(),
        _ => false,
    }
}

/// `cleanup` behind the last list: on a line of its own where a failure ends the script, else joined to the list, so
/// that the `RUN` still fails when the list does.
fn appended(cx: &Cx<'_>, index: usize, document: &Run<'_>, last: &Item, cleanup: &str) -> String {
    let text = cx.file.text();
    let span = last.span.shift(document.body.start);
    let line = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let first = &text[line(span.start)..span.start];
    let indent = &first[..first.len() - first.trim_start().len()];
    let newline = style::newline(cx.file, span.start);
    let ends_at_failure = stops_at_failure(cx, index, document);
    let is_plain = last.rest.is_empty() && !last.first.negated;
    if ends_at_failure && is_plain {
        return format!("{newline}{indent}{cleanup}");
    }
    let length = Span::new(line(span.end), span.end).len() + " && ".len() + cleanup.len();
    if length <= WIDTH {
        return format!(" && {cleanup}");
    }
    format!(" &&{newline}{indent}    {cleanup}")
}

//! A cleanup in a layer of its own, which saves nothing: what is in an earlier layer stays there.

use crate::analysis::stages::Stage;
use crate::edit::Edits;
use crate::knowledge::package_managers::PackageManager;
use crate::syntax::{Kind, Span, TokenKind};
use crate::transform::{Cx, Refusal};

use super::super::style;
use super::arrange::owns_all;
use super::command::Command;
use super::guards;
use super::layer::{Layer, Work, manager_of, removes_lists};

/// The `RUN` behind instruction `index` that does nothing but clean up after it.
pub(super) fn behind<'a>(
    cx: &Cx<'a>,
    manager: &PackageManager,
    stage: &Stage,
    index: usize,
) -> Result<Option<Layer<'a>>, Refusal> {
    let mut unknown = false;
    for at in index + 1..stage.body.end {
        if let Ok(Some(layer)) = Layer::read(cx, at)
            && layer.manager.tool == manager.tool
            && only_cleans(&layer)
        {
            return if unknown {
                Err(refuse(
                    cx,
                    at,
                    "commands between may have left something to clean as well",
                ))
            } else if !layer
                .commands
                .iter()
                .all(|command| owns_all(manager, command))
            {
                Err(refuse(cx, at, "it also empties folders that others use"))
            } else {
                Ok(Some(layer))
            };
        }
        let Some(run) = &cx.facts.runs[at] else {
            continue;
        };
        if manager_of(cx, run).is_some_and(|other| other.tool == manager.tool) {
            return Ok(None);
        }
        unknown |= matches!(cx.facts.views[at].kind, Kind::Run { .. }) && !run.is_understood();
    }
    Ok(None)
}

fn only_cleans(layer: &Layer<'_>) -> bool {
    layer.rest.is_none()
        && layer
            .commands
            .iter()
            .all(|command| command.work == Work::Clean)
}

fn refuse(cx: &Cx<'_>, index: usize, why: &str) -> Refusal {
    let message = format!("it cleans what earlier layers keep anyway, but {why}");
    guards::refuse(cx, index, "late-cleanup", &message)
}

/// The commands of `layer` that do something when they run at the end of instruction `index`, which
/// keeps lists or not.
pub(super) fn needed<'l, 'a>(
    cx: &Cx<'a>,
    layer: &'l Layer<'a>,
    index: usize,
    keeps_lists: bool,
) -> Vec<&'l Command<'a>> {
    let done = cx.facts.runs[index].iter().flat_map(|run| &run.steps);
    let done: Vec<Vec<&str>> = done.map(|step| step.words().collect()).collect();
    let line = &cx.facts.views[layer.index].logical.text;
    let is_needed = |command: &&Command<'a>| {
        let words: Vec<&str> = command.step.words().collect();
        let of_lists = removes_lists(layer.manager, command.step, line);
        (keeps_lists || !of_lists) && !done.contains(&words)
    };
    layer.commands.iter().filter(is_needed).collect()
}

/// The comments above and in `layer`, but for those inside of `moved`, commands of it that keep their text.
pub(super) fn comments<'a>(cx: &Cx<'a>, layer: &Layer<'_>, moved: &[&Command<'_>]) -> Vec<&'a str> {
    let block = cx.facts.block(layer.index);
    let tokens = cx.file.tokens().iter();
    let comments = tokens.filter(|token| token.kind == TokenKind::Comment);
    comments
        .map(|token| token.span)
        .filter(|&comment| block.contains(comment))
        .filter(|&comment| {
            !moved
                .iter()
                .any(|command| command.source(cx).contains(comment))
        })
        .map(|comment| comment.text(cx.file.text()))
        .collect()
}

/// Takes `layer` out of the file.
pub(super) fn take_out(cx: &Cx<'_>, layer: &Layer<'_>, edits: &mut Edits) {
    let block: Span = cx.facts.block(layer.index);
    edits.delete(style::with_blank_line(cx.file.text(), block));
}

//! Several `RUN`s, one after the other, as one.

use std::collections::BTreeSet;

use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::edit::Edits;
use crate::knowledge::tools::Does;
use crate::syntax::{Span, TokenKind};
use crate::transform::{Cx, Refusal, Rewrite};

use super::super::style;
use super::arrange::{Arrangement, arrange};
use super::compose::compose;
use super::guards;
use super::layer::{Layer, Obstacle, ends_with_lists, work_of};
use super::mention;

/// `RUN`s that can be joined, and what keeps the next one out.
pub(super) struct Group<'a> {
    /// At least one.
    pub(super) layers: Vec<Layer<'a>>,
    pub(super) obstacle: Option<Refusal>,
}

/// The layers from instruction `index` of `stage` on that can become one.
pub(super) fn group<'a>(cx: &Cx<'a>, stage: &Stage, index: usize) -> Option<Group<'a>> {
    let first = match Layer::read(cx, index) {
        Ok(first) => first?,
        Err(obstacle) => {
            let tool = &obstacle.manager.tool;
            let told = !is_worth_telling(cx, &obstacle, index)
                || index > stage.body.start && works_with(cx, tool, index - 1);
            let beside = !told && index + 1 < stage.body.end && works_with(cx, tool, index + 1);
            let refusal = || {
                guards::refuse(
                    cx,
                    index,
                    obstacle.code,
                    &format!("it is not joined to the next one: {}", obstacle.message),
                )
            };
            return Some(Group {
                layers: Vec::new(),
                obstacle: beside.then(refusal),
            });
        }
    };
    let mut group = Group {
        layers: vec![first],
        obstacle: None,
    };
    for next in index + 1..stage.body.end {
        match group.admit(cx, next) {
            Ok(Some(layer)) => group.layers.push(layer),
            Ok(None) => break,
            Err(refusal) => {
                group.obstacle = Some(refusal);
                break;
            }
        }
    }
    Some(group)
}

/// Whether somebody could want instruction `index` joined to another: it only works with packages, or nobody knows. A `RUN`
/// that does other things as well is right to have its own lists, which it removes.
fn is_worth_telling(cx: &Cx<'_>, obstacle: &Obstacle<'_>, index: usize) -> bool {
    let Some(run) = cx.facts.runs[index]
        .as_ref()
        .filter(|run| run.opaque.is_none())
    else {
        return true;
    };
    let manager = obstacle.manager;
    let is_about_packages = |step: &Step<'_>| {
        let prepares = matches!(
            step.does(),
            Some(Does::ConfigurePackages | Does::ShellState | Does::Nothing)
        );
        prepares || work_of(cx, manager, step).is_some() || mention::calls(cx, manager, step)
    };
    run.steps.iter().all(is_about_packages)
}

/// Whether instruction `index` works with the packages of the manager `tool`.
fn works_with(cx: &Cx<'_>, tool: &str, index: usize) -> bool {
    match Layer::read(cx, index) {
        Ok(layer) => layer.is_some_and(|layer| layer.manager.tool == tool),
        Err(obstacle) => obstacle.manager.tool == tool,
    }
}

impl<'a> Group<'a> {
    /// Reads instruction `next` as the next layer; `None` when it has nothing to do with this group.
    fn admit(&self, cx: &Cx<'a>, next: usize) -> Result<Option<Layer<'a>>, Refusal> {
        let Some(last) = self.layers.last() else {
            return Ok(None);
        };
        let refuse = |code, message: &str| {
            Err(guards::refuse(
                cx,
                next,
                code,
                &format!("it is not joined to the one before: {message}"),
            ))
        };
        let layer = match Layer::read(cx, next) {
            Ok(Some(layer)) if layer.manager.tool == last.manager.tool => layer,
            Err(obstacle)
                if obstacle.manager.tool == last.manager.tool
                    && is_worth_telling(cx, &obstacle, next) =>
            {
                return refuse(obstacle.code, &obstacle.message);
            }
            Ok(_) | Err(_) => return Ok(None),
        };
        let called: BTreeSet<&str> = programs(last).chain(programs(&layer)).collect();
        if last.rest.is_some() {
            return Ok(None);
        }
        if called.len() > 1 {
            return refuse("other-program", "that one calls another program");
        }
        if flags(cx, last.index) != flags(cx, next) {
            return refuse("run-flags", "its flags are not those of that one");
        }
        Ok(Some(layer))
    }
}

/// The flags of instruction `index`, as written.
pub(super) fn flags(cx: &Cx<'_>, index: usize) -> Vec<String> {
    let view = &cx.facts.views[index];
    view.flags
        .iter()
        .map(|flag| view.text(flag.span).to_owned())
        .collect()
}

/// The package managers that `layer` calls, by the name that scripts call them.
fn programs<'l>(layer: &'l Layer<'_>) -> impl Iterator<Item = &'l str> {
    let own = layer
        .commands
        .iter()
        .filter(|command| command.invocation.tool.id == layer.manager.tool);
    own.map(|command| command.program(layer.manager))
}

/// Makes one of `layers`, which are at least two.
pub(super) fn rewrite<'a>(
    cx: &Cx<'a>,
    stage: &Stage,
    layers: &[Layer<'a>],
) -> Result<Rewrite, Refusal> {
    let (first, last) = (&layers[0], &layers[layers.len() - 1]);
    let manager = first.manager;
    guards::check_user(cx, first.index)?;
    for layer in layers {
        guards::check_network(cx, manager, layer.index)?;
    }
    let for_linters = comments_for_linters(cx, layers)?;
    let of: Vec<usize> = layers.iter().map(|layer| layer.index).collect();
    let fate = guards::check_mounts(cx, manager, &[first.index])
        .and_then(|()| guards::fate_of_lists(cx, manager, stage, &of));
    let lists_stay = fate.is_err() && ends_with_lists_before(cx, layers);
    let site = Span::new(
        cx.file.instructions()[first.index].span.start,
        cx.file.instructions()[last.index].span.end,
    );
    let message = format!(
        "{} RUN instructions that work with packages become one layer",
        layers.len()
    );
    let mut rewrite = Rewrite::new(site, message);
    let arrangement = arrange(cx, layers, lists_stay);
    rewrite.edits = edits(cx, layers, &arrangement, &for_linters, lists_stay);
    for layer in layers {
        guards::show_download(cx, manager, layer.index, &mut rewrite);
    }
    if arrangement.changes_order {
        guards::check_numbers(cx, last.index)?;
        rewrite.assume("the packages can be installed together: none brings a source for another, and none is chosen because another is not there yet");
    }
    if let (Ok(fate), false) = (&fate, lists_stay) {
        fate.tell(cx, &mut rewrite);
    }
    Ok(rewrite)
}

/// The edits that put one `RUN` in the place of `layers`. Comments in `for_linters` stay above it.
pub(super) fn edits<'a>(
    cx: &Cx<'a>,
    layers: &[Layer<'a>],
    arrangement: &Arrangement<'a>,
    for_linters: &[Span],
    lists_stay: bool,
) -> Edits {
    let mut edits = Edits::new();
    let (Some(first), Some(last)) = (layers.first(), layers.last()) else {
        return edits;
    };
    let above = cx.file.instructions()[first.index].full.start;
    let newline = style::newline(cx.file, above);
    for comment in for_linters {
        edits.insert(
            above,
            style::terminated(comment.text(cx.file.text()), newline),
        );
    }
    let start = first
        .commands
        .first()
        .map_or(above, |command| command.source(cx).start);
    let range = Span::new(start, cx.file.instructions()[last.index].span.end);
    let uncached = first.manager.uncached.is_some() && !lists_stay;
    edits.replace(
        range,
        compose(
            cx,
            first.manager,
            &arrangement.pieces,
            range,
            for_linters,
            uncached,
        ),
    );
    edits
}

/// Whether the lists are there behind `layers` as they are.
fn ends_with_lists_before(cx: &Cx<'_>, layers: &[Layer<'_>]) -> bool {
    let Some(last) = layers.last() else {
        return false;
    };
    let line = &cx.facts.views[last.index].logical.text;
    let steps = layers
        .iter()
        .flat_map(|layer| &layer.commands)
        .map(|command| command.step);
    ends_with_lists(cx, last.manager, steps.chain(last.rest_steps(cx)), line)
}

/// The comments above the later layers that are meant for a program: they must stay directly above
/// the instruction, which only those of one layer can.
fn comments_for_linters(cx: &Cx<'_>, layers: &[Layer<'_>]) -> Result<Vec<Span>, Refusal> {
    let of = |layer: &Layer<'_>| -> Vec<Span> {
        let Some(comments) = cx.file.leading_comments(layer.index) else {
            return Vec::new();
        };
        let tokens = cx
            .file
            .tokens()
            .iter()
            .filter(|token| token.kind == TokenKind::Comment && comments.contains(token.span));
        tokens
            .map(|token| token.span)
            .filter(|span| style::is_for_linter(span.text(cx.file.text())))
            .collect()
    };
    let marked: Vec<(usize, Vec<Span>)> = layers
        .iter()
        .map(|layer| (layer.index, of(layer)))
        .filter(|(_, comments)| !comments.is_empty())
        .collect();
    match marked.as_slice() {
        [] => Ok(Vec::new()),
        [(index, _)] if *index == layers[0].index => Ok(Vec::new()),
        [(_, comments)] => Ok(comments.clone()),
        [.., (index, _)] => Err(guards::refuse(
            cx,
            *index,
            "linter-comments",
            "it and the one before both have a comment for a linter, which only counts directly above its RUN",
        )),
    }
}

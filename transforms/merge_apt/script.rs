//! A script from the net that downloads package lists, and the install in the next `RUN`.
//!
//! ```dockerfile
//! RUN curl -fsSL https://…/setup_20.x | bash -      RUN curl -fsSL https://…/setup_20.x | bash - \
//! RUN apt-get install -y nodejs                         && apt-get install -y nodejs
//! ```
//!
//! The lists are in a layer of their own otherwise, in which nothing can remove them.

use crate::analysis::runs::Run;
use crate::analysis::stages::Stage;
use crate::edit::Edits;
use crate::knowledge::tools::Does;
use crate::syntax::{Form, Kind, Span};
use crate::transform::{Cx, Plan, Rewrite};

use super::append::{appended, last_item};
use super::late;
use super::later::is_shipped;
use super::layer::{Layer, Work, fetches_refreshing_script, single_list};
use super::merge::flags;
use super::spelling::respell;
use super::{guards, recommends};

/// Joins the install behind instruction `index` to the script in it, when nothing else is to be done with the install.
pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    let run = cx.facts.runs[index].as_ref()?;
    let next = index + 1;
    if next >= stage.body.end || !is_plain(cx, index, run) {
        return None;
    }
    let layer = Layer::read(cx, next).ok()??;
    let fetch = run
        .steps
        .iter()
        .find(|step| fetches_refreshing_script(cx, layer.manager, step))?;
    let view = &cx.facts.views[next];
    let fits = layer.commands.first()?.work == Work::Install
        && flags(cx, index) == flags(cx, next)
        && !view.logical.crosses_comment(view.body);
    let is_settled = || {
        is_shipped(cx, stage)
            && recommends::plan(cx, stage, &layer).is_none()
            && guards::fate_of_lists(cx, layer.manager, stage, &[index, next]).is_ok()
    };
    if !fits || !is_settled() {
        return None;
    }
    joined(cx, index, run, &layer, fetch.span).map(Ok)
}

/// Whether another command can run behind those of instruction `index` as it would in a `RUN` of its own.
fn is_plain(cx: &Cx<'_>, index: usize, run: &Run<'_>) -> bool {
    let is_shell_form = matches!(
        &cx.facts.views[index].kind,
        Kind::Run {
            form: Form::Shell(_)
        }
    );
    let mut steps = run.steps.iter();
    is_shell_form
        && run.opaque.is_none()
        && run.script.as_ref().and_then(single_list).is_some()
        && steps.all(|step| step.does() != Some(Does::ShellState))
}

/// The commands of `layer`, in words for scripts.
fn respelled(cx: &Cx<'_>, layer: &Layer<'_>) -> String {
    let body = cx.facts.views[layer.index].body;
    let source = cx.facts.source(layer.index, body);
    let mut text = source.text(cx.file.text()).to_owned();
    let commands = layer.commands.iter();
    let changes = commands.flat_map(|command| respell(cx, layer.manager, command, false));
    let changes: Vec<(Span, String)> = changes.collect();
    for (span, words) in changes.into_iter().rev() {
        text.replace_range(span.start - source.start..span.end - source.start, &words);
    }
    text
}

fn joined(
    cx: &Cx<'_>,
    index: usize,
    run: &Run<'_>,
    layer: &Layer<'_>,
    fetch: Span,
) -> Option<Rewrite> {
    let last = last_item(run)?;
    let commands = [respelled(cx, layer)];
    let comments = late::comments(cx, layer, &[]);
    let mut edits = Edits::new();
    let end = cx.facts.source(index, last.span.shift(run.body.start)).end;
    edits.insert(end, appended(cx, index, run, last, &commands, &comments));
    late::take_out(cx, layer, &mut edits);
    let message = "the install in the RUN of the script that downloads its package lists";
    let mut rewrite = Rewrite::new(cx.file.instructions()[layer.index].span, message);
    rewrite.edits = edits;
    rewrite.evidence(
        cx.facts.source(index, fetch),
        "fetches a script that downloads package lists",
    );
    Some(rewrite)
}

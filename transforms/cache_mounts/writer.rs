//! The edits of one `RUN`.

use crate::analysis::paths::file_name;
use crate::analysis::stages::Stage;
use crate::knowledge::caches::Cache;
use crate::syntax::{Form, Kind, Span};
use crate::transform::{Change, Cx, Refusal, Rewrite};

use super::super::commands;
use super::super::layout::Layout;
use super::{Mounted, cleanup, refuse};

/// Writes the mounts of `one`, and takes out what would empty them.
///
/// `earlier` are those that are written before it, so that what they do once need not be done again.
pub(super) fn write(
    cx: &Cx<'_>,
    cache: &Cache,
    one: &Mounted<'_, '_>,
    earlier: &[Mounted<'_, '_>],
    rewrite: &mut Rewrite,
) -> Result<(), Refusal> {
    let index = one.used.index;
    let view = &cx.facts.views[index];
    let cleanup = cleanup::of(cx, cache, one)?;
    let layout = Layout::like(cx, &[index]);
    let run = cx.facts.runs[index].as_ref();
    let is_document = run.is_some_and(|run| run.document.is_some());
    let mut front = String::new();
    for place in &one.places {
        let flag = place.flag();
        front += &match is_document {
            true => format!("{flag} "),
            false => format!("{flag} {}{}", layout.continued, layout.indent),
        };
        rewrite.declares.push(Change::Mount(flag));
    }
    if let Some(command) = before(cx, cache, one, earlier)? {
        front += command;
        front += &layout.and(&[]);
        rewrite.declares.push(Change::Commands(command.to_owned()));
    }
    rewrite
        .edits
        .insert(view.logical.source(Span::at(view.body.start)).start, front);
    cleanup
        .spans
        .iter()
        .for_each(|span| rewrite.edits.delete(*span));
    let words = cleanup.gone.into_iter().map(Change::WordGone);
    let commands = cleanup.commands.into_iter().map(Change::CleanupGone);
    rewrite.declares.extend(words.chain(commands));
    for step in &one.used.steps {
        let source = match is_document {
            true => step.span,
            false => cx.facts.source(index, step.span),
        };
        rewrite.evidence(source, "downloads what can be kept");
    }
    Ok(())
}

/// The command that has to run first, unless an earlier step of the image has run it.
fn before<'c>(
    cx: &Cx<'_>,
    cache: &'c Cache,
    one: &Mounted<'_, '_>,
    earlier: &[Mounted<'_, '_>],
) -> Result<Option<&'c str>, Refusal> {
    let Some(command) = &cache.before else {
        return Ok(None);
    };
    let index = one.used.index;
    let file = file_name(command);
    let stages = below(cx, index);
    let is_done = |at: usize| at <= index && stages.iter().any(|stage| stage.body.contains(&at));
    let says_so = |at: usize| is_done(at) && cx.facts.source_text(at).contains(file);
    if earlier.iter().any(|one| is_done(one.used.index)) || (0..=index).any(says_so) {
        return Ok(None);
    }
    let script = one.used.script.script.as_ref();
    let is_list = script.is_some_and(|script| match script.items.as_slice() {
        [item] => commands::is_and_list(item) && script.comments.is_empty(),
        _ => false,
    });
    let is_shell = matches!(
        &cx.facts.views[index].kind,
        Kind::Run {
            form: Form::Shell(_)
        }
    );
    let is_document = cx.facts.runs[index]
        .as_ref()
        .is_some_and(|run| run.document.is_some());
    if !is_list || !is_shell || is_document {
        let message = format!("`{command}` has to come first, and cannot be joined to it by `&&`");
        return Err(refuse(cx, index, "shell-lists", &message));
    }
    Ok(Some(command))
}

/// The stage of instruction `index` and those that it is built on.
fn below<'f>(cx: &Cx<'f>, index: usize) -> Vec<&'f Stage> {
    let stage = cx.facts.stage_of(index);
    stage.map_or_else(Vec::new, |stage| cx.facts.ancestry(stage).collect())
}

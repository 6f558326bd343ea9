//! What a step does to a file that is mounted now: it cannot be removed, and nobody else can read it.

use crate::analysis::paths::{Extent, Region, UNKNOWN_WORKDIR, join};
use crate::analysis::runs::Step;
use crate::transform::{Change, Cx, Refusal, Rewrite};

use super::super::commands;
use super::{refuse, steps, writer};

/// What a step did to the file.
pub(super) struct Traces {
    /// Whether anything is left of the step.
    pub(super) is_left: bool,
    /// Whether it removed the file.
    pub(super) removes: bool,
}

/// Takes out of the `RUN` at `index` the commands that only remove the file at `path`, or say who may read it.
///
/// # Errors
/// When such a command cannot be taken out, or another one changes the file.
pub(super) fn remove(
    cx: &Cx<'_>,
    index: usize,
    path: &str,
    rewrite: &mut Rewrite,
) -> Result<Traces, Refusal> {
    let none = Traces {
        is_left: true,
        removes: false,
    };
    let Some(run) = steps::script(cx, index) else {
        return Ok(none);
    };
    let refused = |why: &str| {
        let message =
            format!("it changes {path}, which cannot be changed where it is mounted: {why}");
        refuse(cx, index, "changed", message)
    };
    let touching: Vec<&Step<'_>> = run.steps.iter().filter(|step| writes(step, path)).collect();
    let Some(first) = touching.first() else {
        return Ok(none);
    };
    if let Some(other) = touching.iter().find(|step| !is_about(step, path)) {
        let program = other.args.first().map_or("", |arg| arg.known());
        return Err(refused(&format!("`{program}` does more than that")));
    }
    let is_document = cx.facts.runs[index]
        .as_ref()
        .is_some_and(|run| run.document.is_some());
    if is_document || first.redirected {
        return Err(refused("take the command out"));
    }
    let text = &cx.facts.views[index].logical.text;
    let commands = touching.iter().map(|step| step.span.text(text).to_owned());
    rewrite.declares.extend(commands.map(Change::CleanupGone));
    if touching.len() == run.steps.len() {
        writer::remove_all(cx, index, rewrite)?;
    } else {
        let spans: Vec<_> = touching.iter().map(|step| step.span).collect();
        let spans = commands::without(cx, index, run, &spans).map_err(refused)?;
        spans
            .into_iter()
            .for_each(|span| rewrite.edits.delete(span));
    }
    let is_removal = |step: &&Step<'_>| step.args.first().is_some_and(|arg| arg.known() == "rm");
    Ok(Traces {
        is_left: touching.len() < run.steps.len(),
        removes: touching.iter().any(is_removal),
    })
}

/// Whether `step` is known to write the file at `path`, or may do so in a working folder that is not known.
fn writes(step: &Step<'_>, path: &str) -> bool {
    let file = Region::new(path);
    let is_it = |region: &Region| match region.path().strip_prefix(UNKNOWN_WORKDIR) {
        Some(inside) if file.path().starts_with('/') => {
            format!("{path}/").contains(&format!("{inside}/"))
        }
        _ => region.meets(&file),
    };
    match &step.effects.writes {
        Extent::Regions(regions) => regions.iter().any(is_it),
        Extent::Everything => false,
    }
}

/// Whether `step` does nothing but to remove the file at `path`, or to say who may read it.
fn is_about(step: &Step<'_>, path: &str) -> bool {
    let program = step.args.first().map_or("", |arg| arg.known());
    let operands = step
        .args
        .iter()
        .skip(1)
        .filter(|arg| !arg.known().starts_with('-'));
    let skipped = match program {
        "rm" => 0,
        "chmod" | "chown" => 1,
        _ => return false,
    };
    let cwd = step.cwd.as_deref().unwrap_or("/");
    let is_path = |text: &str| join(cwd, text) == path;
    let mut paths = operands.skip(skipped).peekable();
    paths.peek().is_some() && paths.all(|arg| arg.text.as_deref().is_some_and(is_path))
}

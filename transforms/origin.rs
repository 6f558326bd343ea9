//! Which file of the build context a path in the image comes from.

use std::collections::BTreeSet;

use crate::analysis::paths::{below, file_name, join, parent};
use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Stage};
use crate::context::{FileKind, in_folder};
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Transfer};
use crate::transform::Cx;

/// Where a path in an image comes from.
pub(super) enum Origin {
    /// This file of the build context.
    File(String),
    /// The copy at this instruction may bring it, but what it brings cannot be looked at.
    Unread(usize),
    /// A copy that cannot be looked at may bring it, or a step of which nobody knows what it does has made it: a program.
    Program,
    /// No copy brings it: it comes with the base image, or a step makes it.
    Elsewhere,
}

/// Where `path` in `stage` comes from: the last copy that brings it counts.
pub(super) fn origin(cx: &Cx<'_>, stage: &Stage, path: &str) -> Origin {
    origin_before(cx, stage, stage.body.end, path)
}

/// The paths that a pattern for names in a folder of `stage` stands for, as far as copies bring files of the build context there:
/// `/init.d/*.sh`.
pub(super) fn matching(cx: &Cx<'_>, stage: &Stage, pattern: &str) -> Vec<String> {
    let Some(context) = cx.context else {
        return Vec::new();
    };
    let (folder, name) = (parent(pattern), file_name(pattern));
    let files = context.paths_called(&[name.to_owned()]);
    let paths = files.iter().map(|file| join(folder, file_name(file)));
    let is_brought = |path: &String| matches!(origin(cx, stage, path), Origin::File(_));
    let paths: BTreeSet<String> = paths.filter(is_brought).collect();
    paths.into_iter().collect()
}

/// Where `path` comes from in the state before instruction `end`.
pub(super) fn origin_before(cx: &Cx<'_>, stage: &Stage, end: usize, path: &str) -> Origin {
    for index in (stage.body.start..end).rev() {
        let found = match &cx.facts.views[index].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                match brought(cx, index, transfer, path) {
                    Origin::Elsewhere => None,
                    found => Some(found),
                }
            }
            _ => left_by(cx, stage, index, path),
        };
        if let Some(found) = found {
            return found;
        }
    }
    match stage.base {
        Base::Stage(parent) => origin(cx, &cx.facts.stages[parent], path),
        _ => Origin::Elsewhere,
    }
}

/// Where `path` comes from when the `RUN` at `index` puts something there, or may have made it. `None` when it does not.
fn left_by(cx: &Cx<'_>, stage: &Stage, index: usize, path: &str) -> Option<Origin> {
    if let Some(source) = moved(cx, index, path) {
        return Some(origin_before(cx, stage, index, &source));
    }
    let made = made(cx, index, path)?;
    if made == Made::Named {
        return Some(Origin::Elsewhere);
    }
    // A build makes programs; a file of the context is none.
    Some(match origin_before(cx, stage, index, path) {
        Origin::File(file) => Origin::File(file),
        Origin::Unread(_) | Origin::Program if made == Made::Perhaps => Origin::Program,
        _ => Origin::Elsewhere,
    })
}

/// What the `RUN` at `index` copies, moves or links to `path`.
fn moved(cx: &Cx<'_>, index: usize, path: &str) -> Option<String> {
    let steps = cx.facts.steps(index).iter();
    let moves = steps.filter(|step| {
        let program = step.args.first().map_or("", |arg| arg.known());
        ["cp", "mv", "ln", "install"].contains(&program)
    });
    moves
        .filter_map(|step| {
            let operands = step.invocation.as_ref()?.operands.iter();
            let paths: Option<Vec<String>> = operands
                .map(|&at| Some(join(step.cwd.as_deref()?, step.args[at].text.as_deref()?)))
                .collect();
            let paths = paths?;
            let (dest, sources) = paths.split_last()?;
            let lands = |source: &&String| *dest == path || join(dest, file_name(source)) == path;
            sources
                .iter()
                .find(lands)
                .filter(|source| *source != path)
                .cloned()
        })
        .next()
}

/// Whether the last operand of `step` is `path`, or the folder in which it makes it. What is not known may be.
fn lands_at(step: &Step<'_>, path: &str) -> bool {
    let Some(cwd) = &step.cwd else { return true };
    let Some(last) = step.args.last().and_then(|arg| arg.text.as_deref()) else {
        return true;
    };
    let names = step.words();
    let names = names.map(file_name);
    let dest = join(cwd, last);
    let mut inside = names.map(|name| join(&dest, name));
    dest == path || inside.any(|place| place == path)
}

/// Why a `RUN` may have made a program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// A command names it.
    Named,
    /// A program is built there.
    Built,
    /// A program may be built there.
    Perhaps,
}

/// Whether the `RUN` at `index` makes the program `path`.
fn made(cx: &Cx<'_>, index: usize, path: &str) -> Option<Made> {
    let (run, text) = cx.facts.script(index)?;
    let name = file_name(path);
    let touches = ["chmod", "sed", "dos2unix", "chown"];
    let names = |step: &Step<'_>| {
        let program = step.args.first().map_or("", |arg| arg.known());
        // A link to it leaves it as it is.
        let is_led_to = program == "ln" && !lands_at(step, path);
        step.span.text(text).contains(name) && !touches.contains(&program) && !is_led_to
    };
    let builds = |step: &Step<'_>| matches!(step.does(), Some(Does::Build | Does::Run));
    let is_unknown = |step: &Step<'_>| step.does().is_none();
    match &run.steps {
        steps if steps.iter().any(names) => Some(Made::Named),
        _ if name.contains('.') => None,
        steps if steps.iter().any(builds) => Some(Made::Built),
        steps => steps.iter().any(is_unknown).then_some(Made::Perhaps),
    }
}

fn brought(cx: &Cx<'_>, index: usize, transfer: &Transfer, path: &str) -> Origin {
    let view = &cx.facts.views[index];
    let dest = cx.facts.destination(index, transfer);
    let Some(rest) = below(path, &dest) else {
        return Origin::Elsewhere;
    };
    if view.flag("from").is_some() {
        return from_stage(cx, index, transfer, rest);
    }
    for source in &transfer.sources {
        let source = source.raw.trim_start_matches("./").trim_matches('/');
        let source = if source == "." { "" } else { source };
        match of_source(cx, index, source, rest) {
            Origin::Elsewhere => {}
            found => return found,
        }
    }
    Origin::Elsewhere
}

/// Whether `source` of the context, copied to a place from which `rest` leads to the path, brings it.
fn of_source(cx: &Cx<'_>, index: usize, source: &str, rest: &str) -> Origin {
    let name = file_name(source);
    let Some(context) = cx.context else {
        // A folder may hold anything; a file is one by its name.
        let names_it = rest.is_empty() || name == rest || crate::context::matches_name(name, rest);
        let folder = source.is_empty() || !name.contains('.');
        return if names_it || folder {
            Origin::Unread(index)
        } else {
            Origin::Elsewhere
        };
    };
    for found in if source.is_empty() {
        vec![String::new()]
    } else {
        context.glob(source)
    } {
        let (candidate, is_it) = match context.kind(&found) {
            Some(FileKind::Folder) => (in_folder(&found, rest), !rest.is_empty()),
            Some(FileKind::File) => (found.clone(), rest.is_empty() || file_name(&found) == rest),
            None => continue,
        };
        if is_it && context.kind(&candidate) == Some(FileKind::File) {
            return Origin::File(candidate);
        }
    }
    Origin::Elsewhere
}

/// Follows a `COPY --from` into the stage that it copies from.
fn from_stage(cx: &Cx<'_>, index: usize, transfer: &Transfer, rest: &str) -> Origin {
    let Some(stage) = cx.facts.source_stage(index).map(|at| &cx.facts.stages[at]) else {
        return Origin::Elsewhere;
    };
    for source in &transfer.sources {
        let source = join("/", &source.raw);
        let same_name = file_name(&source) == rest;
        let path = if rest.is_empty() || same_name {
            source
        } else {
            join(&source, rest)
        };
        match origin(cx, stage, &path) {
            Origin::Elsewhere => {}
            found => return found,
        }
    }
    Origin::Elsewhere
}

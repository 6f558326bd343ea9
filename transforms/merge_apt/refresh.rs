//! Lists that are downloaded again, in front of a later install that so far finds those of an earlier layer.
//!
//! ```dockerfile
//! RUN apt-get update \                    RUN apt-get update \
//!     && apt-get install -y curl              && apt-get install -y curl \
//! COPY . /src                                 && rm -rf /var/lib/apt/lists/*
//! RUN apt-get install -y ffmpeg           COPY . /src
//!                                         RUN apt-get update && apt-get install -y ffmpeg
//! ```
//!
//! The second install finds what it found before, as long as the same command downloads the lists from the same sources.

use crate::analysis::runs::{Run, Step};
use crate::edit::Edits;
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::syntax::shell::{Command, Connector, Item, Pipeline, Terminator};
use crate::syntax::{Span, TokenKind};
use crate::transform::{Cx, Rewrite};

use super::super::layout::{Layout, WIDTH};
use super::super::style;
use super::append::{own_indent, stops_at_failure};
use super::later::Need;
use super::layer::{Layer, Work, work_of};
use super::merge::flags;
use super::sources::{self, Sources};

/// A download in front of an install.
pub(super) struct Refresh {
    /// The instruction that installs.
    pub(super) index: usize,
    /// Where the download goes in the source.
    at: usize,
    /// The command, and what joins it to what follows.
    text: String,
    /// Lines with commands that nobody knows, which may change the sources in between.
    unknown: Vec<usize>,
}

/// The download that `need` can have for itself, by the command with which one of the instructions `of`, one after the
/// other, downloads the lists that it finds so far.
///
/// # Errors
/// Why it cannot: half a sentence.
pub(super) fn in_front(
    cx: &Cx<'_>,
    manager: &PackageManager,
    of: &[usize],
    need: &Need,
) -> Result<Refresh, &'static str> {
    let download = download(cx, manager, of).ok_or("nobody knows with which command")?;
    let run = cx.facts.runs[need.index].as_ref();
    let run = run.filter(|run| run.opaque.is_none() && run.script.is_some());
    let run = run.ok_or("that is not a plain script of a RUN")?;
    let last = need.index;
    if flags(cx, download.index) != flags(cx, last) {
        return Err("the two have different flags");
    }
    let install = run.steps.iter().find(|step| step.span == need.step);
    let install = install.filter(|step| finds_packages(cx, manager, step));
    let install = install.ok_or("what looks them up there is no plain install")?;
    let unknown = sources_stay(cx, manager, of, &download, need)?;
    let start = place(manager, run, install).ok_or(
        "there is no place for a command whose failure would be noticed in front of that install",
    )?;
    Ok(Refresh {
        index: last,
        at: cx.facts.source(last, Span::at(start)).start,
        text: joined(cx, last, run, start, &download.command),
        unknown,
    })
}

impl Refresh {
    /// Puts the download into the file, and what has to be taken for granted into `rewrite`.
    pub(super) fn make(&self, cx: &Cx<'_>, rewrite: &mut Rewrite) {
        rewrite.edits.insert(self.at, self.text.clone());
        rewrite.evidence(
            cx.file.instructions()[self.index].span,
            "looks packages up in the lists, and downloads them itself now",
        );
        if !self.unknown.is_empty() {
            rewrite.assume(format!(
                "the commands that dfopt does not know in front of {} (in {}) leave the sources of packages as they are",
                style::title(cx, self.index),
                style::titles(cx, &self.unknown)
            ));
        }
    }
}

/// A command that downloads lists.
struct Download {
    /// The instruction.
    index: usize,
    /// Where it stands in the logical line.
    step: Span,
    /// Its words, as scripts call the program.
    command: String,
}

/// The last command of the instructions `of` that downloads lists; `None` when
/// a failure of it may go on unnoticed, or when the shell decides what it does.
fn download(cx: &Cx<'_>, manager: &PackageManager, of: &[usize]) -> Option<Download> {
    let found = of.iter().rev().find_map(|&index| {
        let run = cx.facts.runs[index].as_ref()?;
        let mut steps = run.steps.iter().rev();
        let step = steps.find(|step| work_of(cx, manager, step) == Some(Work::Refresh))?;
        Some((index, run, step))
    });
    let (index, run, step) = found?;
    let before = run.steps.iter().take_while(|other| other.span != step.span);
    let plain = |word: &str| matches!(word, "set" | "cd");
    let mut states = before.filter(|other| other.does() == Some(Does::ShellState));
    let as_usual = states.all(|other| other.args.first().is_some_and(|arg| plain(arg.known())));
    let known = step.args.iter().all(|arg| arg.text.is_some()) && step.assigns.is_empty();
    if !as_usual || !known || step.redirected || !decides(cx, index, run, step.span) {
        return None;
    }
    let words: Vec<&str> = step.words().collect();
    let plain = words.iter().all(|word| word.chars().all(is_plain));
    let names = manager
        .in_scripts
        .as_ref()
        .filter(|names| names.program == words[0]);
    let program = names.map_or(words[0], |names| &names.becomes);
    let command = [&[program], &words[1..]].concat().join(" ");
    plain.then_some(Download {
        index,
        step: step.span,
        command,
    })
}

/// Whether no shell gives `c` a meaning.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_=:/.,+@%".contains(c)
}

/// Whether instruction `index` fails when the command at `step`, which is one of its script, does.
fn decides(cx: &Cx<'_>, index: usize, run: &Run<'_>, step: Span) -> bool {
    let Some((item, nth)) = place_of(run, step) else {
        return false;
    };
    let is_last = run.script.as_ref().and_then(|script| script.items.last()) == Some(item);
    let alone = item.rest.is_empty() && nth == 0;
    let joined = item
        .rest
        .iter()
        .all(|(connector, _, _)| *connector == Connector::And);
    joined && !in_background(item) && (is_last || alone && stops_at_failure(cx, index, run))
}

fn in_background(item: &Item) -> bool {
    matches!(item.terminator, Some((Terminator::Background, _)))
}

/// The list of the script of `run` in which the command at `step` is a pipeline by itself, and which one.
fn place_of<'r>(run: &'r Run<'_>, step: Span) -> Option<(&'r Item, usize)> {
    let is_step = |pipeline: &Pipeline| {
        matches!(pipeline.single(), Some(Command::Simple(simple)) if simple.span.shift(run.body.start) == step)
            && !pipeline.negated
    };
    let items = run.script.as_ref()?.items.iter();
    items
        .filter_map(|item| Some((item, item.pipelines().position(is_step)?)))
        .next()
}

/// Whether `step` installs or upgrades packages, so that lists downloaded right in front serve it as well.
fn finds_packages(cx: &Cx<'_>, manager: &PackageManager, step: &Step<'_>) -> bool {
    matches!(
        work_of(cx, manager, step),
        Some(Work::Install | Work::Upgrade)
    )
}

/// The instructions between `download`, in one of the instructions `of`, and `need` that may change where packages come
/// from, if one only knew.
///
/// # Errors
/// When one does.
fn sources_stay(
    cx: &Cx<'_>,
    manager: &PackageManager,
    of: &[usize],
    download: &Download,
    need: &Need,
) -> Result<Vec<usize>, &'static str> {
    let own = of.iter().filter(|&&index| index >= download.index);
    let mut unknown = Vec::new();
    for &index in own.chain(&need.passed) {
        let from = if index == download.index {
            download.step.end
        } else {
            0
        };
        match sources::behind(cx, manager, index, from) {
            Sources::Stay => {}
            Sources::MayChange => unknown.push(index),
            Sources::Change => {
                return Err("what is between them changes where packages come from");
            }
        }
    }
    Ok(unknown)
}

/// Where in the logical line a download can go so that `install`, which finds it, still decides as it did: directly in
/// front of it, or in front of the whole script where something before it has to do with the sources.
fn place(manager: &PackageManager, run: &Run<'_>, install: &Step<'_>) -> Option<usize> {
    let before = run
        .steps
        .iter()
        .take_while(|step| step.span != install.span);
    let mut before = before.map(|step| sources::of_step(manager, step));
    let harmless = before.all(|sources| sources == Sources::Stay);
    let directly = place_of(run, install.span).is_some_and(|(item, nth)| {
        !in_background(item)
            && item.rest[..nth]
                .iter()
                .all(|(connector, _, _)| *connector == Connector::And)
    });
    if directly && harmless {
        return Some(install.span.start);
    }
    let first = run.script.as_ref()?.items.first()?;
    let joined = first
        .rest
        .iter()
        .all(|(connector, _, _)| *connector == Connector::And);
    (joined && !in_background(first)).then_some(first.span.start + run.body.start)
}

/// `download` and what joins it to what stands at byte `start` of the logical line of instruction `index`.
fn joined(cx: &Cx<'_>, index: usize, run: &Run<'_>, start: usize, download: &str) -> String {
    let is_item = |item: &&Item| item.span.start + run.body.start == start && item.rest.is_empty();
    let items = run.script.iter().flat_map(|script| &script.items);
    let alone = items.clone().count() > 1 && items.clone().any(|item| is_item(&item));
    let sequence = alone && stops_at_failure(cx, index, run);
    let layout = Layout::like(cx, &[index]);
    let source = cx.facts.source_text(index);
    let length = source.len() + download.len() + " && ".len();
    let at = cx.facts.source(index, Span::at(start)).start;
    match (sequence, source.contains('\n') || length > WIDTH) {
        (true, false) => format!("{download}; "),
        (true, true) => {
            let indent = own_indent(cx.file.text(), at).unwrap_or(&layout.indent);
            format!("{download}; {}{indent}", layout.continued)
        }
        (false, false) => format!("{download} && "),
        (false, true) => format!("{download}{}", layout.and(&[])),
    }
}

/// Takes the download at the end of instruction `index` out of it: the whole `RUN` when it does nothing else that
/// lasts. The comments above that go to instruction `to`.
///
/// # Errors
/// Why it stays: half a sentence.
pub(super) fn take_out(cx: &Cx<'_>, index: usize, to: usize) -> Result<Edits, &'static str> {
    let text = cx.file.text();
    let block = cx.facts.block(index);
    let gone = match Layer::read(cx, index) {
        Ok(Some(layer)) if only_downloads(&layer) => cx.file.instructions()[index].span,
        _ => last_command(cx, index).ok_or("it does other things as well")?,
    };
    let mut comments = cx
        .file
        .tokens()
        .iter()
        .filter(|token| token.kind == TokenKind::Comment);
    let script = cx.facts.runs[index]
        .as_ref()
        .and_then(|run| run.script.as_ref());
    let of_shell = script.is_some_and(|script| !script.comments.is_empty());
    if of_shell || comments.any(|comment| gone.contains(comment.span)) {
        return Err("a comment stands beside the command");
    }
    let mut edits = Edits::new();
    if gone != cx.file.instructions()[index].span {
        edits.delete(gone);
        return Ok(edits);
    }
    let above = cx
        .file
        .leading_comments(index)
        .map_or("", |comments| comments.text(text));
    if above.lines().any(style::is_for_linter) {
        return Err("a comment above it is for a linter");
    }
    edits.delete(style::with_blank_line(text, block));
    edits.insert(cx.facts.block(to).start, above);
    Ok(edits)
}

/// The same, if all of instruction `index` goes.
pub(super) fn take_all_out(cx: &Cx<'_>, index: usize, to: usize) -> Option<Edits> {
    let layer = Layer::read(cx, index).ok().flatten();
    let is_all = layer.as_ref().is_some_and(only_downloads);
    is_all.then(|| take_out(cx, index, to).ok()).flatten()
}

fn only_downloads(layer: &Layer<'_>) -> bool {
    let lasts = |work| !matches!(work, Work::Refresh | Work::Clean);
    layer.rest.is_none() && !layer.commands.iter().any(|command| lasts(command.work))
}

/// The last command of instruction `index`, with what joins it to the one before it, in the source; `None` when it is no
/// download, or not joined to another by `&&`.
fn last_command(cx: &Cx<'_>, index: usize) -> Option<Span> {
    let run = cx.facts.runs[index].as_ref()?;
    let [item] = run.script.as_ref()?.items.as_slice() else {
        return None;
    };
    let (connector, _, last) = item.rest.last()?;
    let before = item.pipelines().nth(item.rest.len() - 1)?;
    let command = run.steps.last()?;
    let is_download = command.does() == Some(Does::RefreshLists)
        && last.span.shift(run.body.start) == command.span
        && item.terminator.is_none();
    let source = |span: Span| cx.facts.source(index, span.shift(run.body.start));
    let gone = Span::new(source(before.span).end, source(last.span).end);
    (*connector == Connector::And && is_download).then_some(gone)
}

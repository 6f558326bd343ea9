//! Whether a copy may sink past one instruction.

use crate::analysis::paths::{Region, below, join};
use crate::context::FileKind;
use crate::syntax::{Expander, Kind, Transfer};
use crate::transform::Refusal;

use super::copied::{Copied, linked};
use super::sink::{Crossing, Sink};
use super::steps;

/// Lets the copy pass the instruction `at`.
pub(super) fn cross(sink: &Sink<'_>, at: usize) -> Result<Crossing, Refusal> {
    match &sink.cx.facts.views[at].kind {
        Kind::Run { .. } => steps::cross(sink, at),
        Kind::Copy(transfer) | Kind::Add(transfer) => cross_copy(sink, at, transfer),
        Kind::Workdir(_) => cross_workdir(sink, at),
        Kind::Env { .. } | Kind::Arg { .. } => cross_variables(sink, at),
        Kind::Volume { .. } => cross_volume(sink, at),
        Kind::Invalid => {
            let message = "dfopt does not understand this instruction";
            Err(sink.refuse(at, "opaque-step", message))
        }
        _ => Ok(Crossing::default()),
    }
}

fn cross_copy(sink: &Sink<'_>, at: usize, transfer: &Transfer) -> Result<Crossing, Refusal> {
    let own = sink.copied.regions();
    let (other, regions) = landing(sink, at, transfer);
    let becomes_folder = other
        .as_ref()
        .and_then(|other| end_of_folder(sink, at, transfer, other));
    let meets = |region: &&Region| own.iter().any(|own| own.meets(region));
    let shared: Vec<&Region> = regions.iter().filter(meets).collect();
    let is_known = other.is_some() || !transfer.dest.raw.contains('$');
    if is_known && shared.is_empty() {
        return Ok(Crossing {
            becomes_folder,
            ..Crossing::default()
        });
    }
    // Files that were picked, where the context has nothing that would land there as well.
    let is_free = |region: &&Region| {
        !sink.copied.is_within(region)
            && sink.copied.brings(sink.cx.context, region.path()).is_none()
    };
    // Files that both copy from the same place: whichever comes last, they are the same.
    let is_same = |region: &&Region, other: &Copied| {
        let brought = sink.copied.brings(sink.cx.context, region.path());
        brought.is_some() && brought == other.brings(sink.cx.context, region.path())
    };
    let picks_files = other.filter(|other| {
        other.files().is_some()
            && other.flags == sink.copied.flags
            && !other.written_dest.contains('$')
    });
    if let Some(other) = picks_files
        && shared
            .iter()
            .all(|region| is_free(region) || is_same(region, &other))
    {
        let free = shared.iter().filter(|region| is_free(region));
        let free: Vec<String> = free.map(|region| region.path().to_owned()).collect();
        return Ok(Crossing {
            assumes: free.iter().map(|path| never_there(path)).collect(),
            not_copied: free,
            becomes_folder,
            ..Crossing::default()
        });
    }
    let message = "both copies may write the same files, and the later one wins";
    Err(sink.refuse(at, "overlapping-copy", message))
}

/// What is taken for granted when a copy passes another that puts a file to `path`: today the context has none of its own.
fn never_there(path: &str) -> String {
    format!("the build context never has a file of its own that lands at {path}")
}

/// Where a `/` has to be added to the destination of the copy `other` at `at`, if it is a folder only because another copy
/// comes first.
fn end_of_folder(sink: &Sink<'_>, at: usize, transfer: &Transfer, other: &Copied) -> Option<usize> {
    let workdir = &sink.cx.facts.states[at].workdir;
    let dest = sink.cx.facts.source(at, transfer.dest.span);
    let end = dest.end - usize::from(transfer.exec);
    other.depends_on_folder(workdir).then_some(end)
}

/// The copy at `at`, if it is one of the build context that dfopt can read, and where it puts what it brings.
pub(super) fn landing(
    sink: &Sink<'_>,
    at: usize,
    transfer: &Transfer,
) -> (Option<Copied>, Vec<Region>) {
    let target = sink.cx.facts.destination(at, transfer);
    let other = Copied::read(sink.cx, at).ok().flatten();
    let regions = other
        .as_ref()
        .map_or_else(|| vec![Region::new(target)], Copied::regions);
    (other, regions)
}

fn cross_workdir(sink: &Sink<'_>, at: usize) -> Result<Crossing, Refusal> {
    let (cx, copied) = (sink.cx, sink.copied);
    let (before, after) = (&cx.facts.states[at], cx.facts.states.get(at + 1));
    let Some(after) = after.filter(|after| after.workdir != before.workdir) else {
        return Ok(Crossing::default());
    };
    if copied.is_relative() {
        let message = "its destination is relative to the working directory, which changes there";
        return Err(sink.refuse(at, "relative-destination", message));
    }
    if let (Some(context), Some(origin)) = (cx.context, copied.brings(cx.context, &after.workdir))
        && context.kind(&origin) == Some(FileKind::File)
    {
        let site = cx.file.instructions()[copied.index].span;
        return Err(linked(site, &origin));
    }
    let mut crossing = Crossing::default();
    let makes_it = below(&after.workdir, &copied.dest).is_some() && !sink.destination_exists(at);
    match before.is_root() {
        _ if !makes_it || sink.owner_is_for_nobody() => {}
        Some(true) if !copied.sets_owner() => {}
        None if !copied.sets_owner() => {
            let sentence = "the base image runs as root, so that WORKDIR makes the folder with the owner that the copy gave it";
            crossing.assumes.push(sentence.to_owned());
        }
        _ => {
            let message = "WORKDIR would make the folder with another owner or mode";
            return Err(sink.refuse(at, "owner-of-folder", message));
        }
    }
    Ok(crossing)
}

fn cross_variables(sink: &Sink<'_>, at: usize) -> Result<Crossing, Refusal> {
    let views = &sink.cx.facts.views;
    let text = &views[sink.copied.index].logical.text;
    let used = Expander::new(sink.cx.file.escape()).references(text);
    let sets: Vec<&str> = match &views[at].kind {
        Kind::Env { pairs, .. } => pairs.iter().map(|pair| pair.key.raw.as_str()).collect(),
        Kind::Arg { args } => args.iter().map(|arg| arg.name.raw.as_str()).collect(),
        _ => Vec::new(),
    };
    if used.iter().any(|used| sets.contains(&used.name.as_str())) {
        let message = "it uses a variable that is set there";
        return Err(sink.refuse(at, "variable-path", message));
    }
    Ok(Crossing::default())
}

/// The legacy builder drops what is written below a volume after it is declared.
fn cross_volume(sink: &Sink<'_>, at: usize) -> Result<Crossing, Refusal> {
    let Kind::Volume { paths, .. } = &sink.cx.facts.views[at].kind else {
        return Ok(Crossing::default());
    };
    let own = sink.copied.regions();
    let meets = |raw: &str| {
        own.iter()
            .any(|own| own.meets(&Region::new(join("/", raw))))
    };
    if paths
        .iter()
        .any(|path| path.raw.contains('$') || meets(&path.raw))
    {
        let message = "some builders drop what is written below a volume after it is declared";
        return Err(sink.refuse(at, "volume", message));
    }
    Ok(Crossing::default())
}

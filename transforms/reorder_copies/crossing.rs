//! Whether a copy may sink past one instruction, and what it has to leave behind for it.

use crate::analysis::paths::{Extent, Region, below};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Does;
use crate::syntax::{Expander, Kind, Span};
use crate::transform::{Cx, Evidence, Place, Refusal};

use super::copied::Copied;
use super::is_worth_caching;
use super::manifests::{self, Leave};

/// An instruction that a copy passes.
#[derive(Default)]
pub(super) struct Crossing {
    /// The instruction.
    pub(super) index: usize,
    /// Whether its layer is worth keeping when the source changes.
    pub(super) gain: bool,
    /// The copies of manifests that it needs.
    pub(super) leaves: Vec<Leave>,
    /// A command that fetches the dependencies before the copy; the instruction itself stays behind it.
    pub(super) prefetch: Option<String>,
    /// The text between two of its commands: only those before it are passed.
    pub(super) split: Option<Span>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
    /// What proves it.
    pub(super) because: Vec<Evidence>,
    /// Paths in the image that the instruction writes and the copy does not bring.
    pub(super) not_copied: Vec<String>,
    /// Patterns for `.dockerignore`.
    pub(super) to_ignore: Vec<String>,
    /// The commands that are passed, of a `RUN`.
    pub(super) passed: usize,
}

impl Crossing {
    /// Whether the copy cannot go further.
    pub(super) fn is_last(&self) -> bool {
        self.split.is_some() || self.prefetch.is_some()
    }

    /// How the message calls it.
    pub(super) fn title(&self, cx: &Cx<'_>) -> String {
        if let Some(command) = &self.prefetch {
            return format!("`{command}`");
        }
        let text = &cx.facts.views[self.index].logical.text;
        let steps = cx.facts.runs[self.index]
            .iter()
            .flat_map(|run| &run.steps)
            .take(self.passed);
        let titles: Vec<String> = steps
            .filter(|step| is_worth_caching(step))
            .map(|step| title(step, text))
            .collect();
        titles.join(", ")
    }
}

/// The program and the verb of a command.
fn title(step: &Step<'_>, text: &str) -> String {
    let words = step.invocation.as_ref().map_or(1, |invocation| {
        invocation.verb_words.end.max(invocation.program_words)
    });
    let first = step
        .args
        .first()
        .map_or(step.span.start, |arg| arg.span.start);
    let last = step
        .args
        .get(words.saturating_sub(1))
        .map_or(step.span.end, |arg| arg.span.end);
    format!("`{}`", &text[first..last])
}

/// Why a copy cannot sink further.
pub(super) struct Obstacle {
    /// What to tell the user.
    pub(super) refusal: Refusal,
    /// Whether there is something to gain behind it.
    pub(super) in_sight: bool,
}

/// Lets `copied` pass the instruction `at`.
pub(super) fn cross(
    cx: &Cx<'_>,
    copied: &Copied,
    left: &[String],
    at: usize,
) -> Result<Crossing, Obstacle> {
    let result = match &cx.facts.views[at].kind {
        Kind::Run { .. } => cross_run(cx, copied, left, at),
        Kind::Copy(_) | Kind::Add(_) => cross_copy(cx, copied, at),
        Kind::Workdir(_) => cross_workdir(cx, copied, at),
        Kind::Env { .. } | Kind::Arg { .. } => cross_variables(cx, copied, at),
        Kind::Volume { .. } => cross_volume(cx, copied, at),
        Kind::Invalid => Err(refuse(
            cx,
            copied,
            at,
            "opaque-step",
            "dfopt does not understand this instruction",
        )),
        _ => Ok(Crossing::default()),
    };
    let gains = |at: usize| {
        cx.facts.runs[at]
            .as_ref()
            .is_some_and(|run| run.steps.iter().any(is_worth_caching))
    };
    let stage_end = cx.facts.stage_of(at).map_or(at, |stage| stage.body.end);
    result
        .map(|crossing| Crossing {
            index: at,
            ..crossing
        })
        .map_err(|refusal| Obstacle {
            in_sight: (at..stage_end).any(gains) && refusal.code != DONE,
            refusal,
        })
}

/// The code of a refusal that only says that the copy is where it belongs.
const DONE: &str = "in-place";

fn refuse(cx: &Cx<'_>, copied: &Copied, at: usize, code: &'static str, message: &str) -> Refusal {
    let site = cx.file.instructions()[copied.index].span;
    let line = cx.file.instructions()[at].start_line;
    let message = format!("{} stays above line {line}: {message}", copied.title(cx));
    Refusal::new(site, code, message)
        .because(cx.file.instructions()[at].span, "what stands in the way")
}

fn cross_copy(cx: &Cx<'_>, copied: &Copied, at: usize) -> Result<Crossing, Refusal> {
    let (Kind::Copy(transfer) | Kind::Add(transfer)) = &cx.facts.views[at].kind else {
        return Ok(Crossing::default());
    };
    let target = crate::analysis::paths::join(&cx.facts.states[at].workdir, &transfer.dest.raw);
    let apart = !transfer.dest.raw.contains('$') && !Region::new(target).meets(&copied.target());
    if apart {
        Ok(Crossing::default())
    } else {
        Err(refuse(
            cx,
            copied,
            at,
            "overlapping-copy",
            "both copies may write the same files, and the later one wins",
        ))
    }
}

fn cross_workdir(cx: &Cx<'_>, copied: &Copied, at: usize) -> Result<Crossing, Refusal> {
    let (before, after) = (&cx.facts.states[at], cx.facts.states.get(at + 1));
    let moves = after.is_none_or(|after| after.workdir != before.workdir);
    if copied.relative && moves {
        return Err(refuse(
            cx,
            copied,
            at,
            "relative-destination",
            "its destination is relative to the working directory, which changes there",
        ));
    }
    let creates =
        after.is_some_and(|after| Region::new(after.workdir.clone()).meets(&copied.target()));
    if creates && before.is_root() == Some(false) {
        return Err(refuse(
            cx,
            copied,
            at,
            "owner-of-folder",
            "WORKDIR would create the folder with another owner",
        ));
    }
    Ok(Crossing::default())
}

fn cross_variables(cx: &Cx<'_>, copied: &Copied, at: usize) -> Result<Crossing, Refusal> {
    let view = &cx.facts.views[copied.index];
    let used = Expander::new(cx.file.escape()).references(&view.logical.text);
    let sets: Vec<&str> = match &cx.facts.views[at].kind {
        Kind::Env { pairs, .. } => pairs.iter().map(|pair| pair.key.raw.as_str()).collect(),
        Kind::Arg { args } => args.iter().map(|arg| arg.name.raw.as_str()).collect(),
        _ => Vec::new(),
    };
    if used
        .iter()
        .any(|reference| sets.contains(&reference.name.as_str()))
    {
        return Err(refuse(
            cx,
            copied,
            at,
            "variable-path",
            "it uses a variable that is set there",
        ));
    }
    Ok(Crossing::default())
}

/// The legacy builder drops what is written below a volume after it is declared.
fn cross_volume(cx: &Cx<'_>, copied: &Copied, at: usize) -> Result<Crossing, Refusal> {
    let Kind::Volume { paths, .. } = &cx.facts.views[at].kind else {
        return Ok(Crossing::default());
    };
    if paths
        .iter()
        .any(|path| path.raw.contains('$') || Region::new(path.raw.clone()).meets(&copied.target()))
    {
        return Err(refuse(
            cx,
            copied,
            at,
            "volume",
            "some builders drop what is written below a volume after it is declared",
        ));
    }
    Ok(Crossing::default())
}

fn cross_run(
    cx: &Cx<'_>,
    copied: &Copied,
    left: &[String],
    at: usize,
) -> Result<Crossing, Refusal> {
    let Some(run) = &cx.facts.runs[at] else {
        return Ok(Crossing::default());
    };
    if run.opaque.is_some() {
        return Err(refuse(
            cx,
            copied,
            at,
            "opaque-step",
            "dfopt cannot read its commands, so it may need any file",
        ));
    }
    if !run.effects.reads.meets(&copied.target()) && !run.effects.writes.meets(&copied.target()) {
        let gain = run.steps.iter().any(is_worth_caching);
        return Ok(Crossing {
            gain,
            passed: run.steps.len(),
            ..Crossing::default()
        });
    }
    if has_hidden_reads(cx, at) {
        return Err(refuse(
            cx,
            copied,
            at,
            "opaque-step",
            "it mounts files that dfopt does not follow",
        ));
    }
    let mut crossing = Crossing::default();
    for (nth, step) in run.steps.iter().enumerate() {
        match cross_step(cx, copied, left, at, step, &mut crossing) {
            Ok(()) => crossing.passed = nth + 1,
            Err(refusal) => {
                return cross_in_part(cx, copied, left, at, crossing).map_err(|()| refusal);
            }
        }
    }
    Ok(crossing)
}

/// Mounts other than caches, secrets and temporary folders bring files into sight.
fn has_hidden_reads(cx: &Cx<'_>, at: usize) -> bool {
    let known = ["type=cache", "type=tmpfs", "type=secret", "type=ssh"];
    let mounts = cx.facts.views[at]
        .flags
        .iter()
        .filter(|flag| flag.name == "mount");
    mounts
        .filter_map(|flag| flag.value.as_deref())
        .any(|value| !known.iter().any(|known| value.contains(known)))
}

fn cross_step(
    cx: &Cx<'_>,
    copied: &Copied,
    left: &[String],
    at: usize,
    step: &Step<'_>,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    let (Extent::Regions(reads), Extent::Regions(writes)) =
        (&step.effects.reads, &step.effects.writes)
    else {
        let words = step.span.text(&cx.facts.views[at].logical.text);
        return Err(refuse(
            cx,
            copied,
            at,
            "reads-source",
            &format!("`{}` may read or write any file", shortened(words)),
        ));
    };
    let manifests = manifests::needed(cx, copied, left, at, step)?;
    for region in reads.iter().filter(|region| region.meets(&copied.target())) {
        let whole = below(&region.path, &copied.dest).is_none_or(str::is_empty);
        let origin = copied.origin(&region.path);
        if (whole || origin.is_some()) && !manifests.explains(&region.path) {
            let message = format!("it reads {}", region.path);
            return Err(refuse(cx, copied, at, "reads-source", &message));
        }
        if origin.is_some_and(|origin| cx.context.is_none_or(|context| !context.has(&origin))) {
            crossing.not_copied.push(region.path.clone());
        }
    }
    for region in writes
        .iter()
        .filter(|region| region.meets(&copied.target()))
    {
        cross_written(cx, copied, at, step, region, crossing)?;
    }
    if !manifests.leaves.is_empty() && copied.brings_only(&manifests.sources) {
        return Err(refuse(cx, copied, at, DONE, "it is what the install reads"));
    }
    crossing.gain |= is_worth_caching(step);
    crossing.assumes.extend(manifests.assumes);
    crossing.because.extend(manifests.because);
    crossing.leaves.extend(manifests.leaves);
    Ok(())
}

/// What the step writes where the copy lands must not be brought by the copy as well.
fn cross_written(
    cx: &Cx<'_>,
    copied: &Copied,
    at: usize,
    step: &Step<'_>,
    region: &Region,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    if below(&region.path, &copied.dest).is_none_or(str::is_empty) {
        return Err(refuse(
            cx,
            copied,
            at,
            "writes-there",
            &format!("it writes {}, where the copy lands", region.path),
        ));
    }
    let Some(origin) = copied.origin(&region.path) else {
        return Ok(());
    };
    let action = step.invocation.as_ref().map(|invocation| invocation.action);
    let name = region.path.rsplit('/').next().unwrap_or_default();
    let is_in = |names: Option<&Vec<String>>| {
        names.is_some_and(|names| names.iter().any(|known| known == name))
    };
    crossing.not_copied.push(region.path.clone());
    if is_in(action.map(|action| &action.regenerates)) {
        return Ok(());
    }
    match cx.context {
        None => crossing.assumes.push(format!(
            "the build context has no {origin}, or .dockerignore hides it"
        )),
        Some(context) if !context.has(&origin) => {
            if context.is_ignored(&origin) {
                let place = Place::File(context.ignore_file().to_owned(), None);
                crossing.because.push(Evidence {
                    place,
                    note: format!("hides {origin}, which the install makes"),
                });
            }
        }
        Some(context) if is_in(action.map(|action| &action.host_artefacts)) => {
            crossing.to_ignore.push(origin.clone());
            crossing.assumes.push(format!(
                "the {origin} that the install makes serves as well as the one on this machine, which {} now hides",
                context.ignore_file()
            ));
        }
        Some(_) => {
            let message = format!(
                "it writes {}, and the copy would lay the file of the build context over it",
                region.path
            );
            return Err(refuse(cx, copied, at, "host-artefacts", &message));
        }
    }
    Ok(())
}

/// When not all commands can be passed: passes those in front, or fetches for the one that builds.
fn cross_in_part(
    cx: &Cx<'_>,
    copied: &Copied,
    left: &[String],
    at: usize,
    crossing: Crossing,
) -> Result<Crossing, ()> {
    let run = cx.facts.runs[at].as_ref().ok_or(())?;
    if crossing.gain
        && let Some(seam) = seam(cx, run, at, crossing.passed)
    {
        return Ok(Crossing {
            split: Some(seam),
            ..crossing
        });
    }
    let is_first =
        |step: &&Step<'_>| !matches!(step.does(), Some(Does::ShellState | Does::Nothing));
    let builder = run.steps.iter().find(is_first).ok_or(())?;
    manifests::prefetch(cx, copied, left, at, builder).ok_or(())
}

/// The text between the commands `passed - 1` and `passed` of a plain `&&` list that can be taken
/// apart there: nothing that the first part sets is needed by the second.
fn seam(cx: &Cx<'_>, run: &Run<'_>, at: usize, passed: usize) -> Option<Span> {
    let steps = run.and_list()?;
    let (before, next) = (&steps[..passed], steps.get(passed)?);
    let plain = cx.facts.views[at].flags.is_empty()
        && before
            .iter()
            .all(|step| step.does() != Some(Does::ShellState));
    let script = run.body;
    let end = before.last()?.span.end;
    let gap = Span::new(end, next.span.start);
    // An assignment in front of the next command would be cut off, and a redirection behind the last.
    let text = gap.text(&cx.facts.views[at].logical.text);
    (plain && text.trim() == "&&" && script.contains(gap)).then(|| cx.facts.source(at, gap))
}

fn shortened(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    if words.len() > 6 {
        format!("{} …", words[..6].join(" "))
    } else {
        words.join(" ")
    }
}

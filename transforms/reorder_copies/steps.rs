//! Whether a copy may sink past a `RUN`, or past its first commands.

use crate::analysis::effects::Effects;
use crate::analysis::mounts::{self, Mount};
use crate::analysis::paths::{Extent, Region, UNKNOWN_WORKDIR, file_name};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::{Operands, Role};
use crate::syntax::Expander;
use crate::transform::{Evidence, Place, Refusal};

use super::super::style::shortened;
use super::manifests::{self, Needed};
use super::sink::{Crossing, Sink};
use super::{artefacts, folders, is_worth_caching, prefetch, seam, unknown_option, way};

/// Lets the copy pass the `RUN` at `at`.
pub(super) fn cross(sink: &Sink<'_>, at: usize) -> Result<Crossing, Refusal> {
    let Some(run) = sink.cx.facts.run(at) else {
        return Ok(Crossing::default());
    };
    if run.opaque.is_some() {
        let message = "dfopt cannot read its commands, so it may need any file";
        return Err(sink.refuse(at, "opaque-step", message));
    }
    let mut crossing = Crossing {
        index: at,
        ..Crossing::default()
    };
    let is_touched =
        |effects: &Effects| sink.copied.meets(&effects.reads) || sink.copied.meets(&effects.writes);
    let touched = is_touched(&run.effects);
    // A manifest that another copy brings may lead to a file that this one does.
    if !touched && !run.steps.iter().any(manifests::has_any) {
        crossing.gain = run.steps.iter().any(is_worth_caching);
        crossing.steps = run.steps.len();
        return folders::check(sink, at, &run.steps, &crossing).map(|()| crossing);
    }
    if is_touched(&beside_steps(run)) {
        let message = "a redirection or a substitution in it may need any file";
        return Err(sink.refuse(at, "opaque-step", message));
    }
    if touched && mounts_over(sink, at) {
        let message = "it mounts something over the files that are copied";
        return Err(sink.refuse(at, "opaque-step", message));
    }
    let passed = run.steps.iter().try_for_each(|step| {
        // A `RUN` that does no more than that is there to show what has been copied.
        if run.only_shows() || !step.looks_around() {
            cross_step(sink, at, step, &mut crossing)?;
        }
        crossing.steps += 1;
        Ok(())
    });
    let folders = folders::check(sink, at, &run.steps[..crossing.steps], &crossing);
    match (passed, folders) {
        (Ok(()), Ok(())) => Ok(crossing),
        (Ok(()), Err(refusal)) => Err(refusal),
        (Err(refusal), Ok(())) => in_part(sink, crossing).unwrap_or(Err(refusal)),
        (Err(_), Err(refusal)) => fetched_before(sink, at).unwrap_or(Err(refusal)),
    }
}

/// When not all commands can be passed: passes those in front, or fetches for the one that builds.
fn in_part(sink: &Sink<'_>, mut crossing: Crossing) -> Option<Result<Crossing, Refusal>> {
    if crossing.gain
        && sink.copied.brings_folder()
        && let Some(seam) = seam::before(sink.cx, &crossing)
    {
        crossing.split = Some(seam.gap);
        crossing.again = seam.again;
        return Some(Ok(crossing));
    }
    fetched_before(sink, crossing.index)
}

/// Fetches for the build in the `RUN` at `at`, in front of the copy.
fn fetched_before(sink: &Sink<'_>, at: usize) -> Option<Result<Crossing, Refusal>> {
    let fetch = prefetch::Fetch::wanted(sink, at)?;
    match fetch.before(sink) {
        // Without it there is nothing to fetch by, and what stands in the way is something else.
        Err(refusal) if refusal.code == "manifest-missing" => None,
        found => Some(found),
    }
}

/// What a script reads and writes beside its commands: redirections of whole loops, `$(…)` in
/// assignments, functions.
fn beside_steps(run: &Run<'_>) -> Effects {
    let mut inside = Effects::default();
    for step in &run.steps {
        inside.extend(&step.effects);
    }
    let rest = |whole: &Extent, inside: &Extent| match (whole, inside) {
        (_, Extent::Everything) => Extent::default(),
        (Extent::Everything, _) => Extent::Everything,
        (Extent::Regions(whole), Extent::Regions(inside)) => {
            let outside = whole.iter().filter(|region| !inside.contains(region));
            Extent::Regions(outside.cloned().collect())
        }
    };
    Effects {
        reads: rest(&run.effects.reads, &inside.reads),
        writes: rest(&run.effects.writes, &inside.writes),
    }
}

/// Whether a mount hides a part of what is copied, or brings other files into its sight. Secrets
/// and sockets are single files that no copy brings.
fn mounts_over(sink: &Sink<'_>, at: usize) -> bool {
    let is_over = |mount: Mount| match (mount.kind.as_str(), mount.target) {
        ("secret" | "ssh", _) => false,
        ("cache" | "tmpfs", Some(target)) => {
            let target = Region::new(target);
            let mut own = sink.copied.regions().into_iter();
            target.path().contains('$') || own.any(|region| region.meets(&target))
        }
        _ => true,
    };
    mounts::of(sink.cx.facts, at).any(is_over)
}

fn cross_step(
    sink: &Sink<'_>,
    at: usize,
    step: &Step<'_>,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    if let Some(reason) = step.needs_source() {
        return Err(sink.refuse(at, "needs-source", reason));
    }
    if manifests::has_any(step) && way::of_unseen(sink, step).is_some() {
        let message = "its manifests may have the project itself installed as well, which can only be seen in the build context: name it with --context";
        return Err(sink.refuse(at, "needs-source", message));
    }
    let (Extent::Regions(reads), Extent::Regions(writes)) =
        (&step.effects.reads, &step.effects.writes)
    else {
        if let Some(option) = unknown_option(sink.cx, step) {
            let message = format!("dfopt does not know its option {option}, nor what it reads");
            return Err(sink.refuse(at, "unknown-option", &message));
        }
        let words = sink.cx.facts.written(at, step.span);
        let message = format!("`{}` may read or write any file", shortened(words));
        return Err(sink.refuse(at, "reads-source", &message));
    };
    if has_open_path(sink, at, step) {
        let message = "a path in it holds a variable that a build may set to something else";
        return Err(sink.refuse(at, "variable-path", message));
    }
    let own = sink.copied.regions();
    let meets = |region: &&Region| own.iter().any(|own| own.meets(region));
    let needed = manifests::needed(sink, at, step)?;
    for region in reads.iter().filter(meets) {
        cross_read(sink, at, step, region, &needed, crossing)?;
    }
    for region in writes.iter().filter(meets) {
        cross_write(sink, at, step, region, &needed, crossing)?;
    }
    for member in &needed.members {
        artefacts::keep_in_member(sink, at, step, member, crossing)?;
    }
    crossing.gain |= is_worth_caching(step);
    crossing.manifests.extend(needed.paths);
    crossing.heeded.extend(needed.heeded);
    crossing.assumes.extend(needed.assumes);
    crossing.because.extend(needed.because);
    for leave in needed.leaves {
        leave.add_to(&mut crossing.leaves);
    }
    Ok(())
}

/// Whether a word of the step that names a file holds the argument of a build, whose default is not
/// what every build has.
fn has_open_path(sink: &Sink<'_>, at: usize, step: &Step<'_>) -> bool {
    let Some(invocation) = &step.invocation else {
        return false;
    };
    let (facts, state) = (sink.cx.facts, &sink.cx.facts.states[at]);
    let is_path = |role: Role| !matches!(role, Role::Flag | Role::Value);
    let options = invocation
        .options
        .iter()
        .filter(|option| is_path(option.role));
    let options = options.map(|option| option.value_at.unwrap_or(option.at));
    let names_paths = !matches!(
        invocation.action.operands,
        Operands::None | Operands::Ignored | Operands::Words | Operands::Packages
    );
    let operands = invocation.operands.iter().copied().filter(|_| names_paths);
    let expander = Expander::new(sink.cx.file.escape());
    let is_open = |word: usize| {
        let references = expander.references(facts.written(at, step.args[word].span));
        references
            .iter()
            .any(|reference| state.fixed_value(&reference.name).is_none())
    };
    options.chain(operands).any(is_open)
}

/// What the step reads where the copy lands must be a manifest, or nothing that the copy brings.
fn cross_read(
    sink: &Sink<'_>,
    at: usize,
    step: &Step<'_>,
    region: &Region,
    needed: &Needed,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    let brought = sink.copied.brings(sink.cx.context, region.path());
    let is_explained = needed.explains(region.path());
    if may_be_copied(sink, region) {
        let message = "it reads from the working folder of the base image, which is not known and may be where the copy lands: set WORKDIR";
        return Err(sink.refuse(at, "reads-source", message));
    }
    if sink.cx.context.is_none() && sink.lands_beside_system(step, region) {
        crossing.trusts_system();
        crossing.not_copied.push(region.path().to_owned());
        return Ok(());
    }
    if !is_explained && (sink.copied.is_within(region) || brought.is_some()) {
        let nowhere = sink.copied.dest.starts_with(UNKNOWN_WORKDIR);
        let remedy = if nowhere {
            ", and the copy goes to the working folder of the base image, which is not known: set WORKDIR"
        } else {
            ""
        };
        let message = format!("it reads {}{remedy}", region.path());
        return Err(sink.refuse(at, "reads-source", &message));
    }
    let is_left = needed.leaves.iter().any(|leave| leave.covers(region));
    if brought.is_none() || sink.cx.context.is_none() && !is_left {
        crossing.not_copied.push(region.path().to_owned());
    }
    Ok(())
}

/// Whether `region` is in the working folder of a base image that dfopt does not know, for all it knows where the copy
/// lands, and no other copy brings it there.
fn may_be_copied(sink: &Sink<'_>, region: &Region) -> bool {
    let is_open = |path: &str| path.starts_with(UNKNOWN_WORKDIR);
    let is_pattern = |own: &Region| own.path().contains(['*', '?', '[']);
    let is_like_it = |own: &Region| file_name(own.path()) == file_name(region.path());
    let own = sink.copied.regions();
    let may_be_it = |own: &Region| is_pattern(own) || is_like_it(own);
    let is_other_file = sink.copied.files().is_some() && !own.iter().any(may_be_it);
    let mut others = sink.copies_before(sink.copied.index);
    is_open(region.path())
        && !is_open(&sink.copied.dest)
        && !is_other_file
        && !others.any(|other| {
            is_open(&other.dest) && other.brings(sink.cx.context, region.path()).is_some()
        })
}

/// What the step writes where the copy lands must not be brought by the copy as well.
fn cross_write(
    sink: &Sink<'_>,
    at: usize,
    step: &Step<'_>,
    region: &Region,
    needed: &Needed,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    let copied = sink.copied;
    if copied.is_within(region) {
        let message = format!("it writes {}, where the copy lands", region.path());
        return Err(sink.refuse(at, "writes-there", &message));
    }
    let is_made = needed.leaves.is_empty() && !sink.destination_exists(at);
    if copied.sets_owner() && is_made && !sink.owner_is_for_nobody() {
        let message = "it would make the destination with another owner or mode";
        return Err(sink.refuse(at, "owner-of-folder", message));
    }
    crossing.not_copied.push(region.path().to_owned());
    if artefacts::is_regenerated(step, region) {
        crossing
            .current
            .extend(copied.brings(sink.cx.context, region.path()));
        return Ok(());
    }
    let is_left_here = crossing.leaves.iter().any(|leave| leave.covers(region));
    if sink.is_left(region.path()) || is_left_here {
        let message = format!("it changes {}, which an install reads", region.path());
        return Err(sink.refuse(at, "edits-manifest", &message));
    }
    artefacts::keep(sink, at, step, region, crossing)
}

/// Says that `.dockerignore` hides something.
pub(super) fn hidden_by(ignore_file: &str, path: &str) -> Evidence {
    Evidence {
        place: Place::File(ignore_file.to_owned(), None),
        note: format!("hides {path}, which the install makes"),
    }
}

//! What an install makes that a copy from the host must not lie over.

use crate::analysis::paths::{Region, join};
use crate::analysis::runs::Step;
use crate::transform::Refusal;

use super::sink::{Crossing, Sink};
use super::steps::hidden_by;

/// Whether the step brings `region` up to date, so that the copy from the host does as well.
pub(super) fn is_regenerated(step: &Step<'_>, region: &Region) -> bool {
    is_listed(step, region, |step| {
        step.invocation
            .as_ref()
            .map_or(&[][..], |invocation| &invocation.action.regenerates)
    })
}

fn is_artefact(step: &Step<'_>, region: &Region) -> bool {
    is_listed(step, region, host_artefacts)
}

fn host_artefacts<'s>(step: &'s Step<'_>) -> &'s [String] {
    step.invocation
        .as_ref()
        .map_or(&[][..], |invocation| &invocation.action.host_artefacts)
}

fn is_listed<'s>(
    step: &'s Step<'s>,
    region: &Region,
    names: impl Fn(&'s Step<'s>) -> &'s [String],
) -> bool {
    step.directory().is_some_and(|directory| {
        let mut paths = names(step).iter().map(|name| join(&directory, name));
        paths.any(|path| path == region.path())
    })
}

/// Makes sure that the copy does not lie over what the step writes in `region`.
pub(super) fn keep(
    sink: &Sink<'_>,
    at: usize,
    step: &Step<'_>,
    region: &Region,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    let Some(origin) = sink.copied.origins(region.path()).next() else {
        return Ok(());
    };
    let Some(context) = sink.cx.context else {
        if sink.lands_beside_system(step, region) {
            crossing.trusts_system();
        } else {
            crossing.absent.push(origin);
        }
        return Ok(());
    };
    let Some(brought) = sink.copied.brings(Some(context), region.path()) else {
        if context.is_ignored(&origin) {
            crossing
                .because
                .push(hidden_by(context.ignore_file(), &origin));
        }
        return Ok(());
    };
    if !is_artefact(step, region) {
        let message = format!(
            "it writes {}, and the copy would lay the file of the build context over it",
            region.path()
        );
        return Err(sink.refuse(at, "host-artefacts", &message));
    }
    hide(sink, at, brought, crossing)
}

/// The same for everything that the build `step` makes beside the sources.
pub(super) fn keep_all(
    sink: &Sink<'_>,
    at: usize,
    step: &Step<'_>,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    let directory = step.directory().unwrap_or_default();
    host_artefacts(step).iter().try_for_each(|name| {
        let region = Region::new(join(&directory, name));
        keep(sink, at, step, &region, crossing)
    })
}

/// The same for what the step writes in the folder `member` of the context, which belongs to a
/// package of the workspace.
pub(super) fn keep_in_member(
    sink: &Sink<'_>,
    at: usize,
    step: &Step<'_>,
    member: &str,
    crossing: &mut Crossing,
) -> Result<(), Refusal> {
    for name in host_artefacts(step) {
        let path = crate::context::in_folder(member, name);
        let exists = sink.cx.context.is_some_and(|context| context.has(&path));
        if exists && sink.copied.lands_at(&path).is_some() {
            hide(sink, at, path, crossing)?;
        }
    }
    Ok(())
}

/// Has `.dockerignore` hide `path` of the context, if nothing else needs it.
fn hide(sink: &Sink<'_>, at: usize, path: String, crossing: &mut Crossing) -> Result<(), Refusal> {
    let Some(context) = sink.cx.context else {
        return Ok(());
    };
    let ignore_file = context.ignore_file();
    let is_needed = sink
        .other_copies()
        .any(|other| other.lands_at(&path).is_some());
    let is_writable = !ignore_file.starts_with(['/', '.']) || ignore_file == ".dockerignore";
    if is_needed || !is_writable || path.contains(['*', '?', '[', '\\', '!', '#', ' ']) {
        let message = format!(
            "the copy would lay the {path} of this machine over that of the install; hide it in .dockerignore if nothing else needs it"
        );
        return Err(sink.refuse(at, "host-artefacts", &message));
    }
    crossing.assumes.push(format!(
        "the {path} that the install makes serves as well as the one on this machine, which {ignore_file} now hides"
    ));
    if !crossing.to_ignore.contains(&path) {
        crossing.to_ignore.push(path);
    }
    Ok(())
}

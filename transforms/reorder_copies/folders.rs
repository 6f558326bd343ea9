//! Folders that must be there without the copy: those that commands change to, and those around the files that they write.

use crate::analysis::paths::{Extent, Region, below, parent};
use crate::analysis::runs::Step;
use crate::knowledge::tools::{Does, Operands};
use crate::transform::Refusal;

use super::sink::{Crossing, Sink};

/// Refuses when one of the `steps` of instruction `at` works in a folder that the copy makes, and nothing else.
///
/// # Errors
/// The first such folder.
pub(super) fn check(
    sink: &Sink<'_>,
    at: usize,
    steps: &[Step<'_>],
    crossing: &Crossing,
) -> Result<(), Refusal> {
    let made = |nth: usize, folder: &str| steps[..nth].iter().any(|step| step.makes_folder(folder));
    let is_missing = |nth: usize, folder: &str| {
        is_copied(sink, folder) && !is_there(sink, at, crossing, folder) && !made(nth, folder)
    };
    for (nth, step) in steps.iter().enumerate() {
        if let Some(folder) = step.enters.as_deref()
            && is_missing(nth, folder)
        {
            let message = format!("it changes to {folder}, which the copy makes");
            return Err(sink.refuse(at, "reads-source", &message));
        }
        let missing = written(step).find(|path| is_missing(nth, parent(path)));
        if let Some(path) = missing {
            let message = format!("it writes {path}, in a folder that the copy makes");
            return Err(sink.refuse(at, "reads-source", &message));
        }
    }
    Ok(())
}

/// The files that `step` writes and for which it makes no folders.
fn written<'s>(step: &'s Step<'_>) -> impl Iterator<Item = &'s str> {
    let invocation = step.invocation.as_ref();
    let makes_its_own = invocation.is_some_and(|own| {
        let makes_all = own.action.makes_folders && own.always_succeeds();
        makes_all || own.action.removes || own.action.operands == Operands::Repository
    });
    let handles_files = matches!(step.does(), None | Some(Does::Files)) && !makes_its_own;
    let regions: &[Region] = match &step.effects.writes {
        Extent::Regions(regions) if handles_files || step.redirected => regions,
        _ => &[],
    };
    regions.iter().map(Region::path)
}

/// Whether the copy brings `folder`, or makes it for what it brings.
fn is_copied(sink: &Sink<'_>, folder: &str) -> bool {
    let region = Region::new(folder);
    sink.copied.regions().iter().any(|own| own.meets(&region))
        && (sink.copied.is_within(&region) || sink.copied.brings(sink.cx.context, folder).is_some())
}

/// Whether something else has made `folder` before instruction `at`.
fn is_there(sink: &Sink<'_>, at: usize, crossing: &Crossing, folder: &str) -> bool {
    let (facts, tools) = (sink.cx.facts, &sink.cx.knowledge.tools);
    let around = |path: &str| below(path, folder).is_some();
    let stays = sink.passed.iter().map(|passed| passed.index);
    let mut stays = stays.filter(|index| !sink.followers.contains(index));
    let mut leaves = sink.left().chain(&crossing.leaves);
    let mut others = sink.copies_before(sink.copied.index);
    let mut standing = tools.paths("@system").chain(tools.paths("@standing"));
    around(&facts.states[at].workdir)
        || standing.any(around)
        || facts.is_made_above(sink.copied.index, folder)
        || stays.any(|index| {
            facts
                .steps(index)
                .iter()
                .any(|step| step.makes_folder(folder))
        })
        || leaves.any(|leave| leave.lands.iter().any(|path| around(path)))
        || others.any(|other| other.regions().iter().any(|own| around(own.path())))
}

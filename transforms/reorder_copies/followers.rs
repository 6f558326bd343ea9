//! Steps that do no more than handle what a copy has brought (`chmod +x start.sh`, `ls`): they go along with it.

use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Transfer};

use super::crossing;
use super::sink::{Crossing, Sink};

/// Whether the instruction `at` can come later, together with the copy: it writes nothing but what the copy has brought,
/// and is no work that is worth keeping.
pub(super) fn goes_along(sink: &Sink<'_>, at: usize) -> bool {
    let Some(run) = sink.cx.facts.run(at) else {
        return false;
    };
    let handles_files = |does| matches!(does, Does::Files | Does::Nothing | Does::ShellState);
    let own = sink.copied.regions();
    let is_own = |region: &Region| own.iter().any(|own| own.covers(region));
    let writes_own = match &run.effects.writes {
        Extent::Regions(writes) => writes.iter().all(is_own),
        Extent::Everything => false,
    };
    writes_own
        && run.effects.reads != Extent::Everything
        && run.and_list().is_some()
        && sink.cx.facts.views[at].flags.is_empty()
        && run
            .steps
            .iter()
            .all(|step| step.does().is_some_and(handles_files))
}

/// Whether the instruction `at`, which the copy can pass as `crossing` says, makes no difference to the steps that go
/// along with it, and they make none to it.
pub(super) fn let_pass(sink: &Sink<'_>, at: usize, crossing: &Crossing) -> bool {
    let mut followers = sink.followers.iter();
    followers.all(|&follower| {
        if crossing.repeats.contains(&follower) {
            return true;
        }
        let Some(run) = sink.cx.facts.run(follower) else {
            return false;
        };
        match &sink.cx.facts.views[at].kind {
            Kind::Run { .. } => {
                keeps_manifests(sink, at, run, crossing)
                    && (crossing.prefetch.is_some() || is_apart(sink, at, follower))
            }
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                let lands = landing(sink, at, transfer);
                !lands.iter().any(|region| touches(&run.effects, region))
            }
            Kind::Expose { .. }
            | Kind::Label { .. }
            | Kind::Cmd { .. }
            | Kind::Entrypoint { .. } => true,
            _ => false,
        }
    })
}

/// Whether the steps of the two `RUN`s have nothing to do with each other.
fn is_apart(sink: &Sink<'_>, at: usize, follower: usize) -> bool {
    let facts = sink.cx.facts;
    let (Some(run), Some(follower)) = (facts.run(at), facts.run(follower)) else {
        return false;
    };
    let removes = |does| matches!(does, Does::RemovePackages);
    // What a step calls may be in a package that another removes.
    let takes_tools = run
        .steps
        .iter()
        .any(|step| step.does().is_some_and(removes));
    let (one, two) = (&run.effects, &follower.effects);
    let is_read = || one.reads.overlaps(&two.writes) && !leaves_readable(sink, at, follower);
    !takes_tools
        && (follower.only_shows()
            || !(one.writes.overlaps(&two.reads) || one.writes.overlaps(&two.writes) || is_read()))
}

/// Whether the step leaves the manifests alone that instruction `at` now reads before it.
fn keeps_manifests(sink: &Sink<'_>, at: usize, follower: &Run<'_>, crossing: &Crossing) -> bool {
    let left = crossing.leaves.iter().flat_map(|leave| &leave.lands);
    let mut read = left.chain(&crossing.manifests);
    leaves_readable(sink, at, follower)
        || !read.any(|path| follower.effects.writes.meets(&Region::new(path)))
}

/// Whether instruction `at` reads the same in the files that the step changes before and after it: no more than their
/// owners and modes are changed, of none that it runs, and root may read them all.
fn leaves_readable(sink: &Sink<'_>, at: usize, follower: &Run<'_>) -> bool {
    let is_root = sink.cx.facts.states[at].is_root() == Some(true);
    let changed = &follower.effects.writes;
    let minds = |step: &Step<'_>| step.minds_modes().overlaps(changed);
    is_root
        && follower.steps.iter().all(Step::keeps_content)
        && !sink.cx.facts.steps(at).iter().any(minds)
}

/// Where the copy at `at` puts what it brings.
fn landing(sink: &Sink<'_>, at: usize, transfer: &Transfer) -> Vec<Region> {
    crossing::landing(sink, at, transfer).1
}

fn touches(effects: &Effects, region: &Region) -> bool {
    effects.reads.meets(region) || effects.writes.meets(region)
}

//! Where a `RUN` can be taken apart.

use crate::analysis::paths::{Extent, Region};
use crate::analysis::runs::Step;
use crate::knowledge::tools::Does;
use crate::syntax::{Span, View};
use crate::transform::Cx;

use super::super::shipped::is_shipped;
use super::sink::Crossing;

/// Files that exist only while one `RUN` is at work.
const OF_ONE_RUN: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/// Where a `RUN` is taken apart.
pub(super) struct Seam {
    /// The text between the commands of the first part and those of the second.
    pub(super) gap: Span,
    /// The command with which both parts change to the folder in which they work, as written.
    pub(super) again: Option<String>,
}

/// Where a plain `&&` list can be taken apart behind the commands that `crossing` passes: the second part needs nothing
/// that is lost between two layers but the folder, to which it can change again, and in an image that somebody gets it
/// makes nothing smaller that the first has made.
pub(super) fn before(cx: &Cx<'_>, crossing: &Crossing) -> Option<Seam> {
    // A here-document stays in one piece.
    let run = cx.facts.runs[crossing.index].as_ref()?;
    let steps = run.and_list()?;
    let (first, rest) = steps.split_at_checked(crossing.steps)?;
    let (last, next) = (first.last()?, rest.first()?);
    let view = &cx.facts.views[crossing.index];
    let enters = first.first().filter(|step| changes_folder(view, step));
    let others = &first[usize::from(enters.is_some())..];
    let is_plain =
        view.flags.is_empty() && !others.is_empty() && others.iter().all(leaves_no_state);
    let stage = cx.facts.stage_of(crossing.index);
    let is_kept = stage.is_none_or(|stage| is_shipped(cx, stage));
    if !is_plain || is_kept && rest.iter().any(|step| cleans_up(cx, step, first)) {
        return None;
    }
    let again = enters.map(|step| view.text(step.span).to_owned());
    let gap = Span::new(last.span.end, next.span.start);
    // An assignment in front of the next command would be cut off, and a redirection behind the last.
    let is_joint = view.text(gap).trim() == "&&" && run.body.contains(gap);
    let source = |step: &Step<'_>| cx.facts.source(crossing.index, step.span);
    // From the end of the one to the start of the other: a gap that starts a line would leave the
    // continuation of the line above behind.
    is_joint.then(|| Seam {
        gap: Span::new(source(last).end, source(next).start),
        again,
    })
}

/// Whether `step` is `cd` to a folder that is the same in every build.
fn changes_folder(view: &View<'_>, step: &Step<'_>) -> bool {
    let [program, folder] = step.args.as_slice() else {
        return false;
    };
    let is_fixed = !folder.glob && !view.text(folder.span).contains('$');
    program.known() == "cd" && is_fixed && step.enters.is_some() && !step.redirected
}

fn leaves_no_state(step: &Step<'_>) -> bool {
    let of_one_run = |region: &Region| OF_ONE_RUN.contains(&region.path());
    let is_lost = match &step.effects.writes {
        Extent::Everything => true,
        Extent::Regions(regions) => regions.iter().any(of_one_run),
    };
    step.does() != Some(Does::ShellState) && !is_lost
}

/// Whether `step` takes away something that one of `first` has written, which a layer of its own
/// cannot do.
fn cleans_up(cx: &Cx<'_>, step: &Step<'_>, first: &[Step<'_>]) -> bool {
    let prunes = step.invocation.as_ref().is_some_and(|own| {
        let entry = cx.knowledge.tools.dependency_folder(&own.tool.id);
        let words = step.words();
        entry.is_some_and(|entry| entry.is_pruned_by(&own.tool.id, words))
    });
    if prunes {
        return true;
    }
    match step.does() {
        Some(Does::CleanCache | Does::RemovePackages) => true,
        Some(Does::Files) => {
            let writes = &step.effects.writes;
            first
                .iter()
                .any(|other| other.effects.writes.overlaps(writes))
        }
        _ => false,
    }
}

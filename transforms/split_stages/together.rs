//! Packages that a `RUN` installs together with what it makes of them, and that the runtime stage repeats as it is.

use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Does;
use crate::transform::Cx;

use super::Site;
use super::artefacts::Artefacts;
use super::packages::{bare, is_for_builds};
use super::programs;
use super::roles;

/// Whether `run` installs packages that no build needs, does something else with them, and can be repeated as it is: `apt-get
/// install locales && locale-gen`.
pub(super) fn is_for_the_program(cx: &Cx<'_>, run: &Run<'_>) -> bool {
    let installs = |step: &Step<'_>| step.does() == Some(Does::InstallPackages);
    let changes_others = |step: &Step<'_>| {
        matches!(
            step.does(),
            Some(Does::RemovePackages | Does::UpgradePackages)
        )
    };
    let is_known = |step: &Step<'_>| {
        let Some(invocation) = step.invocation.as_ref().filter(|_| installs(step)) else {
            return true;
        };
        let serves_build = |at: &usize| {
            let word = &step.args[*at];
            word.text.is_none() || is_for_builds(cx, &invocation.tool.id, bare(word.known()))
        };
        !invocation.operands.iter().any(serves_build)
    };
    let prepares = run.steps.iter().any(roles::leaves_files);
    run.is_straight()
        && prepares
        && run.steps.iter().any(installs)
        && !run.steps.iter().any(changes_others)
        && run.steps.iter().all(is_known)
}

/// The names of the packages that such instructions install in the runtime stage.
pub(super) fn installed<'s>(site: &Site<'s>, artefacts: &Artefacts) -> Vec<&'s str> {
    let in_front = programs::repeated(site, artefacts).filter(|(at, _)| *at < site.roles.split);
    let steps = in_front.flat_map(|(_, run)| &run.steps);
    let installs = steps.filter(|step| step.does() == Some(Does::InstallPackages));
    let names = installs.filter_map(|step| Some((step, step.invocation.as_ref()?)));
    let names =
        names.flat_map(|(step, own)| own.operands.iter().map(|at| bare(step.args[*at].known())));
    names.collect()
}

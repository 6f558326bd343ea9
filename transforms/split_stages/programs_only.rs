//! Packages that nothing is installed or compiled with: the builder does without the step that installs them.

use crate::analysis::runs::{Run, Step};
use crate::knowledge::images::PackageManager;
use crate::knowledge::tools::Does;

use super::Site;
use super::artefacts::Artefacts;
use super::packages::{RuntimePackages, bare};
use super::roles::{Role, removes_caches};

/// The one step in front of the split that installs packages, if the runtime stage installs all of them and no install or
/// compiler has a use for any. Any other program that works in the builder may start them.
pub(super) fn step(
    site: &Site<'_>,
    packages: &RuntimePackages,
    artefacts: &Artefacts,
) -> Option<usize> {
    let works_alone = !site.roles.builds() || artefacts.is_program;
    let mut installs = site.roles.with(Role::Packages);
    let at = installs.next().filter(|at| *at < site.roles.split)?;
    let view = &site.cx.facts.views[at];
    let run = site.cx.facts.runs[at].as_deref()?;
    let is_plain = works_alone
        && !packages.come_first
        && installs.next().is_none_or(|next| next >= site.roles.split)
        && view.flags.is_empty()
        && !view.logical.crosses_comment(view.body);
    (is_plain && installs_only(run) && names(run).all(|name| is_for_programs(site, packages, name)))
        .then_some(at)
}

fn installs_only(run: &Run<'_>) -> bool {
    let does_no_more = |step: &Step<'_>| match step.does() {
        Some(Does::RefreshLists | Does::InstallPackages | Does::CleanCache) => true,
        Some(Does::Files) => removes_caches(step),
        _ => false,
    };
    run.and_list().is_some() && run.steps.iter().all(does_no_more)
}

/// The packages that `run` installs, each with the tool.
fn names<'r>(run: &'r Run<'_>) -> impl Iterator<Item = (&'r str, &'r str)> {
    let installs = run.steps.iter().filter_map(|step| {
        let own = step.invocation.as_ref()?;
        (own.action.does == Does::InstallPackages).then_some((step, own))
    });
    installs.flat_map(|(step, own)| {
        let operands = own.operands.iter();
        operands.map(move |&at| (own.tool.id.as_str(), bare(step.args[at].known())))
    })
}

fn is_for_programs(
    site: &Site<'_>,
    packages: &RuntimePackages,
    (tool, name): (&str, &str),
) -> bool {
    let manager = PackageManager::of_tool(tool);
    let table = &site.cx.knowledge.packages;
    packages.names.iter().any(|known| known == name)
        && manager.is_some_and(|manager| table.for_programs(manager, name))
}

//! Packages that nothing is installed with: the builder does without the step that installs them.

use crate::analysis::runs::{Run, Step};
use crate::knowledge::images::PackageManager;
use crate::knowledge::tools::{Does, Operands};

use super::Site;
use super::artefacts::source_before;
use super::packages::{RuntimePackages, bare};
use super::roles::{Role, removes_caches};

/// The one step in front of the split that installs packages, if the runtime stage installs all of them and no install has a
/// use for any. Other programs that work in the builder may start them, or be one of them: `RUN ffmpeg -version`.
pub(super) fn step(site: &Site<'_>, packages: &RuntimePackages) -> Option<usize> {
    let mut installs = site.roles.with(Role::Packages);
    let at = installs.next().filter(|at| *at < site.roles.split)?;
    let view = &site.cx.facts.views[at];
    let run = site.cx.facts.runs[at].as_deref()?;
    let is_plain = !packages.come_first
        && installs.next().is_none_or(|next| next >= site.roles.split)
        && view.flags.is_empty()
        && !view.logical.crosses_comment(view.body);
    (is_plain
        && installs_only(run)
        && names(run).all(|name| is_for_programs(site, packages, name))
        && others_only_install(site, at)
        // Scripts of the project run during some installs.
        && !source_before(site, site.roles.split))
    .then_some(at)
}

/// Whether all other steps of the builder install dependencies, or make folders and accounts.
fn others_only_install(site: &Site<'_>, at: usize) -> bool {
    let runs = site.cx.facts.runs[site.stage.body.start..site.roles.split].iter();
    let mut others = runs
        .zip(site.stage.body.start..)
        .filter(|(_, index)| *index != at);
    let is_harmless = |step: &Step<'_>| match (step.does(), &step.invocation) {
        (
            Some(Does::InstallDependencies | Does::AddUser | Does::ShellState | Does::CleanCache),
            _,
        ) => true,
        (Some(Does::Files), Some(own)) => {
            own.action.operands == Operands::Write && !own.tool.works_on_what_is_there
        }
        _ => false,
    };
    others.all(|(run, _)| {
        let mut runs = run.iter();
        runs.all(|run| run.opaque.is_none() && run.steps.iter().all(is_harmless))
    })
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

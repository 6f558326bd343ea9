//! Packages that nothing is installed with: the builder does without the step that installs them.

use crate::analysis::runs::{Run, Step};
use crate::knowledge::images::PackageManager;
use crate::knowledge::tools::{Does, Operands};

use super::Site;
use super::artefacts::source_before;
use super::brought;
use super::packages::{RuntimePackages, bare};
use super::roles::{Role, removes_caches};

/// The one step in front of the split that installs packages, if the runtime stage installs all of them and no install has a
/// use for any. Other programs that work in the builder may start them, or be one of them: `RUN ffmpeg -version`.
pub(super) fn step(site: &Site<'_>, packages: &RuntimePackages) -> Option<usize> {
    let mut installs = site.roles.with(Role::Packages);
    let at = installs.next().filter(|at| *at < site.roles.split)?;
    let view = &site.cx.facts.views[at];
    let run = site.cx.facts.run(at)?;
    let is_plain = !packages.come_first
        && installs.next().is_none_or(|next| next >= site.roles.split)
        && view.flags.is_empty()
        && !view.logical.crosses_comment(view.body)
        // The names that variables hold would be written out.
        && !site.cx.facts.source_text(at).contains('$');
    (is_plain
        && installs_only(run)
        && names(run).all(|name| is_for_programs(site, packages, name))
        && others_only_install(site, at)
        && !manifests_name(site, run)
        // Scripts of the project run during some installs.
        && !source_before(site, site.roles.split))
    .then_some(at)
}

/// Whether all other steps of the builder install dependencies, or make folders and accounts.
fn others_only_install(site: &Site<'_>, at: usize) -> bool {
    let before = site.stage.body.start..site.roles.split;
    let mut others = before.filter(|index| *index != at);
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
    let mut accounts: Vec<&str> = Vec::new();
    others.all(|index| {
        let is_read = site
            .cx
            .facts
            .run(index)
            .is_none_or(|run| run.opaque.is_none());
        let mut steps = site.cx.facts.steps(index).iter();
        is_read && steps.all(|step| is_harmless(step) && names_own_accounts(step, &mut accounts))
    })
}

/// Whether a step that makes an account names no other but those that steps before it have made, which `accounts` holds:
/// packages make groups as well (`usermod -aG redis app`).
fn names_own_accounts<'s>(step: &'s Step<'_>, accounts: &mut Vec<&'s str>) -> bool {
    if step.does() != Some(Does::AddUser) {
        return true;
    }
    let words = step.args.iter().skip(1).map(|arg| arg.known());
    let names = words
        .filter(|word| !word.starts_with('-') || word.contains('='))
        .flat_map(|word| word.split(['=', ',']))
        .filter(|word| !word.starts_with(['-', '/']) && word.contains(char::is_alphabetic));
    let mut named: Vec<&str> = names.collect();
    named.sort_unstable();
    named.dedup();
    let is_new = named.iter().filter(|name| !accounts.contains(name)).count();
    let makes_one = named.len() == 1 || is_new == 0;
    accounts.extend(named);
    makes_one
}

/// Whether a file that the builder copies names one of the packages that `run` installs, as the scripts of a manifest do
/// that an install runs: `"postinstall": "ffmpeg -version"`.
fn manifests_name(site: &Site<'_>, run: &Run<'_>) -> bool {
    let Some(context) = site.cx.context else {
        return false;
    };
    let sources = brought::sources(site).flat_map(|(_, transfer)| &transfer.sources);
    let mut texts = sources
        .flat_map(|word| context.glob(word.raw.trim_start_matches("./")))
        .filter_map(|path| context.read(&path));
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.@/".contains(c);
    texts.any(|text| {
        let mut words = text.split(|c: char| !is_part(c));
        words.any(|word| names(run).any(|(_, name)| name == word))
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

//! Packages that a `RUN` installs together with what it makes of them. The runtime stage repeats the `RUN` as it is, or, where
//! some of the packages are for the build, what is made of the others.

use crate::analysis::paths::{Extent, below};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Does;
use crate::transform::Cx;

use super::Site;
use super::artefacts::Artefacts;
use super::packages::{bare, is_for_builds};
use super::programs;
use super::roles::{self, Purpose, Role};

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

/// The names of the packages that instructions of the runtime stage install by themselves before the project runs there
/// for the first time: such as these, and what stands behind the split.
pub(super) fn installed<'s>(site: &Site<'s>, artefacts: &Artefacts) -> Vec<&'s str> {
    let first_run = site.roles.with(Role::Project).next();
    let is_whole = |at: usize| {
        if at < site.roles.split {
            site.roles.of(at) == Role::Prepare
        } else {
            first_run.is_none_or(|first| at < first)
        }
    };
    let early = programs::repeated(site, artefacts).filter(|(at, _)| is_whole(*at));
    let straight = early.filter(|(_, run)| run.is_straight());
    let steps = straight.flat_map(|(_, run)| &run.steps);
    let installs = steps.filter(|step| step.does() == Some(Does::InstallPackages));
    let names = installs.filter_map(|step| Some((step, step.invocation.as_ref()?)));
    let names =
        names.flat_map(|(step, own)| own.operands.iter().map(|at| bare(step.args[*at].known())));
    names.collect()
}

/// The commands behind the installs of `run` that set the system up and can be repeated where only some of its packages are:
/// `sed … /etc/locale.gen && locale-gen` of `apt-get install -y gcc locales && …`. `None` when there are none, or the `RUN` does
/// more than that.
pub(super) fn setup<'r>(cx: &Cx<'_>, run: &'r Run<'_>) -> Option<Vec<&'r Step<'r>>> {
    let steps = run.and_list()?;
    let installs = |step: &Step<'_>| step.does() == Some(Does::InstallPackages);
    let last = steps.iter().rposition(installs)?;
    if !steps[..last].iter().all(is_about_packages) {
        return None;
    }
    let mut setup = Vec::new();
    for step in &steps[last + 1..] {
        match roles::purpose_of(step)? {
            Purpose::Passing => {}
            Purpose::Lasting(Role::Prepare) if is_setup(cx, step) => setup.push(step),
            Purpose::Lasting(_) => return None,
        }
    }
    let changes_shell = |step: &Step<'_>| step.does() == Some(Does::ShellState);
    (!setup.is_empty() && !steps.iter().any(changes_shell)).then_some(setup)
}

/// Whether `step` only installs packages, or does what belongs to that.
pub(super) fn is_about_packages(step: &Step<'_>) -> bool {
    matches!(
        step.does(),
        Some(Does::RefreshLists | Does::InstallPackages | Does::CleanCache)
    )
}

/// Whether `step` handles nothing that a package for builds could have brought: settings of the system, and what belongs to
/// no package.
fn is_setup(cx: &Cx<'_>, step: &Step<'_>) -> bool {
    if let Some(own) = &step.invocation
        && own.tool.registers
    {
        return true;
    }
    let is_in = |path: &str, folder: &str| below(path, folder).is_some();
    let is_setting = |path: &str| is_in(path, "/etc") || is_in(path, "/usr/share/zoneinfo");
    let is_own = |path: &str| {
        !cx.knowledge
            .tools
            .paths("@system")
            .any(|area| is_in(path, area))
    };
    let all = |extent: &Extent, fits: &dyn Fn(&str) -> bool| match extent {
        Extent::Everything => false,
        Extent::Regions(regions) => regions.iter().all(|region| fits(region.fixed())),
    };
    let writes = |path: &str| is_in(path, "/etc") || path != "/" && is_own(path);
    all(&step.effects.reads, &is_setting) && all(&step.effects.writes, &writes)
}

/// The commands that the runtime stage repeats of instruction `at`, as they are written.
pub(super) fn repeated_setup(site: &Site<'_>, at: usize) -> Option<Vec<String>> {
    let setup = setup(site.cx, site.cx.facts.run(at)?)?;
    let source = |step: &&Step<'_>| site.cx.facts.script_source(at, step.span);
    let text = site.cx.file.text();
    Some(
        setup
            .iter()
            .map(source)
            .map(|span| span.text(text).to_owned())
            .collect(),
    )
}

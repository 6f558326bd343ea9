//! Tools that only the build needs, although they are installed like dependencies, copied, or packages.

use crate::analysis::paths::{Region, below, file_name};
use crate::analysis::runs::Step;
use crate::knowledge::images::PackageManager;
use crate::knowledge::tools::{Does, Role as OptionRole, Tool, Tools};
use crate::syntax::{Kind, Transfer};
use crate::transform::Refusal;
use crate::transforms::dependencies;
use crate::transforms::launched::{self, CommandLine};

use super::Site;
use super::packages;
use super::roles::Role;
use super::sources;

/// The names of the tools that `step` serves, if it serves no program but these, and the container starts none of them.
pub(super) fn unused(site: &Site<'_>, step: &Step<'_>) -> Option<Vec<String>> {
    let installs = step.invocation.as_ref()?.action.installs.as_ref()?;
    let (ids, names) = match installs.needed_by.as_slice() {
        [] => installed(site, step)?.into_iter().unzip(),
        tools => (tools.to_vec(), tools.to_vec()),
    };
    let places = installs.at.iter().flatten();
    let is_unused = !ids.is_empty() && !may_start(site, &ids) && !is_used_later(site, places);
    is_unused.then_some(names)
}

/// Whether an instruction behind the split names one of the `places`, if that is in the home of root, or handles files in it: it
/// may put something there, or use what is there.
fn is_used_later<'p>(site: &Site<'_>, places: impl Iterator<Item = &'p String> + Clone) -> bool {
    let in_home = places.clone().filter_map(|place| below(place, "/root"));
    let firsts = in_home.filter_map(|inside| inside.split('/').next());
    let homes = ["/root", "~", "$HOME", "${HOME}"];
    let names = firsts.flat_map(|first| homes.map(|home| format!("{home}/{first}")));
    let names: Vec<String> = names.collect();
    let behind = site.roles.split..site.stage.body.end;
    // A search path is looked at with the variables.
    let views = behind.map(|at| &site.cx.facts.views[at]);
    let mut views = views.filter(|view| !matches!(view.kind, Kind::Env { .. }));
    let is_named = views.any(|view| {
        let text = &view.logical.text;
        names.iter().any(|name| text.contains(name.as_str()))
    });
    let behind = site.roles.split..site.stage.body.end;
    let steps = behind.flat_map(|at| site.cx.facts.steps(at));
    let mut handling = steps.filter(|step| step.does() == Some(Does::Files));
    let regions = places.filter(|place| below(place, "/root").is_some());
    let regions: Vec<Region> = regions.map(Region::new).collect();
    let fills = |step: &Step<'_>| {
        regions
            .iter()
            .any(|region| step.effects.writes.meets(region))
    };
    is_named || handling.any(fills)
}

/// The ids and the names of the tools that `step` installs, if it installs nothing but tools that install or build.
fn installed(site: &Site<'_>, step: &Step<'_>) -> Option<Vec<(String, String)>> {
    let invocation = step.invocation.as_ref()?;
    let mut options = invocation.options.iter();
    if options.any(|option| matches!(option.role, OptionRole::Manifest | OptionRole::Read)) {
        return None;
    }
    let names = invocation.operands.iter();
    let names = names.map(|&at| dependencies::dependency_name(step.args[at].known()));
    names
        .map(|name| Some((installer(&site.cx.knowledge.tools, &name)?, name)))
        .collect()
}

/// The tools that a copy from another image brings, if it brings nothing but tools that install or build.
pub(super) fn copied(tools: &Tools, transfer: &Transfer) -> Option<Vec<String>> {
    let sources = transfer.sources.iter();
    let names = sources.map(|word| file_name(&word.raw));
    let found: Option<Vec<String>> = names.map(|name| installer(tools, name)).collect();
    found.map(|mut found| {
        found.dedup();
        found
    })
}

/// The copies in front of the split that bring tools, with the ids of these.
pub(super) fn copies<'s>(site: &'s Site<'_>) -> Vec<(usize, &'s Transfer, Vec<String>)> {
    let at = site.roles.with(Role::Dependencies);
    at.filter_map(|at| match &site.cx.facts.views[at].kind {
        Kind::Copy(transfer) => {
            let tools = copied(&site.cx.knowledge.tools, transfer)?;
            Some((at, transfer, tools))
        }
        _ => None,
    })
    .collect()
}

/// Refuses when the container may start a tool that is copied for the build.
///
/// # Errors
/// The first such copy.
pub(super) fn check(site: &Site<'_>) -> Result<(), Refusal> {
    let mut copies = copies(site).into_iter();
    match copies.find(|(_, _, tools)| may_start(site, tools)) {
        Some((at, _, tools)) => {
            let message = format!(
                "the container starts {}, which it copies",
                tools.join(" or ")
            );
            Err(site.refuse_at(at, "foreign-copy", &message))
        }
        None => Ok(()),
    }
}

/// What has to be taken for granted so that only the build needs the package `name`, which programs may need as well.
/// `None` when they may for all that is known.
pub(super) fn package(site: &Site<'_>, manager: PackageManager, name: &str) -> Option<String> {
    let table = &site.cx.knowledge.packages;
    if let Some(tool) = table.tool_in(manager, name) {
        let is_started = may_start(site, &[tool.to_owned()]);
        return (!is_started).then(|| format!("the program does not start {tool}"));
    }
    let language = sources::language(site)?;
    let is_beside = table.build_only_beside(manager, name, language)
        && packages::some_are_for_builds(site.cx, site.stage);
    let is_beside = is_beside || table.fetches_for(manager, name, language);
    let is_for_builds = is_beside && starts_none(site, name);
    is_for_builds.then(|| format!("the program does not need the package {name}"))
}

/// Whether neither the container nor a source of the project starts a program of the package or tool `name`, for all that
/// they show.
pub(super) fn starts_none(site: &Site<'_>, name: &str) -> bool {
    let knowledge = site.cx.knowledge;
    let of_language = |word: &str| {
        let mut languages = knowledge.tools.languages().iter();
        languages.any(|language| language.is_read_by(name) && language.is_read_by(word))
    };
    let is_of = |word: &String| {
        let word = file_name(word);
        word == name || knowledge.images.is_in_package(word, name) || of_language(word)
    };
    let is_started = |line: &CommandLine<'_>| line.is_unread || line.words.iter().any(is_of);
    let lines = site.command_lines();
    let is_unused = lines.is_ok_and(|lines| !lines.iter().any(is_started));
    let starts = || sources::started(site, &[]).is_ok_and(|started| started.any);
    is_unused && site.cx.context.is_some() && !starts()
}

/// The tool with the program `name`, if it installs or builds.
fn installer(tools: &Tools, name: &str) -> Option<String> {
    let (tool, _) = tools.find(&[name])?;
    let works = |tool: &Tool| {
        let mut actions = tool.actions.iter();
        actions.any(|action| matches!(action.does, Does::InstallDependencies | Does::Build))
    };
    works(tool).then(|| tool.id.clone())
}

/// Whether the container may start one of the tools with these ids: it does, it starts a script that is not at hand, or a source
/// of the project starts it.
pub(super) fn may_start(site: &Site<'_>, ids: &[String]) -> bool {
    let tools = &site.cx.knowledge.tools;
    let programs: Vec<&str> = ids.iter().flat_map(|id| tools.calls_of(id)).collect();
    launched::may_start(site.cx, site.stage, &site.launches, ids)
        || sources::start_one_of(site, &programs)
}

//! The programs that the container starts must exist in the runtime stage.

use crate::analysis::commands::Arg;
use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::paths::{file_name, join};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::startup::Needs;
use crate::transform::Refusal;
use crate::transforms::other_image::{builds, builds_first, left_behind, share_repository};

use super::Site;
use super::artefacts::Artefacts;
use super::base::Runtime;
use super::handed_over;
use super::outside;
use super::packages::{RuntimePackages, is_for_builds};
use super::roles::Role;
use super::sources;
use super::together;

/// Adds the packages of what came with the larger base image: the programs that the container starts, those that steps of
/// the runtime stage call, and files that sources open.
///
/// # Errors
/// When such a program is for builds.
pub(super) fn add_packages(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &mut RuntimePackages,
) -> Result<(), Refusal> {
    for (at, run) in repeated(site, artefacts) {
        let in_front = at < site.roles.split;
        for step in run.all_commands() {
            for program in called(step) {
                let message = format!("it needs {program}, which is a tool of the build");
                let is_added = add(site, packages, program)
                    .map_err(|()| site.refuse_at(at, "runs-build-tool", &message))?;
                packages.come_first |= in_front && is_added;
            }
        }
    }
    let programs = site.image.toolset.map(|toolset| &toolset.programs);
    let in_packages = programs.into_iter().flat_map(|programs| programs.keys());
    let known = in_packages.chain(left_behind(site.cx, site.image));
    let known: Vec<&str> = known.map(String::as_str).collect();
    let by_sources = sources::started(site, &known)?;
    packages.needs_shell = by_sources.any || handed_over::is_scripted(site);
    let by_commands = site
        .command_lines()?
        .into_iter()
        .map(|mut line| line.words.swap_remove(0));
    for name in by_commands.chain(by_sources.programs) {
        let message = format!("the container starts {name}, which is a tool of the build");
        add(site, packages, &name).map_err(|()| site.refuse("runs-build-tool", message))?;
    }
    if let Some((manager, toolset)) = site.package_tool().zip(site.image.toolset) {
        for package in sources::opened(site, toolset) {
            packages.manager.get_or_insert_with(|| manager.to_owned());
            packages.add(package);
        }
    }
    Ok(())
}

/// The steps of the stage that the runtime stage has as well, with their instructions.
pub(super) fn repeated<'s>(
    site: &Site<'s>,
    artefacts: &Artefacts,
) -> impl Iterator<Item = (usize, &'s Run<'s>)> {
    let is_repeated = |at: &usize| match site.roles.of(*at) {
        _ if *at >= site.roles.split => true,
        Role::Prepare => !artefacts.left_out.contains(at),
        Role::Packages => together::repeated_setup(site, *at).is_some(),
        _ => false,
    };
    let facts = site.cx.facts;
    let instructions = site.stage.body.clone().filter(is_repeated);
    instructions.filter_map(move |at| Some((at, facts.run(at)?)))
}

/// Adds the package of `program`, if the smaller image lacks it. Whether it did; an error when it is for builds.
fn add(site: &Site<'_>, packages: &mut RuntimePackages, program: &str) -> Result<bool, ()> {
    if left_behind(site.cx, site.image)
        .iter()
        .any(|name| name == file_name(program))
    {
        return Err(());
    }
    let (Some(package), Some(manager)) = (package_of(site, program), site.package_tool()) else {
        return Ok(false);
    };
    if packages.names.iter().any(|known| known == package) {
        return Ok(true);
    }
    if is_for_builds(site.cx, manager, package) {
        return Err(());
    }
    packages.manager.get_or_insert_with(|| manager.to_owned());
    packages.add(package);
    Ok(true)
}

/// Whether `run` calls a program that the smaller image lacks.
pub(super) fn needs_more(site: &Site<'_>, run: &Run<'_>) -> bool {
    let mut programs = run.all_commands().flat_map(called);
    programs.any(|program| package_of(site, program).is_some())
}

/// The programs that a step calls, by itself or through another.
fn called<'s>(step: &'s Step<'_>) -> Vec<&'s str> {
    let words: Vec<&str> = step.args.iter().map(Arg::known).collect();
    let Some(program) = words.first().map(|word| file_name(word)) else {
        return Vec::new();
    };
    let mut programs = vec![program];
    if let Some(invocation) = &step.invocation {
        programs.extend(invocation.tool.started_by(&words));
    }
    programs
}

/// The package of a program that the image has and its smaller variant has not. The programs of its language are no
/// packages in either.
fn package_of<'s>(site: &Site<'s>, program: &str) -> Option<&'s str> {
    let name = file_name(program);
    let package = site.image.toolset?.programs.get(name)?;
    let tool = site.cx.knowledge.tools.find(&[name]);
    let language = tool.and_then(|(tool, _)| tool.ecosystem.as_deref());
    (language.is_none() || language != site.image.provides).then_some(package)
}

fn builds_at_start(site: &Site<'_>, words: &[String]) -> bool {
    let program = site.cx.knowledge.startup.program(words);
    program.is_some_and(|(program, _)| program.needs == Needs::Build)
}

/// Refuses when something that the container starts would not be there.
///
/// # Errors
/// The first such program.
pub(super) fn check(
    site: &Site<'_>,
    base: &Runtime,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
) -> Result<(), Refusal> {
    let keeps_tools = base.is_same || share_repository(&base.builder, &base.reference);
    if !keeps_tools {
        check_repeated(site, artefacts)?;
    }
    check_tools(site, base.is_same, keeps_tools)?;
    if artefacts.is_program {
        check_handed_over(site, artefacts, packages)?;
        check_found(site, artefacts, packages)?;
    }
    Ok(())
}

/// The steps that the runtime stage repeats need no program of the language.
fn check_repeated(site: &Site<'_>, artefacts: &Artefacts) -> Result<(), Refusal> {
    for (at, run) in repeated(site, artefacts) {
        if let Some(program) = run.all_commands().find_map(|step| of_language(site, step)) {
            let message = format!("it needs {program}, which the smaller image has not");
            return Err(site.refuse_at(at, "runs-build-tool", &message));
        }
    }
    Ok(())
}

/// No command line of the container builds or installs, also where both stages have the same base: what only a build needs
/// is left out.
fn check_tools(site: &Site<'_>, is_same: bool, keeps_tools: bool) -> Result<(), Refusal> {
    for line in site.command_lines()? {
        let tool = &line.words[0];
        let message = if !keeps_tools && builds(site.cx, &line.words) {
            format!("the container starts {tool}, which the smaller image has not")
        } else if !is_same && builds_first(site.cx, site.image, &line.words) {
            format!("{tool} compiles what it runs, which it cannot in the smaller image")
        } else if builds_at_start(site, &line.words) {
            format!("the container builds or installs when it starts, with {tool}")
        } else {
            continue;
        };
        return Err(outside::refuse(
            site,
            line.launch,
            "runs-build-tool",
            &message,
        ));
    }
    Ok(())
}

/// The scripts of the container start nothing that is left behind.
fn check_handed_over(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
) -> Result<(), Refusal> {
    match handed_over::missing(site, artefacts, packages) {
        Some(program) => {
            let message = format!("dfopt cannot tell where {program} is, which a script starts");
            Err(site.refuse("output-not-located", message))
        }
        None => Ok(()),
    }
}

/// Each program that the container starts is found by its name.
fn check_found(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
) -> Result<(), Refusal> {
    let taken = artefacts.taken();
    let product = artefacts.product.as_ref();
    let product = product.map(|(_, dest)| file_name(dest));
    for launch in &site.launches.launches {
        let program = launch.program();
        let is_product = product == Some(program) || artefacts.is_searched;
        let has = |folder: &&str| {
            let path = join(folder, program);
            taken.iter().any(|(_, dest)| *dest == path)
        };
        let is_beside = PROGRAM_FOLDERS.iter().any(has);
        let package = package_of(site, program).unwrap_or(program);
        let is_installed = packages.names.iter().any(|name| name == package);
        // A runtime whose scripts need one has a shell.
        let is_shell = packages.needs_shell && handed_over::is_shell(site, program);
        let is_taken = is_product || is_beside || is_installed || is_shell;
        if !program.contains('/') && !is_taken && !launch.needs_shell {
            let message = format!("dfopt cannot tell where {program} is");
            return Err(outside::refuse(
                site,
                launch,
                "output-not-located",
                &message,
            ));
        }
    }
    Ok(())
}

/// The program of `step`, if it comes with the language of the larger image.
fn of_language<'s>(site: &Site<'_>, step: &'s Step<'_>) -> Option<&'s str> {
    let tool = step.invocation.as_ref()?.tool;
    let is_its_own = tool.ecosystem.is_some() && tool.ecosystem.as_deref() == site.image.provides;
    is_its_own.then(|| step.args[0].known())
}

//! The programs that the container starts must exist in the runtime stage.

use crate::analysis::commands::{Arg, recognise};
use crate::analysis::launch::Launch;
use crate::analysis::paths::{below, join};
use crate::knowledge::tools::{Action, Does};
use crate::syntax::shell;
use crate::transform::Refusal;

use super::Site;
use super::artefacts::Artefacts;
use super::base::Runtime;
use super::outside;
use super::packages::{RuntimePackages, is_for_builds};
use super::sources;

/// Adds the packages of programs that came with the larger base image.
pub(super) fn add_packages(site: &Site<'_>, packages: &mut RuntimePackages) -> Result<(), Refusal> {
    let Some(toolset) = site.image.toolset else {
        return Ok(());
    };
    let Some(manager) = site
        .image
        .system
        .and_then(|system| system.package_manager.tool())
    else {
        return Ok(());
    };
    let known: Vec<&str> = toolset.programs.keys().map(String::as_str).collect();
    let by_sources = sources::started(site, &known)?;
    packages.needs_shell = by_sources.any;
    for name in started(site)?.into_iter().chain(by_sources.programs) {
        let Some(package) = toolset.programs.get(&name) else {
            continue;
        };
        if packages.names.iter().any(|known| known == package) {
            continue;
        }
        if is_for_builds(site.cx, manager, package) {
            let message = format!("the container starts {name}, which is a tool of the build");
            return Err(site.refuse("runs-build-tool", message));
        }
        packages.manager.get_or_insert_with(|| manager.to_owned());
        packages.add(package);
    }
    Ok(())
}

/// Every program that the container starts, and that the scripts of the project start which it starts.
fn started(site: &Site<'_>) -> Result<Vec<String>, Refusal> {
    let mut names: Vec<String> = Vec::new();
    for launch in &site.launches.launches {
        names.push(launch.program().to_owned());
        for word in &launch.words {
            names.extend(script_programs(site, word)?);
        }
    }
    Ok(names)
}

/// The programs that a script in the build context calls, if `word` names one.
fn script_programs(site: &Site<'_>, word: &str) -> Result<Vec<String>, Refusal> {
    let Some((path, text)) = script(site, word) else {
        return Ok(Vec::new());
    };
    let Ok(script) = shell::parse(&text) else {
        let message = format!("dfopt cannot tell which programs {path} starts");
        return Err(site.refuse("opaque-command", message));
    };
    let first = |simple: &shell::Simple| Some(simple.words.first()?.literal(&text)?.into_owned());
    Ok(script
        .simple_commands()
        .into_iter()
        .filter_map(first)
        .collect())
}

/// The shell script of the build context that `word` names: below the working directory, or by its
/// name alone where a copy put it somewhere else.
fn script(site: &Site<'_>, word: &str) -> Option<(String, String)> {
    let context = site.cx.context?;
    let path = join(&site.workdir(), word);
    let name = path.rsplit('/').next().unwrap_or_default();
    let inside = below(&path, &site.workdir()).unwrap_or(name);
    let found = [inside, name]
        .into_iter()
        .find_map(|path| Some((path.to_owned(), context.read(path)?)));
    found.filter(|(path, text)| path.ends_with(".sh") || is_shell_script(text))
}

fn is_shell_script(text: &str) -> bool {
    text.strip_prefix("#!")
        .and_then(|rest| rest.lines().next())
        .is_some_and(|line| line.trim_end().ends_with("sh"))
}

/// Whether everything that the container starts is there.
pub(super) fn check(site: &Site<'_>, base: &Runtime, artefacts: &Artefacts) -> Result<(), Refusal> {
    for launch in &site.launches.launches {
        let program = launch.program();
        if program.contains('/') {
            continue;
        }
        if is_build_tool(site, launch) && !base.is_same && !shares_repository(base) {
            let message =
                format!("the container starts {program}, which the smaller image has not");
            return Err(outside::refuse(site, launch, "runs-build-tool", &message));
        }
        let product = artefacts
            .product
            .as_ref()
            .and_then(|(_, dest)| dest.rsplit('/').next());
        if artefacts.is_program && product != Some(program) && !launch.needs_shell {
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

/// Whether a launch is a shell that waits for commands.
pub(super) fn is_prompt(launch: &Launch) -> bool {
    let program = launch.program().rsplit('/').next().unwrap_or_default();
    matches!(program, "sh" | "bash" | "ash" | "zsh")
        && launch
            .words
            .iter()
            .skip(1)
            .all(|word| word.starts_with('-'))
}

/// Whether a launch asks a tool to build or to install, and not just to run what was built.
fn is_build_tool(site: &Site<'_>, launch: &Launch) -> bool {
    let args: Vec<Arg> = launch.words.iter().map(|word| Arg::word(word)).collect();
    let tools = &site.cx.knowledge.tools;
    if let Some(invocation) = recognise(tools, &args) {
        return !invocation.action.in_runtime
            && !matches!(
                invocation.action.does,
                Does::Nothing | Does::Files | Does::ShellState
            );
    }
    let words: Vec<&str> = launch.words.iter().map(String::as_str).collect();
    let builds = |action: &Action| matches!(action.does, Does::Build | Does::InstallDependencies);
    tools
        .find(&words)
        .is_some_and(|(tool, _)| tool.actions.iter().any(builds))
}

/// Whether the runtime is a smaller variant of the builder's own image, with the same tools of the language.
fn shares_repository(base: &Runtime) -> bool {
    let repository = |reference: &str| {
        reference
            .split([':', '@'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    repository(&base.builder) == repository(&base.reference)
}

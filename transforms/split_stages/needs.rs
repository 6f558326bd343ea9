//! What the dependencies of the program need of the system when it runs.

use crate::analysis::runs::Step;
use crate::context::BuildContext;
use crate::knowledge::packages::Dependency;
use crate::knowledge::tools::{Does, Operands};
use crate::transform::Refusal;
use crate::transforms::dependencies;

use super::Site;
use super::artefacts::steps;
use super::base;
use super::packages::{RuntimePackages, bare};
use super::roles::Role;
use crate::transforms::libraries::Libraries;

/// Adds the libraries and programs that dependencies load when they run.
///
/// # Errors
/// When it is known of a dependency that the tables cannot provide for it.
pub(super) fn add(site: &Site<'_>, packages: &mut RuntimePackages) -> Result<(), Refusal> {
    let Some(manager) = site.image.system.map(|system| system.package_manager) else {
        return Ok(());
    };
    let Some(tool) = manager.tool() else {
        return Ok(());
    };
    let libraries = Libraries::new(site.cx.knowledge, site.image, manager);
    for (at, name, dependency) in known(site) {
        if is_ready_made(site, &name, dependency) || brings_library(site, dependency) {
            continue;
        }
        if let Some(reason) = &dependency.refuse {
            if is_brought(site, dependency) {
                continue;
            }
            let message = format!("{name} may not work in a smaller image: {reason}");
            return Err(site.refuse_at(at, "native-dependency", &message));
        }
        let Some(found) = libraries.of_dependency(dependency) else {
            let message = format!(
                "{name} needs programs or libraries that dfopt does not know how to install in a smaller image"
            );
            return Err(site.refuse_at(at, "native-dependency", &message));
        };
        let programs = dependency.programs.iter();
        let programs = programs.filter(|(program, package)| has_program(site, program, package));
        let programs = programs.map(|(_, package)| package.as_str());
        for need in found.into_iter().chain(programs) {
            packages.manager.get_or_insert_with(|| tool.to_owned());
            packages.add(need);
        }
    }
    packages.assumes.extend(assumption(site));
    packages.assumes.extend(of_downloads(site));
    Ok(())
}

/// Whether the stage has `program`, with its image or because it installs `package`: what is not there, nothing starts.
fn has_program(site: &Site<'_>, program: &str, package: &str) -> bool {
    let toolset = site.image.toolset;
    let comes_along = toolset.is_some_and(|toolset| toolset.programs.contains_key(program));
    let bases = &site.cx.knowledge.bases;
    let brings = |word: &str| bases.is_brought(bare(word), package);
    comes_along || installs(site).any(|step| step.words().any(brings))
}

/// The commands of the stage that install packages.
fn installs<'s>(site: &'s Site<'_>) -> impl Iterator<Item = &'s Step<'s>> {
    let body = site.stage.body.clone();
    let steps = body.flat_map(|at| site.cx.facts.steps(at));
    steps.filter(|step| step.does() == Some(Does::InstallPackages))
}

/// Whether the dependency comes compiled, with all that it needs.
fn is_ready_made(site: &Site<'_>, name: &str, dependency: &Dependency) -> bool {
    let mut versions =
        builder_steps(site).filter_map(|(_, step)| dependencies::version_of(site.cx, step, name));
    let language = base::version(site.reference(), 2);
    dependency.is_ready_made(versions.next().as_deref(), language.as_deref())
}

/// Whether the dependency is compiled with libraries of its own, since the image has no headers of others or the project asks
/// for it. What the stage installs to build with is answered for by its own name.
fn brings_library(site: &Site<'_>, dependency: &Dependency) -> bool {
    let is_missing = |name: &String| {
        let toolset = site.image.toolset;
        !toolset.is_some_and(|toolset| toolset.headers.contains(name))
    };
    let asks = |context: &BuildContext, file: &str, texts: &[String]| {
        let paths = context.glob(&format!("**/{file}"));
        let mut found = paths.iter().filter_map(|path| context.read(path));
        found.any(|text| texts.iter().any(|own| text.contains(own)))
    };
    let mut own = dependency.own_with.iter();
    dependency.headers.as_ref().is_some_and(is_missing)
        || site
            .cx
            .context
            .is_some_and(|context| own.any(|(file, texts)| asks(context, file, texts)))
}

/// Whether packages that the stage installs, and that are installed in the smaller image as well, bring what the
/// dependency needs, and a variable says that it uses these where it would bring its own otherwise.
fn is_brought(site: &Site<'_>, dependency: &Dependency) -> bool {
    let names = |step: &Step<'_>| {
        let mut words = step.words();
        words.any(|word| dependency.unless_package.iter().any(|name| name == word))
    };
    let variables = &site.cx.facts.states[site.stage.body.end - 1].variables;
    let mut switches = dependency.unless_env.iter();
    let switched =
        dependency.unless_env.is_empty() || switches.any(|name| variables.contains_key(name));
    installs(site).any(names) && switched
}

/// The dependencies that the tables know, with the instruction that names them.
fn known<'s>(site: &'s Site<'_>) -> Vec<(usize, String, &'s Dependency)> {
    let Some(ecosystem) = site.image.provides else {
        return Vec::new();
    };
    let mut names: Vec<(usize, String)> = Vec::new();
    for (at, step) in builder_steps(site) {
        names.extend(
            dependencies::named(site.cx, step)
                .into_iter()
                .map(|name| (at, name)),
        );
        // What a tool is asked to run: `npx prisma generate`.
        names.extend(step.args.iter().map(|arg| (at, arg.known().to_owned())));
    }
    for launch in &site.launches.launches {
        names.extend(
            launch
                .words
                .iter()
                .map(|word| (launch.instruction, word.clone())),
        );
    }
    let dependency = |(at, name): (usize, String)| {
        let found = site.cx.knowledge.packages.dependency(ecosystem, &name)?;
        Some((at, name, found))
    };
    names.into_iter().filter_map(dependency).collect()
}

fn builder_steps<'s>(site: &'s Site<'_>) -> impl Iterator<Item = (usize, &'s Step<'s>)> {
    steps(site, Role::Dependencies).chain(steps(site, Role::Build))
}

/// What is taken for granted of the dependencies that the tables do not know.
fn assumption(site: &Site<'_>) -> Option<String> {
    let is_tool = |step: &Step<'_>| {
        let installs = step.invocation.as_ref();
        let installs = installs.and_then(|own| own.action.installs.as_ref());
        installs.is_some_and(|installs| !installs.needed_by.is_empty())
    };
    let mut installs = builder_steps(site)
        .filter(|(_, step)| step.does() == Some(Does::InstallDependencies) && !is_tool(step))
        .peekable();
    if installs.peek().is_none() || !site.image.sheds_tools() {
        return None;
    }
    let all_named = site.cx.context.is_some()
        && installs.all(|(_, step)| !dependencies::named(site.cx, step).is_empty());
    let which = if all_named {
        "the dependencies that dfopt knows nothing of"
    } else {
        "the dependencies"
    };
    Some(format!(
        "{which} load no library that only the larger image has"
    ))
}

/// What is taken for granted of programs that steps download and that are no packages: nobody knows what they are linked with.
fn of_downloads(site: &Site<'_>) -> Option<String> {
    let is_address = |word: &str| word.starts_with("http://") || word.starts_with("https://");
    // A repository holds sources, and a setting of Git is none of the program.
    let is_of_git = |step: &Step<'_>| {
        let action = step.invocation.as_ref().map(|own| own.action);
        action.is_some_and(|own| own.configures || own.operands == Operands::Repository)
    };
    let downloads =
        |step: &Step<'_>| step.args.iter().any(|arg| is_address(arg.known())) && !is_of_git(step);
    let mut prepared = steps(site, Role::Prepare);
    (site.image.sheds_tools() && prepared.any(|(_, step)| downloads(step))).then(|| {
        "programs that are downloaded load no library that only the larger image has".to_owned()
    })
}

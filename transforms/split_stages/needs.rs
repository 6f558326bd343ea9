//! What the dependencies of the program need of the system when it runs.

use crate::analysis::runs::Step;
use crate::context::{Entry, dependencies, required_by};
use crate::knowledge::packages::Dependency;
use crate::knowledge::tools::{Does, Role as OptionRole};
use crate::transform::Refusal;

use super::Site;
use super::artefacts::steps;
use super::libraries::Libraries;
use super::packages::RuntimePackages;
use super::roles::Role;

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
        let found = libraries
            .of_dependency(dependency)
            .filter(|_| dependency.refuse.is_none());
        let Some(found) = found else {
            let message = format!(
                "{name} needs programs or libraries that dfopt does not know how to install in a smaller image"
            );
            return Err(site.refuse_at(at, "native-dependency", &message));
        };
        let programs = dependency.programs.values().map(String::as_str);
        for need in found.into_iter().chain(programs) {
            packages.manager.get_or_insert_with(|| tool.to_owned());
            packages.add(need);
        }
    }
    packages.assumes.extend(assumption(site));
    Ok(())
}

/// The dependencies that the tables know, with the instruction that names them.
fn known<'s>(site: &'s Site<'_>) -> Vec<(usize, String, &'s Dependency)> {
    let Some(ecosystem) = site.image.provides else {
        return Vec::new();
    };
    let mut names: Vec<(usize, String)> = Vec::new();
    for (at, step) in builder_steps(site) {
        names.extend(
            named_dependencies(site, step)
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
    let mut installs = builder_steps(site)
        .filter(|(_, step)| step.does() == Some(Does::InstallDependencies))
        .peekable();
    if installs.peek().is_none() || site.image.runtimes.is_empty() {
        return None;
    }
    let all_named = site.cx.context.is_some()
        && installs.all(|(_, step)| !named_dependencies(site, step).is_empty());
    let which = if all_named {
        "the dependencies that dfopt knows nothing of"
    } else {
        "the dependencies"
    };
    Some(format!(
        "{which} load no library that only the larger image has"
    ))
}

/// The names of the packages of the language that `step` installs, in lower case, as far as its
/// command line and its manifests tell.
pub(super) fn named_dependencies(site: &Site<'_>, step: &Step<'_>) -> Vec<String> {
    let Some(invocation) = &step.invocation else {
        return Vec::new();
    };
    let operands = invocation
        .operands
        .iter()
        .map(|&at| dependency_name(step.args[at].known()));
    let mut names: Vec<String> = operands.collect();
    for path in manifests(site, step) {
        let text = site
            .cx
            .context
            .and_then(|context| context.read(&path))
            .unwrap_or_default();
        names.extend(dependencies(&path, &text));
    }
    names
}

/// The manifests that `step` reads, as paths in the build context.
pub(super) fn manifests(site: &Site<'_>, step: &Step<'_>) -> Vec<String> {
    let (Some(context), Some(invocation)) = (site.cx.context, &step.invocation) else {
        return Vec::new();
    };
    let named = invocation
        .options
        .iter()
        .filter(|option| option.role == OptionRole::Manifest);
    let named = named.filter_map(|option| option.value.clone());
    let usual = invocation
        .action
        .manifests
        .iter()
        .map(|name| name.trim_end_matches('?').to_owned());
    let entries: Vec<String> = named.chain(usual).collect();
    // What stands in the way of copying the manifests alone does not matter here.
    let given: Vec<Entry> = entries.iter().cloned().map(Entry::from).collect();
    match required_by(context, &site.cx.knowledge.manifests, &given, &[]) {
        Ok(found) => found
            .into_iter()
            .filter(|found| !found.is_folder)
            .map(|found| found.path)
            .collect(),
        Err(_) => entries,
    }
}

fn dependency_name(word: &str) -> String {
    word.split(['=', '<', '>', '~', '!', '[', ';', ' ', '@'])
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

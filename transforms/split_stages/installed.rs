//! Where dependencies are installed, so that the runtime stage can take them over.

use crate::analysis::commands::Invocation;
use crate::analysis::paths::join;
use crate::analysis::runs::Step;
use crate::context::matches_name;
use crate::knowledge::tools::{Action, Does};
use crate::transform::Refusal;
use crate::transforms::dependencies;

use super::Site;
use super::artefacts::steps;
use super::base;
use super::roles::Role;

/// The folders that the dependency steps install into.
///
/// # Errors
/// When one of them is not known.
pub(super) fn paths(site: &Site<'_>) -> Result<Vec<String>, Refusal> {
    let mut paths = Vec::new();
    for (at, step) in steps(site, Role::Dependencies).chain(steps(site, Role::Build)) {
        let Some(invocation) = step
            .invocation
            .as_ref()
            .filter(|_| step.does() == Some(Does::InstallDependencies))
        else {
            continue;
        };
        let found = locations(site, step, invocation)
            .map_err(|message| site.refuse_at(at, "output-not-located", message))?;
        for path in found {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

/// Where `step` installs, in the base image of the site, or why that is not known.
fn locations(
    site: &Site<'_>,
    step: &Step<'_>,
    invocation: &Invocation<'_>,
) -> Result<Vec<String>, &'static str> {
    let action = invocation.action;
    let directory = step
        .directory()
        .ok_or("dfopt cannot tell in which folder it works")?;
    let known = action
        .installs
        .as_ref()
        .ok_or("dfopt does not know where it installs")?;
    if is_relocated(site, invocation) {
        return Err("an option or a variable makes it install somewhere else");
    }
    if let Some(environment) = environment(site, action) {
        return Ok(vec![environment]);
    }
    let absolute = known.iter().any(|path| path.starts_with('/'));
    if absolute && site.image.provides != invocation.tool.ecosystem.as_deref() {
        return Err("dfopt knows where it installs only in the images of its language");
    }
    let minor = base::version(site.reference(), 2);
    let needs_version = known.iter().any(|path| path.contains("{minor}"));
    let is_elsewhere = |name: &String| {
        action
            .installs_elsewhere
            .iter()
            .any(|pattern| matches_name(pattern, name))
    };
    let all = needs_version && minor.is_none()
        || dependencies::named(site.cx, step).iter().any(is_elsewhere);
    let paths = if all { &action.installs_all } else { known };
    let minor = minor.unwrap_or_default();
    Ok(paths
        .iter()
        .map(|path| join(&directory, &path.replace("{minor}", &minor)))
        .collect())
}

fn is_relocated(site: &Site<'_>, invocation: &Invocation<'_>) -> bool {
    let variables = &site.cx.facts.states[site.stage.body.end - 1].variables;
    let names = &invocation.action.relocated_by;
    names
        .iter()
        .any(|name| invocation.has(name) || variables.contains_key(name))
}

/// The environment that `PATH` points into, when the stage makes it itself, as `python -m venv` does.
fn environment(site: &Site<'_>, action: &Action) -> Option<String> {
    let environments = &site.cx.facts.states[site.stage.body.end - 1].environments;
    let used = action.writes.iter().any(|entry| entry == "@path");
    environments
        .iter()
        .find(|path| used && is_made(site, path))
        .cloned()
}

fn is_made(site: &Site<'_>, path: &str) -> bool {
    let runs = site
        .stage
        .body
        .clone()
        .filter_map(|at| site.cx.facts.runs[at].as_ref());
    runs.flat_map(|run| &run.steps).any(|step| {
        let program_words = step
            .invocation
            .as_ref()
            .map_or(0, |invocation| invocation.program_words);
        step.args
            .iter()
            .skip(program_words)
            .any(|arg| arg.known() == path)
    })
}

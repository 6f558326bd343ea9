//! Tools that only the build needs, although they are installed like dependencies.

use crate::analysis::runs::Step;
use crate::knowledge::tools::{Does, Role, Tool};
use crate::transforms::dependencies;

use super::Site;
use super::commands;

/// The tools that `step` serves, if it serves no program but these, and the container starts none of them.
pub(super) fn unused(site: &Site<'_>, step: &Step<'_>) -> Option<Vec<String>> {
    let installs = step.invocation.as_ref()?.action.installs.as_ref()?;
    let tools = match installs.needed_by.as_slice() {
        [] => installed(site, step)?,
        tools => tools.to_vec(),
    };
    (!tools.is_empty() && !may_start(site, &tools)).then_some(tools)
}

/// The tools that `step` installs, if it installs nothing but tools that install or build.
fn installed(site: &Site<'_>, step: &Step<'_>) -> Option<Vec<String>> {
    let invocation = step.invocation.as_ref()?;
    let mut options = invocation.options.iter();
    if options.any(|option| matches!(option.role, Role::Manifest | Role::Read)) {
        return None;
    }
    let names = invocation.operands.iter();
    let names = names.map(|&at| dependencies::dependency_name(step.args[at].known()));
    names.map(|name| installer(site, &name)).collect()
}

/// The tool with the program `name`, if it installs or builds.
fn installer(site: &Site<'_>, name: &str) -> Option<String> {
    let (tool, _) = site.cx.knowledge.tools.find(&[name])?;
    let works = |tool: &Tool| {
        let mut actions = tool.actions.iter();
        actions.any(|action| matches!(action.does, Does::InstallDependencies | Does::Build))
    };
    works(tool).then(|| tool.id.clone())
}

/// Whether the container may start one of the tools with these ids: it does, or it starts a script that is not at hand.
pub(super) fn may_start(site: &Site<'_>, ids: &[String]) -> bool {
    let Ok(lines) = commands::started(site) else {
        return true;
    };
    lines.iter().any(|line| {
        let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
        let tool = site.cx.knowledge.tools.find(&words);
        let is_named = tool.is_some_and(|(tool, _)| ids.contains(&tool.id));
        is_named || line.is_unread
    })
}

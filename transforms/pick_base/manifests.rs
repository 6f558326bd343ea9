//! What the manifests say of the packages of a language that a step installs.

use crate::analysis::runs::Step;
use crate::context::dependencies;
use crate::knowledge::tools::{Does, Role};
use crate::transform::Cx;
use crate::transforms::dependencies::{dependency_name, manifests};

/// Whether `step` installs dependencies, of the project or others.
pub(super) fn installs(step: &Step<'_>) -> bool {
    let builds = || step.does() == Some(Does::Build) && step.needs_source().is_some();
    step.does() == Some(Does::InstallDependencies) || builds()
}

/// Whether `step` reads a manifest that has to be there.
pub(super) fn reads(step: &Step<'_>) -> bool {
    let Some(invocation) = &step.invocation else {
        return false;
    };
    let is_needed = |name: &String| !name.ends_with('?');
    let mut options = invocation.options.iter();
    options.any(|option| option.role == Role::Manifest)
        || invocation.action.manifests.iter().any(is_needed)
        || step.needs_source().is_some()
}

/// The packages that its command line names, in lower case.
pub(super) fn named_by_words(step: &Step<'_>) -> Vec<String> {
    let operands = step
        .invocation
        .iter()
        .flat_map(|invocation| &invocation.operands);
    let names = operands.map(|&at| dependency_name(step.args[at].known()));
    names
        .filter(|name| !name.is_empty() && !name.starts_with('.'))
        .collect()
}

/// All packages that it installs by name, as far as that is known.
pub(super) fn named(cx: &Cx<'_>, step: &Step<'_>) -> Vec<String> {
    let texts = texts(cx, step);
    let by_texts = texts
        .iter()
        .flat_map(|(path, text)| dependencies(path, text));
    named_by_words(step).into_iter().chain(by_texts).collect()
}

/// The manifests that it reads, with their texts. Where one is not at the path that the step names, a copy has put it
/// there, so every file of that name in the build context counts.
pub(super) fn texts(cx: &Cx<'_>, step: &Step<'_>) -> Vec<(String, String)> {
    let Some(context) = cx.context else {
        return Vec::new();
    };
    let tool = step.invocation.iter().map(|invocation| invocation.tool);
    let of_tool = tool.filter(|_| step.needs_source().is_some());
    let of_tool = of_tool.flat_map(|tool| tool.actions.iter().flat_map(|action| &action.manifests));
    let of_tool = of_tool.map(|name| name.trim_end_matches('?').to_owned());
    let mut found: Vec<(String, String)> = Vec::new();
    for path in manifests(cx, step).into_iter().chain(of_tool) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let paths = match context.has(&path) {
            true => vec![path],
            false => context.glob(&format!("**/{name}")),
        };
        for path in paths {
            let text = context
                .read(&path)
                .filter(|_| found.iter().all(|(known, _)| *known != path));
            found.extend(text.map(|text| (path, text)));
        }
    }
    found
}

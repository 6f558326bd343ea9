//! What an install of dependencies installs.

use std::sync::Arc;

use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::context::{BuildContext, Entry, pinned, required_by};
use crate::knowledge::tools::Role;
use crate::transform::Cx;

/// The names of the packages of the language that `step` installs, in lower case, as far as its
/// command line and its manifests tell.
pub(super) fn named(cx: &Cx<'_>, step: &Step<'_>) -> Vec<String> {
    let Some(invocation) = &step.invocation else {
        return Vec::new();
    };
    let operands = invocation
        .operands
        .iter()
        .map(|&at| dependency_name(step.args[at].known()));
    let mut names: Vec<String> = operands.collect();
    if let Some(context) = cx.context {
        for path in manifests(cx, step) {
            names.extend(context.dependencies(&path).iter().cloned());
        }
    }
    names
}

/// The one version of the Python package `name` that `step` installs, as far as its command line and its manifests tell.
pub(super) fn version_of(cx: &Cx<'_>, step: &Step<'_>, name: &str) -> Option<String> {
    let words = step.args.iter().map(|arg| arg.known());
    let on_the_line = words
        .filter(|word| dependency_name(word) == name)
        .find_map(|word| pinned("", word, name));
    on_the_line.or_else(|| {
        let context = cx.context?;
        let mut manifests = manifests(cx, step).into_iter();
        manifests.find_map(|path| pinned(&path, &context.read(&path)?, name))
    })
}

/// The manifests that `step` reads, as paths in the build context.
pub(super) fn manifests(cx: &Cx<'_>, step: &Step<'_>) -> Vec<String> {
    let (Some(context), Some(invocation)) = (cx.context, &step.invocation) else {
        return Vec::new();
    };
    let named = invocation
        .options
        .iter()
        .filter(|option| option.role == Role::Manifest);
    let named = named.filter_map(|option| option.value.clone());
    let named = named.flat_map(|path| in_context(context, path));
    let usual = invocation
        .action
        .manifests
        .iter()
        .map(|name| name.trim_end_matches('?').to_owned());
    let entries: Vec<String> = named.chain(usual).collect();
    // What stands in the way of copying the manifests alone does not matter here.
    let given: Vec<Entry> = entries.iter().cloned().map(Entry::from).collect();
    match required_by(context, &cx.knowledge.manifests, &given, &[], &|_| true) {
        Ok(found) => found
            .into_iter()
            .filter(|found| !found.is_folder)
            .map(|found| found.path)
            .collect(),
        Err(_) => entries,
    }
}

/// The files of the build context that a step may mean by `path`. Where it has none there, a copy has put it there: every
/// file of that name counts.
fn in_context(context: &BuildContext, path: String) -> Vec<String> {
    if context.has(&path) {
        return vec![path];
    }
    let name = file_name(&path);
    let found = context.glob(&format!("**/{name}"));
    if found.is_empty() { vec![path] } else { found }
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

/// The manifests that `step` reads, with their texts.
pub(super) fn texts(cx: &Cx<'_>, step: &Step<'_>) -> Vec<(String, Arc<str>)> {
    let Some(context) = cx.context else {
        return Vec::new();
    };
    let tool = step.invocation.iter().map(|invocation| invocation.tool);
    let of_tool = tool.filter(|_| step.needs_source().is_some());
    let of_tool = of_tool.flat_map(|tool| tool.actions.iter().flat_map(|action| &action.manifests));
    let of_tool = of_tool.map(|name| name.trim_end_matches('?').to_owned());
    let mut found: Vec<(String, Arc<str>)> = Vec::new();
    for path in manifests(cx, step).into_iter().chain(of_tool) {
        for path in in_context(context, path) {
            let text = context
                .read(&path)
                .filter(|_| found.iter().all(|(known, _)| *known != path));
            found.extend(text.map(|text| (path, text)));
        }
    }
    found
}

/// The name in `flask[async]==3.0` or `name@1`, in lower case.
pub(super) fn dependency_name(word: &str) -> String {
    word.split(['=', '<', '>', '~', '!', '[', ';', ' ', '@'])
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

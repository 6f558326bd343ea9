//! What an install of dependencies installs.

use crate::analysis::runs::Step;
use crate::context::{Entry, dependencies, required_by};
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
    for path in manifests(cx, step) {
        let text = cx.context.and_then(|context| context.read(&path));
        names.extend(dependencies(&path, &text.unwrap_or_default()));
    }
    names
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
    let usual = invocation
        .action
        .manifests
        .iter()
        .map(|name| name.trim_end_matches('?').to_owned());
    let entries: Vec<String> = named.chain(usual).collect();
    // What stands in the way of copying the manifests alone does not matter here.
    let given: Vec<Entry> = entries.iter().cloned().map(Entry::from).collect();
    match required_by(context, &cx.knowledge.manifests, &given, &[]) {
        Ok(found) => found
            .into_iter()
            .filter(|found| !found.is_folder)
            .map(|found| found.path)
            .collect(),
        Err(_) => entries,
    }
}

/// The name in `flask[async]==3.0` or `name@1`, in lower case.
pub(super) fn dependency_name(word: &str) -> String {
    word.split(['=', '<', '>', '~', '!', '[', ';', ' ', '@'])
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

//! What the manifests say of the packages of a language that a step installs.

use crate::analysis::runs::Step;
use crate::context::dependencies;
use crate::knowledge::tools::Does;
use crate::transform::Cx;
use crate::transforms::dependencies::{dependency_name, texts};

/// Whether `step` installs dependencies, of the project or others.
pub(super) fn installs(step: &Step<'_>) -> bool {
    let builds = || step.does() == Some(Does::Build) && step.needs_source().is_some();
    step.does() == Some(Does::InstallDependencies) || builds()
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

//! Whether what a copy brings is a file, which keeps its name, or a folder, of which the contents are copied.

use crate::analysis::paths::file_name;
use crate::context::{BuildContext, FileKind};
use crate::knowledge::Knowledge;
use crate::knowledge::tools::Role;

use super::Facts;

/// Whether `path`, a source of a copy as written, names files only: those that `context` has, or else a guess.
#[must_use]
pub fn is_file(
    facts: &Facts<'_>,
    knowledge: &Knowledge,
    context: Option<&BuildContext>,
    path: &str,
) -> bool {
    match context.and_then(|context| context.kind(path)) {
        Some(kind) => kind == FileKind::File,
        None => looks_like_file(facts, knowledge, path),
    }
}

/// A guess for when the context is not at hand: names of files have an ending, are those of manifests, or are
/// given to an install as such. A pattern counts as one, since what it takes is not compared by its name.
#[must_use]
pub fn looks_like_file(facts: &Facts<'_>, knowledge: &Knowledge, path: &str) -> bool {
    let name = file_name(path);
    name.contains(['*', '?', '['])
        || name.trim_start_matches('.').contains('.')
        || name.ends_with("file")
        || knowledge.tools.knows_manifest(name)
        || is_given_as_manifest(facts, name)
}

/// Whether a command of the file reads a manifest of this name: `pip install -c constraints`.
#[must_use]
pub fn is_given_as_manifest(facts: &Facts<'_>, name: &str) -> bool {
    let steps = (0..facts.runs.len()).flat_map(|at| facts.steps(at));
    let invocations = steps.filter_map(|step| step.invocation.as_ref());
    let mut options = invocations.flat_map(|invocation| &invocation.options);
    options.any(|option| {
        let value = option.value.as_deref().unwrap_or_default();
        option.role == Role::Manifest && file_name(value.trim_end_matches('/')) == name
    })
}

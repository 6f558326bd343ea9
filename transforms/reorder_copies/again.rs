//! What an install makes of the project, and a step behind it makes again.

use super::sink::Sink;
use crate::analysis::runs::Step;
use crate::context::{Assumed, BuildContext, scripts_around};
use crate::knowledge::tools::Does;
use crate::transform::Refusal;

/// Refuses when the first step of the project behind the install in `at` may need what the install makes by the manifest `path`,
/// and is none that makes it again: the install no longer has the project.
///
/// # Errors
/// That step.
pub(super) fn check(
    sink: &Sink<'_>,
    context: &BuildContext,
    at: usize,
    path: &str,
    assumed: &[Assumed],
) -> Result<(), Refusal> {
    let Some(step) = first_of_project(sink, at).filter(|_| !assumed.is_empty()) else {
        return Ok(());
    };
    let words: Vec<String> = step.words().map(str::to_owned).collect();
    let name = sink.cx.knowledge.startup.script_run_by(&words);
    let manifest = name.and_then(|_| context.document(path));
    let script = name.zip(manifest.as_deref());
    let script = script.and_then(|(name, manifest)| scripts_around(manifest, name).next());
    let line = words.join(" ");
    let first = script.unwrap_or(&line).split([';', '&', '|']).next();
    let called = first.unwrap_or_default().split_whitespace();
    let calls = |program: &String| called.clone().any(|word| word == program);
    if assumed
        .iter()
        .all(|assumed| assumed.again.iter().any(calls))
    {
        return Ok(());
    }
    let message = format!(
        "`{line}` may need what a script of {path} makes of the project during the install"
    );
    Err(sink.refuse(at, "lifecycle-script", &message))
}

/// The first step behind the install in `at` that runs something of the project.
fn first_of_project<'s>(sink: &Sink<'s>, at: usize) -> Option<&'s Step<'s>> {
    let installs = |step: &&Step<'_>| step.does() == Some(Does::InstallDependencies);
    let is_of_project =
        |step: &&Step<'_>| matches!(step.does(), None | Some(Does::Build | Does::Run));
    let facts = sink.cx.facts;
    let own = facts
        .steps(at)
        .iter()
        .skip_while(move |step| !installs(step));
    let behind = (at + 1..sink.stage.body.end).flat_map(|at| facts.steps(at));
    own.chain(behind).find(is_of_project)
}

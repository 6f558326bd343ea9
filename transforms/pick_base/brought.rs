//! Whether all that runs in a stage is the project's own.

use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::knowledge::bases::Language;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::Refusal;
use crate::transforms::added::is_remote;
use crate::transforms::launched;

use super::{Site, Target, needs};

/// Makes sure that the project brings all that runs in the stage, and that the language of `target` runs it. What others have
/// made may need the tools of a builder in a way that nothing here shows: application servers compile pages, build tools are
/// downloaded to be run.
///
/// # Errors
/// What others have made, or what the container starts instead.
pub(super) fn check(site: &Site<'_>, target: &Target<'_>) -> Result<(), Refusal> {
    if let Some(at) = site.stage.body.clone().find(|&at| is_of_others(site, at)) {
        let message = "others have made what it brings, which may need the tools that the smaller image has not";
        return Err(site.refuse_at(at, "foreign-program", message));
    }
    let lines = launched::command_lines(site.cx, site.stage, &site.launches);
    let lines = lines.map_err(|path| {
        let message = format!("dfopt cannot tell which programs {path} starts");
        site.refuse("opaque-command", message)
    })?;
    if let Some(line) = lines.iter().find(|line| line.is_unread) {
        let message = format!(
            "dfopt has no text of {}, and cannot tell which programs it starts; name the build context with --context",
            line.words[0]
        );
        return Err(site.refuse_at(line.launch.instruction, "opaque-command", &message));
    }
    let language = target.image.provides.unwrap_or_default();
    let known = site.cx.knowledge.bases.languages();
    let runs = |program: &str| {
        let is_shown = |known: &Language| known.provides == language && known.is_shown_by(program);
        needs::is_of_language(site, target, program) || known.iter().any(is_shown)
    };
    let mut programs = lines.iter().filter_map(|line| line.words.first());
    if programs.any(|program| runs(file_name(program))) {
        return Ok(());
    }
    let message =
        format!("the container starts nothing that {language} runs, as far as dfopt can tell");
    Err(site.refuse("foreign-program", message))
}

/// Whether the instruction at `at` brings files that come neither from the build context nor from another stage.
fn is_of_others(site: &Site<'_>, at: usize) -> bool {
    let facts = site.cx.facts;
    let view = &facts.views[at];
    let is_remote = match &view.kind {
        Kind::Add(transfer) => transfer.sources.iter().any(|source| is_remote(&source.raw)),
        _ => false,
    };
    let mut steps = facts.steps(at).iter();
    let fetches = |step: &Step<'_>| {
        let action = step.invocation.as_ref().map(|invocation| invocation.action);
        action.is_some_and(|action| action.does == Does::Files && action.fetches())
    };
    is_remote
        || view.taken_from().next().is_some() && facts.source_stage(at).is_none()
        || steps.any(fetches)
}

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
    let of_others = of_others(site);
    let mut body = site.stage.body.clone();
    if let Some(at) = body.find(|&at| brings_others(site, at, &of_others)) {
        let message = "others have made what it brings, which may need the tools that the smaller image has not";
        return Err(site.refuse_at(at, "foreign-program", message));
    }
    let lines = launched::command_lines(site.cx, site.stage, site.launches());
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

/// For each stage whether it has only what others have made: it builds nothing, and brings files from elsewhere.
fn of_others(site: &Site<'_>) -> Vec<bool> {
    let facts = site.cx.facts;
    let mut known = Vec::with_capacity(facts.stages.len());
    for stage in &facts.stages {
        let makes = facts.does_any(stage, &[Does::Build, Does::InstallDependencies]);
        let brings = stage.body.clone().any(|at| brings_others(site, at, &known));
        known.push(!makes && brings);
    }
    known
}

/// Whether the instruction at `at` brings files that come neither from the build context nor from a stage that has them from there or
/// builds something; `of_others` are the stages in front of it that do neither.
fn brings_others(site: &Site<'_>, at: usize, of_others: &[bool]) -> bool {
    let facts = site.cx.facts;
    let view = &facts.views[at];
    let is_remote = match &view.kind {
        Kind::Add(transfer) => transfer.sources.iter().any(|source| is_remote(&source.raw)),
        _ => false,
    };
    let is_taken = view.taken_from().next().is_some();
    let source = facts.source_stage(at);
    let is_foreign = is_taken && source.is_none_or(|stage| of_others[stage]);
    let mut steps = facts.steps(at).iter();
    let fetches = |step: &Step<'_>| {
        let action = step.invocation.as_ref().map(|invocation| invocation.action);
        action.is_some_and(|action| action.does == Does::Files && action.fetches())
    };
    is_remote || is_foreign || steps.any(fetches)
}

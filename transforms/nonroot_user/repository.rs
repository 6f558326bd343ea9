//! The history of the project, which Git reads only for the account that it belongs to.

use super::ownership::Territory;
use super::site::Site;
use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};
use crate::transforms::style;

/// Refuses when a copy would give the history away, and a step behind it may read it as root: `git describe`, or `go build`,
/// which writes the revision into the program and fails when Git does.
///
/// # Errors
/// The first such step.
pub(super) fn check(site: &Site<'_>, territory: &Territory) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let has_history = cx
        .context
        .is_some_and(|context| context.has(".git") && !cx.is_added(context.ignore_file(), ".git"));
    if !has_history || !has_git(cx, stage) || is_trusted(cx, stage) {
        return Ok(());
    }
    let brings = |index: &&usize| {
        let view = &cx.facts.views[**index];
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
            return false;
        };
        let mut sources = transfer.sources.iter();
        view.flag("from").is_none()
            && sources.any(|source| matches!(&*source.raw, "." | "./" | ".git"))
    };
    let Some(first) = territory.copies.iter().filter(brings).min() else {
        return Ok(());
    };
    let reads = |at: &usize| {
        let is_opaque = cx.facts.run(*at).is_some_and(|run| run.opaque.is_some());
        let mut commands = cx.facts.all_commands(*at);
        is_opaque || commands.any(|step| may_start_git(cx, step))
    };
    let Some(at) = (*first..stage.body.end).find(reads) else {
        return Ok(());
    };
    let message = format!(
        "{} may read .git as root, which Git refuses once `COPY --chown` has given it to another account; hide .git in .dockerignore",
        style::title(cx, at)
    );
    let instruction = cx.file.instructions()[at].span;
    Err(site
        .refuse("owner-bound", message)
        .because(instruction, "run by root"))
}

/// Whether the image has Git: it comes with the base image, or with a package.
fn has_git(cx: &Cx<'_>, stage: &Stage) -> bool {
    let toolset = cx.facts.image(stage).and_then(|image| image.toolset);
    let comes_along = toolset.is_some_and(|toolset| toolset.programs.contains_key("git"));
    let steps = stage.body.clone().flat_map(|at| cx.facts.steps(at));
    comes_along
        || steps
            .flat_map(|step| &step.args)
            .any(|word| word.known() == "git")
}

/// Whether a step tells Git to trust folders of other accounts.
fn is_trusted(cx: &Cx<'_>, stage: &Stage) -> bool {
    let mut body = stage.body.clone();
    body.any(|at| cx.facts.source_text(at).contains("safe.directory"))
}

fn may_start_git(cx: &Cx<'_>, step: &Step<'_>) -> bool {
    let program = step.args.first().map_or("", |arg| file_name(arg.known()));
    let is_bound = cx
        .knowledge
        .startup
        .owner_bound
        .iter()
        .any(|name| name == program);
    is_bound || matches!(step.does(), None | Some(Does::Build | Does::Run))
}

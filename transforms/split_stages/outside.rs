//! What files outside of the Dockerfile expect of the image: Compose and bake files.

use crate::analysis::launch::{self, Launches};
use crate::analysis::stages::Stage;
use crate::project::Use;
use crate::transform::{Cx, Refusal};

use super::{Site, programs};

/// What containers of `stage` start: what the stage says, and what Compose files say instead of it.
pub(super) fn launches(cx: &Cx<'_>, stage: &Stage) -> Launches {
    let mut launches = launch::of_stage(cx.facts, stage);
    for (_, words) in started(cx, stage) {
        launches.add_words(cx.facts, stage.from, words);
    }
    launches
}

/// The command lines of Compose files.
fn started<'a>(cx: &'a Cx<'a>, stage: &'a Stage) -> impl Iterator<Item = (&'a Use, Vec<String>)> {
    cx.uses(stage).filter_map(move |used| {
        let entrypoint = launch::entrypoint(cx.facts, stage);
        let words = used.container.as_ref()?.command_line(entrypoint)?;
        Some((used, words))
    })
}

/// Refuses when something outside needs the tools of the build, or counts the stages.
///
/// # Errors
/// The first such use.
pub(super) fn check(site: &Site<'_>) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let uses = cx.context.into_iter().flat_map(|context| context.uses());
    let counts = |used: &&Use| {
        let target = used.target.as_deref().unwrap_or_default();
        target.parse::<usize>().is_ok()
    };
    if let Some(used) = uses.into_iter().find(counts) {
        let message = format!(
            "{} builds a stage by its number, which would be another one",
            used.name
        );
        return Err(site
            .refuse("stage-by-number", message)
            .because(cx.place_of(used), "this use"));
    }
    for (used, words) in started(cx, stage) {
        let mut launches = Launches::default();
        launches.add_words(cx.facts, stage.from, words);
        let refuse = |code, what: &str| {
            let message = format!("the service {} {what}", used.name);
            Err(site
                .refuse(code, message)
                .because(cx.place_of(used), "what it starts"))
        };
        if launches.launches.iter().any(programs::is_prompt) {
            return refuse(
                "no-command",
                "starts a prompt, at which people may want the tools",
            );
        }
        if launches
            .launches
            .iter()
            .any(|launch| programs::is_build_tool(site, launch))
        {
            return refuse("runs-build-tool", "starts a tool of the build");
        }
    }
    Ok(())
}

//! What files outside of the Dockerfile expect of the image: Compose and bake files.

use crate::analysis::launch::{self, Launch, Launches};
use crate::analysis::stages::Stage;
use crate::project::{Container, Use};
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
    cx.possible_uses(stage).filter_map(move |used| {
        let entrypoint = launch::entrypoint(cx.facts, stage);
        let words = used.container.as_ref()?.command_line(entrypoint)?;
        Some((used, words))
    })
}

/// Refuses when something outside wants a prompt, or counts the stages.
///
/// # Errors
/// The first such use.
pub(super) fn check(site: &Site<'_>) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let counts = |used: &&Use| {
        used.stage()
            .is_some_and(|stage| stage.parse::<usize>().is_ok())
    };
    if let Some(used) = cx.all_uses().find(counts) {
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
        if launches.launches.iter().any(programs::is_prompt) {
            let message = format!(
                "the service {} starts a prompt, at which people may want the tools",
                used.name
            );
            let refusal = site.refuse("no-command", message);
            return Err(refusal.because(cx.place_of(used), "what it starts"));
        }
    }
    Ok(())
}

/// What has to be taken for granted where variables decide what other files build.
pub(super) fn assumptions(cx: &Cx<'_>) -> Vec<String> {
    let open = cx.all_uses().filter(|used| used.may_be_any_stage());
    let numbers = open.map(|used| format!("{} builds no stage by its number", cx.place_of(used)));
    let starts =
        |container: &Container| container.entrypoint.is_some() || container.command.is_some();
    numbers.chain(cx.doubts(starts)).collect()
}

/// A refusal because of `launch`, at the instruction or in the other file that holds it.
pub(super) fn refuse(
    site: &Site<'_>,
    launch: &Launch,
    code: &'static str,
    message: &str,
) -> Refusal {
    let holds = |(_, words): &(&Use, Vec<String>)| {
        let mut launches = Launches::default();
        launches.add_words(site.cx.facts, site.stage.from, words.clone());
        launches.launches.contains(launch)
    };
    match started(site.cx, site.stage).find(holds) {
        Some((used, _)) => site
            .refuse(code, format!("the service {}: {message}", used.name))
            .because(site.cx.place_of(used), "what it starts"),
        None => site.refuse_at(launch.instruction, code, message),
    }
}

//! What people, Compose and bake files expect of the image.

use crate::analysis::launch::{Launch, Launches};
use crate::project::{Container, Use};
use crate::transform::Refusal;

use super::Site;
use crate::transforms::awaited::awaits_project;
use crate::transforms::launched::{by_projects, only_started_by, started_by};
use crate::transforms::shipped;

/// Refuses when something outside wants a prompt, counts the stages, or takes more of the image than its program.
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
    if let Some(wanted) = shipped::wanted(cx, stage) {
        let refusal = site.refuse("no-command", wanted.message);
        return Err(refusal.because(cx.place_of(wanted.used), wanted.note));
    }
    if awaits_project(cx, stage) {
        let message = "nothing of the project but what installs read is copied into the image: people mount it and develop in the image, which needs its tools";
        return Err(site.refuse("no-command", message));
    }
    Ok(())
}

/// What has to be taken for granted of what other files start, and where variables decide what they build.
pub(super) fn assumptions(site: &Site<'_>) -> Vec<String> {
    let cx = site.cx;
    let declared = site.launches.declared;
    let started = started_by(cx, site.stage).filter(|_| !declared);
    let started = started.map(|used| only_started_by(cx, used));
    let open = cx.all_uses().filter(|used| used.may_be_any_stage());
    let numbers = open.map(|used| format!("{} builds no stage by its number", cx.place_of(used)));
    let starts_another = |container: &Container| {
        let others = container.entrypoint.is_some() || container.command.is_some();
        others || !container.beside.is_empty()
    };
    let others = numbers.chain(cx.doubts(starts_another));
    started.into_iter().chain(others).collect()
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
    match by_projects(site.cx, site.stage).find(holds) {
        Some((used, _)) => site
            .refuse(code, format!("{}: {message}", used.described()))
            .because(site.cx.place_of(used), "what it starts"),
        None => site.refuse_at(launch.instruction, code, message),
    }
}

//! What the programs of a language are told in a container.

use super::super::style;
use crate::analysis::stages::Stage;
use crate::syntax::Kind;
use crate::transform::{Change, Cx, Place, Plan, Rewrite};

/// The variables that the final stage lacks for the language of its base image.
pub(super) fn plan(cx: &Cx<'_>, stage: &Stage) -> Option<Plan> {
    let provides = cx.facts.image(stage)?.provides?;
    let mut entries = cx.knowledge.hygiene.environment.iter();
    let environment = entries.find(|environment| environment.provides == provides)?;
    let set = cx.facts.state_after(stage).variables;
    let name = |setting: &str| setting.split('=').next().unwrap_or_default().to_owned();
    let is_missing = |setting: &&String| !set.contains_key(&name(setting.as_str()));
    let missing: Vec<&str> = environment
        .variables
        .iter()
        .filter(is_missing)
        .map(String::as_str)
        .collect();
    let starts = |index: &usize| {
        matches!(
            cx.facts.views[*index].kind,
            Kind::Cmd { .. } | Kind::Entrypoint { .. }
        )
    };
    let first = stage.body.clone().find(starts)?;
    if missing.is_empty() || develops(cx, stage) {
        return None;
    }
    let message = format!("{}: {}", missing.join(" "), environment.effect);
    let mut rewrite = Rewrite::new(cx.file.instructions()[first].span, message);
    let keyword = style::keyword(cx.file, first, "ENV");
    let (at, newline) = place(cx, stage, first);
    let between = format!(" {}{newline}    ", cx.file.escape());
    let line = format!("{keyword} {}", missing.join(&between));
    let is_ended = cx.file.text()[..at].ends_with('\n');
    let lines = if is_ended {
        line + newline
    } else {
        newline.to_owned() + &line
    };
    rewrite.edits.insert(at, lines);
    rewrite.evidence(
        Place::Table("images"),
        format!("the image is for {provides}"),
    );
    rewrite.by_intent = true;
    let settings = missing.iter().map(|setting| (*setting).to_owned());
    rewrite.declares.extend(settings.map(Change::Variable));
    Some(Ok(rewrite))
}

/// Where the variables are set, and the line ending there: in front of `first`, which starts the program, or behind a later
/// `RUN`. Steps must not see them: with `NODE_ENV=production`, npm leaves out what builds need.
fn place(cx: &Cx<'_>, stage: &Stage, first: usize) -> (usize, &'static str) {
    let is_run = |index: &usize| matches!(cx.facts.views[*index].kind, Kind::Run { .. });
    let last_run = stage
        .body
        .clone()
        .rev()
        .find(is_run)
        .filter(|run| *run > first);
    let at = match last_run {
        Some(run) => cx.file.instructions()[run].full.end,
        None => cx.facts.block(first).start,
    };
    (at, style::newline(cx.file, at))
}

/// Whether the image starts a program for those who develop.
fn develops(cx: &Cx<'_>, stage: &Stage) -> bool {
    let launches = crate::analysis::launch::of_stage(cx.facts, stage).launches;
    launches.iter().any(|launch| {
        let known = cx.knowledge.startup.program(&launch.words);
        known.is_some_and(|(program, _)| program.for_development)
            || cx.knowledge.development.is_meant_by(&launch.words)
    })
}

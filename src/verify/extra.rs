//! Stages that a rewrite adds beside those that there are: they repeat what another stage does, and nothing uses them.

use super::Violation;
use crate::analysis::Facts;
use crate::analysis::stages::Stage;
use crate::syntax::{Kind, View};
use crate::transform::{Change, Rewrite};

/// What is wrong with the stages that are declared to be extra.
pub(super) fn check(old: &Facts<'_>, new: &Facts<'_>, rewrite: &Rewrite) -> Vec<Violation> {
    let mut violations = Vec::new();
    for change in &rewrite.declares {
        let Change::ExtraStage {
            name,
            repeats,
            settings,
        } = change
        else {
            continue;
        };
        match new.stages.iter().find(|stage| stage.is_named(name)) {
            None => violations.push(Violation::StageLost(name.clone())),
            Some(stage) => violations.extend(differences(old, *repeats, (new, stage), settings)),
        }
    }
    violations
}

/// What an extra stage does that is not what the old file does up to instruction `repeats`, and not in `settings`.
fn differences(
    old: &Facts<'_>,
    repeats: usize,
    (new, stage): (&Facts<'_>, &Stage),
    settings: &[String],
) -> Vec<Violation> {
    let origin = old.stage_of(repeats);
    let repeated = origin
        .into_iter()
        .flat_map(|origin| origin.body.start..=repeats);
    let mut expected: Vec<&str> = repeated
        .filter(|at| old.views[*at].kind.takes_part_in_build())
        .map(|at| text(&old.views[at]))
        .collect();
    expected.extend(settings.iter().map(|line| line.trim()));
    let steps = stage.body.clone().map(|at| &new.views[at]);
    let (starts, steps): (Vec<&View<'_>>, Vec<&View<'_>>) =
        steps.partition(|view| matches!(view.kind, Kind::Cmd { .. }));
    let actual: Vec<&str> = steps.iter().map(|view| text(view)).collect();
    let mut violations = Vec::new();
    if let Some(lost) = expected.iter().find(|step| !actual.contains(step)) {
        violations.push(Violation::CommandLost((*lost).to_owned()));
    } else if actual != expected {
        let added = actual.iter().find(|step| !expected.contains(step));
        let added = added.or(actual.last()).copied().unwrap_or_default();
        violations.push(Violation::CommandAdded(added.to_owned()));
    }
    let same_base = origin.is_some_and(|origin| base(old, origin) == base(new, stage));
    if !same_base || starts.len() != 1 || new.users_of(stage).next().is_some() {
        violations.push(Violation::StageAdded(
            stage.name.clone().unwrap_or_default(),
        ));
    }
    violations
}

fn text<'v>(view: &'v View<'_>) -> &'v str {
    view.logical.text.trim()
}

/// What a stage is built on, as written, with its platform.
fn base(facts: &Facts<'_>, stage: &Stage) -> Vec<String> {
    let view = &facts.views[stage.from];
    let flags = view
        .flags
        .iter()
        .map(|flag| view.text(flag.span).to_owned());
    let image = match &view.kind {
        Kind::From { image, .. } => Some(image.raw.clone()),
        _ => None,
    };
    flags.chain(image).collect()
}

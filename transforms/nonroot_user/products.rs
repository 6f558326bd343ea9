//! What builds make that puts temporary files into its own folder when it runs.

use super::left_behind;
use super::ownership::Territory;
use super::site::Site;
use crate::analysis::stages::Stage;
use crate::syntax::Kind;
use crate::transform::{Cx, Refusal};

/// Gives such folders away where they are copied from another stage.
///
/// # Errors
/// When the image has made one itself, as root.
pub(super) fn settle(site: &Site<'_>, territory: &mut Territory) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let history = left_behind::history(cx, stage);
    for at in (0..cx.facts.runs.len()).filter(|at| makes_one(cx, stage, *at)) {
        if history.contains(&at) {
            let message = "the program writes temporary files into the folder that this step makes as root; give it to the user in the same RUN";
            return Err(site.refuse_for(at, "writes-build-output", message));
        }
        let maker = cx.facts.stage_of(at).map(|stage| stage.index);
        let is_of_maker = |index: &usize| {
            let view = &cx.facts.views[*index];
            matches!(view.kind, Kind::Copy(_))
                && view.flag("chown").is_none()
                && maker.is_some()
                && cx.facts.source_stage(*index) == maker
        };
        let copies = stage.body.clone().filter(is_of_maker);
        let new: Vec<usize> = copies
            .filter(|index| !territory.copies.contains(index))
            .collect();
        territory.copies.extend(new);
    }
    Ok(())
}

/// Whether instruction `at` makes such a folder, and no variable of the image sends the files elsewhere.
fn makes_one(cx: &Cx<'_>, stage: &Stage, at: usize) -> bool {
    let variables = cx.facts.state_after(stage).variables;
    let steps = cx.facts.steps(at).iter();
    let mut actions = steps.filter_map(|step| Some(step.invocation.as_ref()?.action));
    actions.any(|action| {
        let variable = action.temporary_by.as_ref();
        variable.is_some_and(|name| !variables.contains_key(name))
    })
}

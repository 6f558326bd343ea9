//! Releases that nobody mends any more are named. Dates are facts: no clock is asked.

use crate::analysis::stages::{Base, Stage};
use crate::knowledge::images::ImageRef;
use crate::transform::{Cx, Place, Plan, Refusal};

/// What there is to say of the base images of all stages.
pub(super) fn plan(cx: &Cx<'_>) -> Vec<Plan> {
    let stages = cx.facts.stages.iter();
    stages
        .filter_map(|stage| Some(Err(refusal(cx, stage)?)))
        .collect()
}

fn refusal(cx: &Cx<'_>, stage: &Stage) -> Option<Refusal> {
    let Base::Image(reference) = &stage.base else {
        return None;
    };
    let ends = cx
        .knowledge
        .bases
        .ended(&ImageRef::parse(reference), cx.facts.image(stage));
    if ends.is_empty() {
        return None;
    }
    let ends: Vec<String> = ends
        .iter()
        .map(|end| format!("{} has had no fixes since {}", end.what, end.date))
        .collect();
    let message = format!(
        "{reference}: {}; try the program with a newer release",
        ends.join(", ")
    );
    let span = cx.file.instructions()[stage.from].span;
    let refusal = Refusal::new(span, "end-of-life", message);
    Some(refusal.because(
        Place::Table("bases"),
        "has the dates, and where they come from",
    ))
}

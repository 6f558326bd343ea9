//! Steps that write a secret to a file that stays in the image: a mount does not help against that.

use crate::analysis::mounts;
use crate::analysis::runs::Step;
use crate::transform::{Cx, Plan, Refusal};

use super::refuse;

/// A refusal for each of them.
pub(super) fn plans(cx: &Cx<'_>) -> Vec<Plan> {
    let instructions = 0..cx.facts.views.len();
    instructions
        .filter_map(|index| Some(Err(refusal(cx, index)?)))
        .collect()
}

fn refusal(cx: &Cx<'_>, index: usize) -> Option<Refusal> {
    let run = cx.facts.runs[index].as_ref()?;
    let line = &cx.facts.views[index].logical.text;
    let secrets = &cx.knowledge.secrets;
    let stores = |name: &String| {
        let writes = |step: &Step<'_>| secrets.stores(step.span.text(line), name, step.redirected);
        run.steps.iter().any(writes)
    };
    let name = names(cx, index).into_iter().find(stores)?;
    let removes = |step: &Step<'_>| secrets.removes_stored(step.span.text(line));
    if run.steps.iter().any(removes) {
        return None;
    }
    let message = format!(
        "the value of {name} goes to a file that stays in the image: write that file in the step that needs it and remove it there at the end, or mount the whole file as a secret"
    );
    Some(refuse(cx, index, "stays-in-file", message))
}

/// The secret variables that the `RUN` at `index` has.
fn names(cx: &Cx<'_>, index: usize) -> Vec<String> {
    let variables = cx.facts.states[index].variables.keys().cloned();
    let mounted = mounts::of(cx.facts, index).filter_map(|mount| mount.variable);
    let is_secret = |name: &String| cx.knowledge.secrets.is_secret(name);
    variables.chain(mounted).filter(is_secret).collect()
}

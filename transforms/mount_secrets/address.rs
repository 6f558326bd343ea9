//! Passwords in the addresses of a command line.

use crate::syntax::Kind;
use crate::transform::{Cx, Plan};

use super::refuse;

/// A refusal for each step with one: what should stand in its place depends on the program.
pub(super) fn plans(cx: &Cx<'_>) -> Vec<Plan> {
    let plan = |index: usize| {
        let view = &cx.facts.views[index];
        if !matches!(view.kind, Kind::Run { .. }) {
            return None;
        }
        let passwords = cx.knowledge.secrets.passwords(cx.facts.source_text(index));
        let first = passwords.first()?;
        let message = "a password stands in an address, and so in the history of the image: change it, and write a variable in its place that the step gets by `--mount=type=secret,id=password,env=PASSWORD`";
        let mut refusal = refuse(cx, index, "in-address", message);
        refusal.hides.push((*first).to_owned());
        refusal
            .hides
            .extend(passwords[1..].iter().map(|password| (*password).to_owned()));
        Some(Err(refusal))
    };
    (0..cx.facts.views.len()).filter_map(plan).collect()
}

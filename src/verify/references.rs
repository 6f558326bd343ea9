//! What is referred to by name: stages and variables.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Violation;
use crate::analysis::Facts;
use crate::analysis::mounts;
use crate::syntax::{Expander, Kind, View};

/// References to stages that resolved before and do not now.
pub(super) fn dangling(old: &Facts<'_>, new: &Facts<'_>) -> Vec<Violation> {
    let names: HashSet<&str> = old
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_deref())
        .collect();
    let before = unresolved(old);
    let dangles = |(reference, count): (String, usize)| {
        let was_a_stage =
            names.contains(reference.to_lowercase().as_str()) || reference.parse::<usize>().is_ok();
        let more = count > before.get(&reference).copied().unwrap_or_default();
        (was_a_stage && more).then_some(Violation::DanglingReference(reference))
    };
    unresolved(new).into_iter().filter_map(dangles).collect()
}

/// How often each `--from` names something that is no stage there.
fn unresolved(facts: &Facts<'_>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (index, view) in facts.views.iter().enumerate() {
        let from = view.flag("from").and_then(|flag| flag.value.clone());
        if let Some(reference) = from.filter(|_| facts.source_stage(index).is_none()) {
            *counts.entry(reference).or_default() += 1;
        }
    }
    counts
}

/// Variables that are used where nothing declares them, less those for which that was so before.
pub(super) fn out_of_scope(old: &Facts<'_>, new: &Facts<'_>) -> Vec<Violation> {
    let is_read_alike = old.file.escape() == new.file.escape();
    let is_new =
        |at: usize| !is_read_alike || old.same_as(&new.views[at], &new.states[at]).is_none();
    let mut names = undeclared(new, is_new);
    if !names.is_empty() {
        let before = undeclared(old, |_| true);
        names.retain(|name| !before.contains(name));
    }
    names.into_iter().map(Violation::OutOfScope).collect()
}

/// Those that the instructions use which `is_asked_for`.
fn undeclared(facts: &Facts<'_>, is_asked_for: impl Fn(usize) -> bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, view) in facts.views.iter().enumerate() {
        let text = view.body.text(&view.logical.text);
        let is_global = facts.stages.first().is_none_or(|stage| index <= stage.from);
        if is_global || !text.contains('$') || !is_expanded(view) || !is_asked_for(index) {
            continue;
        }
        let declared = &facts.states[index].variables;
        let free = Expander::new(facts.file.escape())
            .references(text)
            .into_iter()
            .map(|reference| reference.name);
        let secrets: Vec<String> = mounts::of(facts, index)
            .filter_map(|mount| mount.variable)
            .collect();
        let is_known = |name: &String| declared.contains_key(name) || secrets.contains(name);
        names.extend(free.filter(|name| !is_known(name)));
    }
    names
}

/// Whether BuildKit or the shell replaces variables in the instruction.
fn is_expanded(view: &View<'_>) -> bool {
    !matches!(
        view.kind,
        Kind::From { .. }
            | Kind::Arg { .. }
            | Kind::Maintainer(_)
            | Kind::Cmd { .. }
            | Kind::Entrypoint { .. }
            | Kind::Healthcheck(_)
    )
}

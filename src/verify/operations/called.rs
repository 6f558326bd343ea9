//! What one command of a `RUN` does.

use std::borrow::Cow;

use super::super::packages;
use super::reader::Reader;
use super::{Operation, Package, What};
use crate::analysis::commands::Invocation;
use crate::analysis::paths::{Extent, Region, join, parent};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::Knowledge;
use crate::knowledge::installs::{Installs, When};
use crate::knowledge::tools::Does;
use crate::syntax::Span;

/// What a `RUN` calls: a pipeline of its script, or the words of its array.
pub(super) struct Called<'f, 's> {
    /// The command, if it is a simple one.
    pub(super) step: Option<&'f Step<'f>>,
    /// All commands of it, in their order.
    pub(super) steps: &'f [Step<'f>],
    /// The folder in which it runs, if that is known.
    pub(super) cwd: Option<&'f str>,
    /// The commands before it that change the state of the shell.
    pub(super) shell: &'s [String],
    /// How it is written.
    pub(super) key: String,
}

impl<'f> Reader<'f, '_, '_> {
    /// The operations of what is called: an installation of several packages is one for each.
    pub(super) fn called(
        &self,
        index: usize,
        run: &'f Run<'_>,
        called: Called<'f, '_>,
    ) -> Vec<Operation<'f>> {
        let Called {
            step,
            steps,
            cwd,
            shell,
            key: command,
        } = called;
        let tool = step.and_then(|step| Some(step.invocation.as_ref()?.tool));
        let operation = |key: String, what: What| Operation {
            key,
            owner: None,
            what,
            effects: Cow::Borrowed(step.map_or(&run.effects, |step| &step.effects)),
            setting: Some(self.setting(index, cwd, shell)),
        };
        let work = step.and_then(|step| packages::read(self.knowledge, step));
        if let Some(work) = &work {
            // The words of an array are written in quotes.
            let text = |at: &Span| self.facts.written(index, *at).trim_matches('"').to_owned();
            let packages = work.packages.iter().map(text);
            let install = |name: String| {
                let chosen_by = work.chosen_by.clone();
                let key = format!("{} {name}", work.manner);
                operation(key, What::Package(Package { name, chosen_by }))
            };
            let installs: Vec<Operation<'f>> = packages.map(install).collect();
            if !installs.is_empty() {
                return installs;
            }
        }
        let action = step.and_then(|step| Some(step.invocation.as_ref()?.action));
        let what = What::Command {
            workshop: match step {
                Some(step) => workshop(step),
                // A group: its commands work in the same folder.
                None => run.steps.iter().find_map(workshop),
            },
            is_scaffold: step.is_some_and(is_scaffold),
            removes: action.is_some_and(|action| action.removes),
            tidies: step.is_some_and(|step| packages::tidies(self.knowledge, step)),
            shows: run.only_shows() || step.is_some_and(Step::looks_around),
            handles_files: !steps.is_empty() && steps.iter().all(Step::handles_files),
            registers: tool.is_some_and(|tool| tool.registers && tool.always_there),
            needs_nothing: step.is_some_and(|step| {
                let invocation = step.invocation.as_ref();
                invocation.is_some_and(Invocation::always_succeeds)
            }),
            works_on_what_is_there: tool.is_some_and(|tool| tool.works_on_what_is_there),
            keeps_content: step.is_some_and(Step::keeps_content),
            minds_modes: step.map_or(Extent::Everything, Step::minds_modes),
            makes_accounts: step.is_some_and(|step| step.does() == Some(Does::AddUser)),
            installs_into: step.and_then(|step| installs_into(self.knowledge, step)),
        };
        vec![operation(work.map_or(command, |work| work.manner), what)]
    }
}

/// Where the step works, if it may read anything there.
pub(super) fn workshop(step: &Step<'_>) -> Option<String> {
    step.cwd
        .clone()
        .filter(|_| step.effects.reads == Extent::Everything)
}

/// Whether the step makes nothing that a program needs when it runs: by the tables, or because it only sets up the
/// shell, or because it only takes packages away.
pub(super) fn is_scaffold(step: &Step<'_>) -> bool {
    let action = step.invocation.as_ref().map(|invocation| invocation.action);
    let installs = action.and_then(|action| action.installs.as_ref());
    matches!(step.does(), Some(Does::ShellState | Does::RemovePackages))
        || installs.is_some_and(Installs::is_nothing)
}

/// The folders into which `step` installs dependencies, without the part of a path that depends on a version; `None` where
/// options may name others.
fn installs_into(knowledge: &Knowledge, step: &Step<'_>) -> Option<Extent> {
    let invocation = step.invocation.as_ref()?;
    let installs = invocation.action.installs.as_ref()?;
    let given = |when: &&When| when.option.iter().any(|option| invocation.has(option));
    let moved = installs.when.iter().find(given);
    let entries = match moved {
        Some(when) => when.at.as_ref()?,
        None => installs.at.as_ref()?,
    };
    if step.does() != Some(Does::InstallDependencies) {
        return None;
    }
    let mut extent = Extent::default();
    for entry in entries {
        for path in knowledge.tools.paths(entry) {
            let known = path.split('{').next().filter(|known| !known.is_empty())?;
            let place = join(step.cwd.as_deref()?, known);
            extent.add(Region::new(if known == path {
                &place
            } else {
                parent(&place)
            }));
        }
    }
    Some(extent)
}

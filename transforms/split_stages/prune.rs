//! Removing from the builder's output what only the build needs.

use serde_json::Value;

use crate::context::BuildContext;
use crate::knowledge::tools::{Does, Prune};

use super::Site;
use super::base;
use super::roles::Role;

/// More sources than this are not looked through.
const MOST_FILES: usize = 5_000;

/// A command at the end of the build.
pub(super) struct Pruned {
    /// The command.
    pub(super) command: String,
    /// The manifest that it goes by.
    pub(super) manifest: String,
    /// What shows that nothing is missed.
    pub(super) evidence: String,
    /// What is taken for granted.
    pub(super) assumes: String,
}

/// The command that prunes, when the context shows that no source needs what it removes.
pub(super) fn plan(site: &Site<'_>) -> Option<Pruned> {
    let context = site.cx.context?;
    let (directory, prune) = pruning_step(site)?;
    if directory != site.workdir() || major(site).is_none_or(|major| major < prune.since) {
        return None;
    }
    let manifest: Value = serde_json::from_str(&context.read(&prune.manifest)?).ok()?;
    let removed: Vec<&String> = manifest.get(&prune.removes)?.as_object()?.keys().collect();
    if removed.is_empty()
        || starts_removed(site, &manifest, &removed)
        || is_loaded(context, prune, &removed)
    {
        return None;
    }
    Some(Pruned {
        command: prune.command.clone(),
        manifest: prune.manifest.clone(),
        evidence: format!(
            "none of the {} names in {} is loaded by a source of the program",
            removed.len(),
            prune.removes
        ),
        assumes: format!(
            "the program loads nothing of {} when it runs",
            prune.removes
        ),
    })
}

fn major(site: &Site<'_>) -> Option<u32> {
    base::version(site.reference(), 1)?.parse().ok()
}

fn pruning_step<'s>(site: &'s Site<'_>) -> Option<(String, &'s Prune)> {
    let runs = site
        .roles
        .with(Role::Build)
        .filter_map(|at| site.cx.facts.runs[at].as_ref());
    let mut steps = runs
        .flat_map(|run| &run.steps)
        .filter(|step| step.does() == Some(Does::Build));
    steps.find_map(|step| {
        Some((
            step.directory()?,
            step.invocation.as_ref()?.action.prune.as_ref()?,
        ))
    })
}

/// Whether the command of the container, or the script of the manifest that it names, calls what would be gone.
fn starts_removed(site: &Site<'_>, manifest: &Value, removed: &[&String]) -> bool {
    let launches = &site.launches.launches;
    let is_interpreter = |launch: &crate::analysis::launch::Launch| {
        launch.program().rsplit('/').next() == site.image.provides
    };
    let is_script = |launch: &crate::analysis::launch::Launch| {
        let name = launch
            .words
            .iter()
            .skip(1)
            .find(|word| !word.starts_with('-') && *word != "run");
        let script = name.and_then(|name| manifest.get("scripts")?.get(name)?.as_str());
        script.is_some_and(|script| {
            let mut words = script.split_whitespace();
            words.next() == site.image.provides
                && !removed.iter().any(|name| script.contains(name.as_str()))
        })
    };
    let names_removed = |words: &[String]| words.iter().any(|word| removed.contains(&word));
    !launches.iter().all(|launch| {
        (is_interpreter(launch) || is_script(launch)) && !names_removed(&launch.words)
    })
}

/// Whether a source that the program may run loads what would be gone.
fn is_loaded(context: &BuildContext, prune: &Prune, removed: &[&String]) -> bool {
    let Some(files) = context.files_below("", MOST_FILES) else {
        return true;
    };
    let is_source = |path: &&String| {
        prune
            .source_suffixes
            .iter()
            .any(|suffix| path.ends_with(suffix))
            && !prune.not_in.iter().any(|part| path.contains(part.as_str()))
            && !path.contains("node_modules/")
    };
    files.iter().filter(is_source).any(|path| {
        let text = context.read(path).unwrap_or_default();
        removed.iter().any(|name| loads(&text, name))
    })
}

/// Whether a text names a module in quotes, alone or with a path in it.
fn loads(text: &str, name: &str) -> bool {
    ['"', '\'', '`'].iter().any(|quote| {
        text.contains(&format!("{quote}{name}{quote}")) || text.contains(&format!("{quote}{name}/"))
    })
}

//! Removing from the builder's output what only the build needs.

use serde_json::Value;

use crate::analysis::launch::Launch;
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::context::{BuildContext, scripts_around};
use crate::knowledge::tools::{Does, Prune};
use crate::transform::Cx;

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
    let manifest = context.document(&prune.manifest)?;
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

/// Whether `stage` builds with a tool that can remove again what only it needs.
pub(super) fn is_known(cx: &Cx<'_>, stage: &Stage) -> bool {
    let runs = stage
        .body
        .clone()
        .filter_map(|at| cx.facts.runs[at].as_ref());
    let mut steps = runs.flat_map(|run| &run.steps);
    let prunes = |step: &Step<'_>| {
        let action = step.invocation.as_ref().map(|invocation| invocation.action);
        action.is_some_and(|action| action.prune.is_some())
    };
    steps.any(prunes)
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
    let is_interpreter =
        |launch: &Launch| launch.program().rsplit('/').next() == site.image.provides;
    let is_script = |launch: &Launch| {
        let scripts = scripts_of(manifest, launch);
        let stays_whole = |script: &&str| {
            let program = script.split_whitespace().next().unwrap_or_default();
            let is_known = Some(program) == site.image.provides
                || stays(site, manifest, program) && !is_configured(site, program, removed);
            let names = |name: &&String| {
                script
                    .split([' ', '/', '"', '\''])
                    .any(|word| word == name.as_str())
            };
            is_known && !removed.iter().any(names)
        };
        !scripts.is_empty() && scripts.iter().all(stays_whole)
    };
    let names_removed = |words: &[String]| words.iter().any(|word| removed.contains(&word));
    !launches.iter().all(|launch| {
        (is_interpreter(launch) || is_script(launch)) && !names_removed(&launch.words)
    })
}

/// The texts of the scripts of the manifest that a launch runs: `npm start`, `npm run serve`.
fn scripts_of<'m>(manifest: &'m Value, launch: &Launch) -> Vec<&'m str> {
    let mut words = launch.words.iter().skip(1);
    let name = words.find(|word| !word.starts_with('-') && *word != "run");
    let scripts = name.map(|name| scripts_around(manifest, name));
    scripts.into_iter().flatten().collect()
}

/// Whether a program comes with a dependency that stays: one of its name, or one that the lock file says has it.
fn stays(site: &Site<'_>, manifest: &Value, program: &str) -> bool {
    let dependencies = manifest.get("dependencies").and_then(Value::as_object);
    let Some(dependencies) = dependencies else {
        return false;
    };
    let lock = site
        .cx
        .context
        .and_then(|context| context.document("package-lock.json"));
    let packages = lock.as_ref().and_then(|lock| lock.get("packages"));
    let has_program = |name: &String| {
        let package = packages?.get(format!("node_modules/{name}"))?;
        package.get("bin")?.get(program)
    };
    dependencies.contains_key(program)
        || dependencies.keys().any(|name| has_program(name).is_some())
}

/// Whether a configuration of `program` at the root of the project loads what would be gone, or may.
fn is_configured(site: &Site<'_>, program: &str, removed: &[&String]) -> bool {
    let Some(context) = site.cx.context else {
        return true;
    };
    let prefix = format!("{program}.config.");
    let names = context.names("").into_iter();
    names.filter(|name| name.starts_with(&prefix)).any(|name| {
        let text = context.read(&name).unwrap_or_default();
        name.ends_with("ts") || removed.iter().any(|name| loads(&text, name))
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

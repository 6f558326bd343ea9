//! Removing from the builder's output what only the build needs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::analysis::commands::OptionUse;
use crate::analysis::launch::Launch;
use crate::analysis::mounts::{self, Mount};
use crate::analysis::paths::{below, file_name, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::context::{
    BuildContext, all_scripts, folder_and_name, in_folder, matches_name, scripts_around,
};
use crate::knowledge::dependency_folders::{DependencyFolder, Development, Prune};
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::Cx;
use crate::transforms::origin::{Origin, origin};

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
    pub(super) assumes: Vec<String>,
}

/// The command that prunes, when the context shows that no source needs what it removes.
pub(super) fn plan(site: &Site<'_>) -> Option<Pruned> {
    let context = site.cx.context?;
    let installs = installs(site)?;
    let path = join(&site.workdir(), &installs.entry.manifest);
    let Origin::File(path) = origin(site.cx, site.stage, &path) else {
        return None;
    };
    let manifest = context.document(&path)?;
    let development = &installs.entry.development;
    let removed = manifest.get(&development.member)?.as_object()?;
    let removed: Vec<&String> = removed.keys().collect();
    let folder = folder_and_name(&path).0;
    if removed.is_empty()
        || installs.are_pruned(site)
        || installs.leave_out_at_last(site)
        || !installs.are_alone(site, &manifest, folder)
        || starts_removed(site, installs.entry, &manifest, &removed)
        || runs_what_comes_later(site, &manifest, &removed)
        || is_loaded(context, installs.entry, &removed)
    {
        return None;
    }
    Some(Pruned {
        command: installs.command(),
        evidence: format!(
            "none of the {} names in {} is loaded by a source of the program",
            removed.len(),
            development.member
        ),
        assumes: installs.assumptions(),
        manifest: path,
    })
}

/// Whether the build removes what only it needs itself: it prunes, or installs again without that.
pub(super) fn is_done(site: &Site<'_>) -> bool {
    let is_done = |installs: Installs<'_>| {
        let again = installs.steps.len() > 1 && installs.leave_out_at_last(site);
        installs.are_pruned(site) || again
    };
    installs(site).is_some_and(is_done)
}

/// Whether `stage` builds with what a tool installs that can remove again what only the build needs.
pub(super) fn is_known(cx: &Cx<'_>, stage: &Stage) -> bool {
    let body = stage.body.clone();
    let prunes = |step: &Step<'_>| {
        let entry = filled(cx, step).zip(step.invocation.as_ref());
        entry.is_some_and(|(entry, own)| entry.prune(&own.tool.id).is_some())
    };
    let mut steps = body.flat_map(|at| cx.facts.steps(at));
    cx.facts.does_any(stage, &[Does::Build]) && steps.any(prunes)
}

/// The folder of dependencies that a step fills from the manifest of the project.
fn filled<'k>(cx: &Cx<'k>, step: &Step<'_>) -> Option<&'k DependencyFolder> {
    let own = step.invocation.as_ref()?;
    let entry = cx.knowledge.tools.dependency_folder(&own.tool.id)?;
    let mut manifests = own.action.manifests.iter();
    let goes_by_it = manifests.any(|name| name.trim_end_matches('?') == entry.manifest);
    let installs = own.action.does == Does::InstallDependencies;
    (installs && goes_by_it).then_some(entry)
}

/// The installs of the project's dependencies in the working directory, all by the same tool.
struct Installs<'s> {
    entry: &'s DependencyFolder,
    prune: &'s Prune,
    steps: Vec<&'s Step<'s>>,
    /// Whether a file is mounted for them that is not there afterwards.
    see_more: bool,
}

/// Those that there are. `None` when some are elsewhere or by another tool, or none can be undone in part.
fn installs<'s>(site: &'s Site<'_>) -> Option<Installs<'s>> {
    let roles = [Role::Dependencies, Role::Build].into_iter();
    let fills = |step: &&Step<'_>| filled(site.cx, step).is_some();
    let (mut steps, mut see_more) = (Vec::new(), false);
    for at in roles.flat_map(|role| site.roles.with(role)) {
        let own = site.cx.facts.steps(at).iter();
        let before = steps.len();
        steps.extend(own.filter(fills));
        let brings = |mount: Mount| !matches!(mount.kind.as_str(), "cache" | "tmpfs" | "ssh");
        see_more |= steps.len() > before && mounts::of(site.cx.facts, at).any(brings);
    }
    let first = steps.first()?;
    let tool = &first.invocation.as_ref()?.tool.id;
    let entry = filled(site.cx, first)?;
    let prune = entry.prune(tool)?;
    let is_alike = |step: &&Step<'_>| {
        let own = step.invocation.as_ref();
        own.is_some_and(|own| own.tool.id == *tool)
            && step.directory().as_deref() == Some(&*site.workdir())
    };
    let is_new = major(site).is_some_and(|major| major >= prune.since);
    (is_new && steps.iter().all(is_alike)).then_some(Installs {
        entry,
        prune,
        steps,
        see_more,
    })
}

impl Installs<'_> {
    /// Whether the build does so already.
    fn are_pruned(&self, site: &Site<'_>) -> bool {
        let prunes = |step: &Step<'_>| {
            let words = step.words();
            self.entry.is_pruned_by(&self.prune.tool, words)
        };
        let roles = [Role::Dependencies, Role::Build].into_iter();
        let mut runs = roles.flat_map(|role| site.roles.with(role));
        runs.any(|at| site.cx.facts.steps(at).iter().any(prunes))
    }

    /// Whether the last of them leaves out what only development needs.
    fn leave_out_at_last(&self, site: &Site<'_>) -> bool {
        self.steps.last().is_some_and(|step| {
            let words = step.words();
            let development = &site.cx.knowledge.development;
            development.leaves_out(&self.prune.tool, words)
        })
    }

    fn options(&self) -> impl Iterator<Item = &OptionUse> {
        let own = self
            .steps
            .iter()
            .filter_map(|step| step.invocation.as_ref());
        own.flat_map(|own| &own.options)
    }

    /// Whether nothing makes the command do something else behind them. The manifest is in `folder` of the context.
    fn are_alone(&self, site: &Site<'_>, manifest: &Value, folder: &str) -> bool {
        let state = site.cx.facts.state_after(site.stage);
        let assigned = self.steps.iter().flat_map(|step| &step.assigns);
        let mut variables = state.variables.keys().chain(assigned);
        let is_odd = |name: &String| {
            let mut patterns = self.prune.unless_variable.iter();
            patterns.any(|pattern| matches_name(pattern, name))
        };
        let is_beside = |name: &String| {
            let context = site.cx.context;
            context.is_none_or(|context| context.has(&in_folder(folder, name)))
        };
        let is_member = |member: &String| manifest.get(member).is_some();
        !variables.any(is_odd)
            && !self
                .options()
                .any(|option| self.prune.unless_option.contains(&option.name))
            && !self.prune.unless_beside.iter().any(is_beside)
            && !self.entry.never_with.iter().any(is_member)
    }

    /// What is taken for granted.
    fn assumptions(&self) -> Vec<String> {
        let member = &self.entry.development.member;
        let mut assumes = vec![format!(
            "the program loads nothing of {member} when it runs"
        )];
        if self.see_more {
            let command = &self.prune.command;
            assumes.push(format!(
                "`{command}` needs no setting of what is mounted for the install alone"
            ));
        }
        assumes
    }

    /// The command, with the options of the installs that it needs as well.
    fn command(&self) -> String {
        let mut command = self.prune.command.clone();
        let given: BTreeSet<&str> = self.options().map(|option| &*option.name).collect();
        for name in self.prune.keeps.iter().map(String::as_str) {
            if given.contains(name) {
                command = format!("{command} {name}");
            }
        }
        command
    }
}

fn major(site: &Site<'_>) -> Option<u32> {
    base::version(site.reference(), 1)?.parse().ok()
}

/// Whether the command of the container, or the script of the manifest that it names, calls what would be gone.
fn starts_removed(
    site: &Site<'_>,
    entry: &DependencyFolder,
    manifest: &Value,
    removed: &[&String],
) -> bool {
    let launches = &site.launches.launches;
    let is_interpreter = |launch: &Launch| Some(file_name(launch.program())) == site.image.provides;
    let is_script = |launch: &Launch| {
        let name = site.cx.knowledge.startup.script_run_by(&launch.words);
        let scripts = name.map(|name| scripts_around(manifest, name));
        let scripts: Vec<&str> = scripts.into_iter().flatten().collect();
        let stays_whole = |script: &&str| {
            let program = script.split_whitespace().next().unwrap_or_default();
            let is_known = Some(program) == site.image.provides
                || stays(site, entry, manifest, program)
                    && !is_configured(site, &entry.development, program, removed);
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

/// Whether a script of the manifest calls what would be gone for a file that is copied behind the build: people run it in
/// the container.
fn runs_what_comes_later(site: &Site<'_>, manifest: &Value, removed: &[&String]) -> bool {
    let copies = site
        .roles
        .with(Role::Source)
        .filter(|at| *at >= site.roles.split);
    let brought: Vec<&str> = copies
        .flat_map(|at| match &site.cx.facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => transfer.sources.as_slice(),
            _ => &[],
        })
        .map(|word| word.raw.trim_start_matches("./").trim_end_matches('/'))
        .filter(|path| !matches!(*path, "" | "."))
        .collect();
    let mut scripts = all_scripts(manifest);
    scripts.any(|(_, script)| {
        let words = || script.split_whitespace();
        let is_brought = |word: &str| {
            let path = word.trim_start_matches("./");
            brought.iter().any(|folder| below(path, folder).is_some())
        };
        words().any(is_brought) && words().any(|word| removed.iter().any(|name| *name == word))
    })
}

/// Whether a program comes with a dependency that stays: one of its name, or one that the lock file says has it.
fn stays(site: &Site<'_>, entry: &DependencyFolder, manifest: &Value, program: &str) -> bool {
    let dependencies = manifest.get(&entry.needs).and_then(Value::as_object);
    let Some(dependencies) = dependencies else {
        return false;
    };
    let known = entry.programs.as_ref();
    let lock = known
        .zip(site.cx.context)
        .and_then(|(known, context)| context.document(&known.lock));
    let has_program = |name: &String| {
        let (known, lock) = known.zip(lock.as_deref())?;
        let package = lock.get(&known.packages)?.get(entry.path_of(name))?;
        package.get(&known.member)?.get(program)
    };
    dependencies.contains_key(program)
        || dependencies.keys().any(|name| has_program(name).is_some())
}

/// Whether a configuration of `program` at the root of the project loads what would be gone, or may.
fn is_configured(
    site: &Site<'_>,
    development: &Development,
    program: &str,
    removed: &[&String],
) -> bool {
    let Some(context) = site.cx.context else {
        return true;
    };
    let prefix = format!("{program}.config.");
    let names = context.names("").into_iter();
    names.filter(|name| name.starts_with(&prefix)).any(|name| {
        let text = context.read(&name).unwrap_or_default();
        let mut compiled = development.compiled_suffixes.iter();
        compiled.any(|end| name.ends_with(end)) || removed.iter().any(|name| loads(&text, name))
    })
}

/// Whether a source that the program may run loads what would be gone.
fn is_loaded(context: &BuildContext, entry: &DependencyFolder, removed: &[&String]) -> bool {
    let development = &entry.development;
    let inside = entry.path_of("");
    let Some(files) = context.files_below("", MOST_FILES) else {
        return true;
    };
    let is_source = |path: &&String| {
        let mut ends = development.source_suffixes.iter();
        ends.any(|end| path.ends_with(end))
            && !development
                .not_in
                .iter()
                .any(|part| path.contains(part.as_str()))
            && !path.contains(&inside)
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

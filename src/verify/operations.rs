//! The steps of a file that change files, with the paths that they read and write.

use crate::analysis::Facts;
use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region, below, join};
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Does;
use crate::syntax::shell::{Connector, Item, Pipeline, Script};
use crate::syntax::{Kind, Span, Transfer};

/// One step that changes files.
pub(super) struct Operation {
    /// What it is compared by: the words of the command, or the flags and arguments of the copy.
    pub(super) key: String,
    /// The `--chown` of a copy, which is not part of `key`.
    pub(super) owner: Option<String>,
    /// What it reads and writes.
    pub(super) effects: Effects,
    /// The stage that it belongs to.
    pub(super) stage: usize,
    /// For a copy of another stage or image: the paths that it takes.
    pub(super) taken: Vec<String>,
    /// Where it works, when it may read anything: a build.
    pub(super) workshop: Option<String>,
    /// Whether a program needs nothing of what it makes when it runs, by the tables.
    pub(super) is_scaffold: bool,
    /// Whether what it writes is gone afterwards.
    pub(super) removes: bool,
    /// A copy from the build context.
    pub(super) is_copy: bool,
    /// Commands of package managers may be joined, completed and left out when they only clean up.
    pub(super) is_package_work: bool,
    /// Only removes what package managers keep for later runs: these come and go as they like.
    pub(super) is_cleanup: bool,
}

/// The operations of all stages, in order.
pub(super) fn of_file(facts: &Facts<'_>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (index, view) in facts.views.iter().enumerate() {
        let before = operations.len();
        match &view.kind {
            Kind::Run { .. } => run_operations(facts, index, &mut operations),
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                operations.push(copy_operation(facts, index, transfer))
            }
            _ => {}
        }
        let stage = facts.stage_of(index).map_or(0, |stage| stage.index);
        operations[before..]
            .iter_mut()
            .for_each(|operation| operation.stage = stage);
    }
    operations
}

/// One operation for each command of a list that `&&` joins; of other scripts, one for all that comes before the
/// commands at its end that only clean up.
fn run_operations(facts: &Facts<'_>, index: usize, operations: &mut Vec<Operation>) {
    let Some(run) = &facts.runs[index] else {
        return;
    };
    let text = &facts.views[index].logical.text;
    let Some(script) = &run.script else {
        operations.push(whole(run, run.body, text));
        return;
    };
    let pipelines: Vec<&Pipeline> = script.items.iter().flat_map(Item::pipelines).collect();
    if is_and_list(script) {
        let singles = pipelines.iter().map(|pipeline| single(run, pipeline, text));
        operations.extend(singles.filter(|operation| !operation.is_cleanup));
        return;
    }
    let cleans = |pipeline: &&Pipeline| single(run, pipeline, text).is_cleanup;
    let last = pipelines.iter().rev().find(|pipeline| !cleans(pipeline));
    if let Some(last) = last {
        let span = Span::new(0, last.span.end).shift(run.body.start);
        operations.push(whole(run, span, text));
    }
}

/// Whether the script is one list that only `&&` joins.
fn is_and_list(script: &Script) -> bool {
    let [item] = script.items.as_slice() else {
        return false;
    };
    let mut connectors = item.rest.iter().map(|(connector, _, _)| *connector);
    connectors.all(|connector| connector == Connector::And)
        && item.terminator.is_none()
        && script.comments.is_empty()
}

/// The operation of the part `span` of a script that is not taken apart.
fn whole(run: &Run<'_>, span: Span, text: &str) -> Operation {
    Operation {
        key: words(span, text),
        owner: None,
        effects: run.effects.clone(),
        stage: 0,
        taken: Vec::new(),
        workshop: None,
        is_scaffold: run.is_understood() && run.steps.iter().all(is_scaffold),
        removes: false,
        is_copy: false,
        is_package_work: run.is_understood()
            && run.steps.iter().all(|step| is_package_work(step.does())),
        is_cleanup: false,
    }
}

/// The operation of one pipeline.
fn single(run: &Run<'_>, pipeline: &Pipeline, text: &str) -> Operation {
    let span = pipeline.span.shift(run.body.start);
    // Steps are in the order of the source.
    let at = run
        .steps
        .partition_point(|step| step.span.start < span.start);
    let step = run.steps.get(at).filter(|step| step.span == span);
    let is_cleanup = step.is_some_and(|step| {
        let removal = step.args.first().is_some_and(|arg| arg.known() == "rm");
        step.does() == Some(Does::CleanCache) || removal && is_cleanup(&step.effects)
    });
    Operation {
        key: words(span, text),
        owner: None,
        effects: step.map_or(&run.effects, |step| &step.effects).clone(),
        stage: 0,
        taken: Vec::new(),
        workshop: step
            .filter(|step| step.effects.reads == Extent::Everything)
            .and_then(|step| step.cwd.clone()),
        is_scaffold: step.is_some_and(is_scaffold),
        removes: step
            .and_then(|step| step.invocation.as_ref())
            .is_some_and(|invocation| invocation.action.removes),
        is_copy: false,
        is_package_work: is_cleanup || step.is_some_and(|step| is_package_work(step.does())),
        is_cleanup,
    }
}

/// Whether the step makes nothing that a program needs when it runs: by the tables, or because it only sets up the shell.
fn is_scaffold(step: &Step<'_>) -> bool {
    let installs = step
        .invocation
        .as_ref()
        .and_then(|invocation| invocation.action.installs.as_ref());
    step.does() == Some(Does::ShellState) || installs.is_some_and(Vec::is_empty)
}

fn words(span: Span, text: &str) -> String {
    let words: Vec<&str> = span.text(text).split_whitespace().collect();
    words.join(" ")
}

fn is_package_work(does: Option<Does>) -> bool {
    matches!(
        does,
        Some(
            Does::RefreshLists
                | Does::InstallPackages
                | Does::UpgradePackages
                | Does::RemovePackages
                | Does::CleanCache
        )
    )
}

/// Removes nothing but what package managers keep for later runs.
fn is_cleanup(effects: &Effects) -> bool {
    let caches = [
        "/var/lib/apt/lists",
        "/var/cache",
        "/root/.cache",
        "/root/.npm",
    ];
    let below = |region: &Region| caches.iter().any(|cache| region.path.starts_with(cache));
    matches!(&effects.writes, Extent::Regions(regions) if regions.iter().all(below))
}

/// The regions that a copy writes: one for each source that keeps its name, or the destination.
fn copy_operation(facts: &Facts<'_>, index: usize, transfer: &Transfer) -> Operation {
    let view = &facts.views[index];
    let workdir = &facts.states[index].workdir;
    let target = join(workdir, &transfer.dest.raw);
    let into_folder = transfer.dest.raw.ends_with('/')
        || below(workdir, &target).is_some()
        || transfer.sources.len() > 1;
    let mut writes = Extent::default();
    for source in &transfer.sources {
        let name = source.raw.rsplit('/').next().unwrap_or_default();
        let is_file = looks_like_file(name);
        let named = into_folder && is_file && !name.contains('$');
        writes.add(Region::new(if named {
            join(&target, name)
        } else {
            target.clone()
        }));
    }
    let from = view.flags.iter().find(|flag| flag.name == "from");
    let flags = view
        .flags
        .first()
        .map_or(view.body.start, |flag| flag.span.start);
    let words: Vec<&str> = view.logical.text[flags..view.body.end]
        .split_whitespace()
        .filter(|word| !word.starts_with("--chown="))
        .collect();
    Operation {
        key: words.join(" "),
        owner: view.flag("chown").and_then(|flag| flag.value.clone()),
        effects: Effects {
            reads: Extent::default(),
            writes,
        },
        stage: 0,
        workshop: None,
        is_scaffold: false,
        removes: false,
        taken: transfer
            .sources
            .iter()
            .filter(|_| from.is_some())
            .map(|word| word.raw.clone())
            .collect(),
        is_copy: from.is_none(),
        is_package_work: false,
        is_cleanup: false,
    }
}

/// A guess from a name alone: files have an ending, or are called `Gemfile`, `Makefile` and the like.
fn looks_like_file(name: &str) -> bool {
    let hidden = name.starts_with('.') && name.len() > 2;
    name.trim_start_matches('.').contains('.') || hidden || name.ends_with("file")
}

//! One `RUN` as the work of a package manager.

use crate::analysis::commands::Invocation;
use crate::analysis::runs::{Opaque, Run, Step};
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::syntax::shell::{self, Connector, Item, Pipeline};
use crate::syntax::{Form, Kind, Span};
use crate::transform::Cx;

use super::command::Command;
use super::mention;

/// What a command does with packages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Work {
    Refresh,
    Install,
    Upgrade,
    Remove,
    Clean,
}

/// A `RUN` that begins with such commands.
pub(super) struct Layer<'a> {
    /// The instruction.
    pub(super) index: usize,
    pub(super) manager: &'a PackageManager,
    /// The commands it begins with; at least one.
    pub(super) commands: Vec<Command<'a>>,
    /// The other commands, up to the end of the script, in the logical line.
    pub(super) rest: Option<Span>,
}

/// Why a `RUN` that works with a package manager is not read.
pub(super) struct Obstacle<'a> {
    pub(super) manager: &'a PackageManager,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl<'a> Obstacle<'a> {
    fn new(manager: &'a PackageManager, code: &'static str, message: &str) -> Self {
        Self {
            manager,
            code,
            message: message.to_owned(),
        }
    }
}

/// What `step` does with the packages of `manager`.
pub(super) fn work_of(cx: &Cx<'_>, manager: &PackageManager, step: &Step<'_>) -> Option<Work> {
    let invocation = step.invocation.as_ref()?;
    if invocation.tool.id != manager.tool {
        return removes_only(cx, manager, step, invocation).then_some(Work::Clean);
    }
    if manager
        .other_root
        .iter()
        .any(|option| invocation.has(option))
    {
        return None;
    }
    match invocation.action.does {
        Does::RefreshLists => Some(Work::Refresh),
        Does::InstallPackages => Some(Work::Install),
        Does::UpgradePackages => Some(Work::Upgrade),
        Does::RemovePackages => Some(Work::Remove),
        Does::CleanCache => Some(Work::Clean),
        _ => None,
    }
}

/// Whether `step` removes what `manager` keeps for later, and else at most temporary files.
fn removes_only(
    cx: &Cx<'_>,
    manager: &PackageManager,
    step: &Step<'_>,
    invocation: &Invocation<'_>,
) -> bool {
    let paths = || invocation.operands.iter().map(|&at| step.args[at].known());
    let disposable =
        |path: &str| manager.owns(path) || cx.knowledge.package_managers.is_temporary(path);
    step.args[0].known() == "rm"
        && paths().any(|path| manager.owns(path))
        && paths().all(disposable)
}

/// The package manager that the commands of `run` belong to.
pub(super) fn manager_of<'a>(cx: &Cx<'a>, run: &Run<'_>) -> Option<&'a PackageManager> {
    let works = |manager: &&PackageManager| {
        run.steps
            .iter()
            .any(|step| work_of(cx, manager, step).is_some() || mention::calls(cx, manager, step))
    };
    cx.knowledge.package_managers.iter().find(works)
}

/// Whether `step` removes the lists of `manager`, in whatever words.
pub(super) fn removes_lists(manager: &PackageManager, step: &Step<'_>, line: &str) -> bool {
    let Some(invocation) = &step.invocation else {
        return manager
            .lists
            .iter()
            .any(|lists| step.span.text(line).contains(lists.as_str()));
    };
    if invocation.tool.id == manager.tool {
        let noise =
            |word: &&str| !is_listed(&manager.confirm, word) && !is_listed(&manager.quiet, word);
        let words = step.args[invocation.program_words..]
            .iter()
            .map(|arg| arg.known());
        let words: Vec<&str> = words.filter(noise).collect();
        return is_listed(&manager.cleaned_by, &words.join(" "));
    }
    let removed = |&at: &usize| manager.holds_lists(step.args[at].known());
    step.args[0].known() == "rm" && invocation.operands.iter().any(removed)
}

/// Whether `step` leaves lists behind that were not there before.
pub(super) fn leaves_lists(cx: &Cx<'_>, manager: &PackageManager, step: &Step<'_>) -> bool {
    let kept = || {
        let invocation = step.invocation.as_ref();
        let has = |option: &String| invocation.is_some_and(|invocation| invocation.has(option));
        let uncached = manager.uncached.as_ref().is_some_and(has);
        let downloads = manager.fetches_on_demand || manager.refreshing.iter().any(has);
        downloads && !uncached && !manager.offline.iter().any(has)
    };
    match work_of(cx, manager, step) {
        Some(Work::Refresh) => true,
        Some(Work::Install | Work::Upgrade) => kept(),
        _ => fetches_refreshing_script(cx, manager, step),
    }
}

/// Whether `step` downloads a script that is known to download the lists of `manager` when it runs.
pub(super) fn fetches_refreshing_script(
    cx: &Cx<'_>,
    manager: &PackageManager,
    step: &Step<'_>,
) -> bool {
    let tools = &cx.knowledge.tools;
    let mut scripts = step
        .args
        .iter()
        .filter_map(|arg| tools.script_at(arg.known()));
    scripts.any(|script| is_listed(&script.refreshes, &manager.tool))
}

/// Whether the lists are there when `steps` have run one after the other.
pub(super) fn ends_with_lists<'s>(
    cx: &Cx<'_>,
    manager: &PackageManager,
    steps: impl Iterator<Item = &'s Step<'s>>,
    line: &str,
) -> bool {
    steps.fold(false, |lists, step| {
        leaves_lists(cx, manager, step) || lists && !removes_lists(manager, step, line)
    })
}

pub(super) fn is_listed(words: &[String], word: &str) -> bool {
    words.iter().any(|listed| listed == word)
}

impl<'a> Layer<'a> {
    /// Reads instruction `index`; `None` when it does not work with packages.
    pub(super) fn read(cx: &Cx<'a>, index: usize) -> Result<Option<Self>, Obstacle<'a>> {
        let Some(run) = &cx.facts.runs[index] else {
            return Ok(None);
        };
        let manager = match run.opaque {
            None => manager_of(cx, run),
            Some(_) => mention::manager_in(cx, cx.facts.source_text(index)),
        };
        let Some(manager) = manager else {
            return Ok(None);
        };
        let refuse = |code, message| Err(Obstacle::new(manager, code, message));
        match run.opaque {
            Some(Opaque::Heredoc) => {
                return refuse("heredoc", "its commands stand in a here-document");
            }
            Some(_) => {
                return refuse(
                    "opaque-shell",
                    "dfopt cannot read the script as that of a POSIX shell",
                );
            }
            None => {}
        }
        if matches!(
            &cx.facts.views[index].kind,
            Kind::Run {
                form: Form::Exec(_)
            }
        ) {
            return refuse(
                "exec-form",
                "it runs without a shell, so nothing can be joined to it",
            );
        }
        let Some(item) = run.script.as_ref().and_then(single_list) else {
            return refuse(
                "shell-lists",
                "its commands are not all joined by `&&`, so what fails in it may go on",
            );
        };
        Self::of_list(cx, index, run, manager, item).map(Some)
    }

    fn of_list(
        cx: &Cx<'a>,
        index: usize,
        run: &'a Run<'a>,
        manager: &'a PackageManager,
        item: &Item,
    ) -> Result<Self, Obstacle<'a>> {
        let mut layer = Self {
            index,
            manager,
            commands: Vec::new(),
            rest: None,
        };
        for (nth, pipeline) in item.pipelines().enumerate() {
            match layer.command(cx, run, nth, pipeline) {
                Some(command) => layer.commands.push(command),
                None => {
                    let rest = Span::new(pipeline.span.start, item.span.end);
                    layer.rest = Some(rest.shift(run.body.start));
                    break;
                }
            }
        }
        if layer.commands.is_empty() {
            let (code, message) = why_not(cx, manager, run);
            return Err(Obstacle::new(manager, code, message));
        }
        Ok(layer)
    }

    /// The package work in `pipeline`, if it is nothing else and every word stands on one line.
    fn command(
        &self,
        cx: &Cx<'a>,
        run: &'a Run<'a>,
        nth: usize,
        pipeline: &Pipeline,
    ) -> Option<Command<'a>> {
        let shell::Command::Simple(simple) = pipeline.single()? else {
            return None;
        };
        let span = simple.span.shift(run.body.start);
        let step = run.steps.iter().find(|step| step.span == span)?;
        let work = work_of(cx, self.manager, step)?;
        let logical = &cx.facts.views[self.index].logical;
        let assignments = simple.assignments.iter().map(|assignment| assignment.span);
        let redirects = simple.redirects.iter().map(|redirect| redirect.span);
        let beside = assignments.chain(redirects);
        let words = beside.map(|span| span.shift(run.body.start));
        let mut words = words.chain(step.args.iter().map(|arg| arg.span));
        let whole = words.all(|word| !logical.crosses_seam(word));
        let invocation = step.invocation.as_ref()?;
        whole.then_some(Command {
            index: self.index,
            nth,
            step,
            invocation,
            work,
        })
    }

    /// The commands of the rest.
    pub(super) fn rest_steps(&self, cx: &Cx<'a>) -> impl Iterator<Item = &'a Step<'a>> {
        let steps = cx.facts.runs[self.index].iter().flat_map(|run| &run.steps);
        let rest = self.rest;
        steps.filter(move |step| rest.is_some_and(|rest| rest.contains(step.span)))
    }
}

/// The list that is all of `script`: joined by `&&` alone, in the foreground, without a comment.
pub(super) fn single_list(script: &shell::Script) -> Option<&Item> {
    let [item] = script.items.as_slice() else {
        return None;
    };
    let joined = item
        .rest
        .iter()
        .all(|(connector, _, _)| *connector == Connector::And);
    (joined && item.terminator.is_none() && script.comments.is_empty()).then_some(item)
}

/// Why a list that works with packages does not begin with that.
fn why_not(cx: &Cx<'_>, manager: &PackageManager, run: &Run<'_>) -> (&'static str, &'static str) {
    let Some(first) = run.steps.first() else {
        return (
            "other-commands",
            "its package commands stand inside of others",
        );
    };
    match first.does() {
        None if mention::calls(cx, manager, first) => (
            "unknown-option",
            "dfopt does not know every option of its command, and will not guess which words are packages",
        ),
        Some(Does::ShellState) => (
            "shell-state",
            "it changes the state of the shell for the commands behind it",
        ),
        Some(Does::ConfigurePackages) => (
            "repository-setup",
            "it changes where packages come from or how they are set up, and that order stays",
        ),
        _ => (
            "other-commands",
            "its package commands stand behind or inside of others",
        ),
    }
}

//! Whether anything behind an instruction still needs the package lists.

use crate::analysis::paths::{Extent, file_name, join};
use crate::analysis::runs::{Run, Step};
use crate::analysis::runtime;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::syntax::shell::{Command, Connector};
use crate::syntax::{Kind, Span};
use crate::transform::Cx;
use crate::transforms::origin::{Origin, origin_before};

use super::layer::{Work, fetches_refreshing_script, work_of};
use super::mention::{self, touches_lists};

/// What happens to the lists behind an instruction.
#[derive(Default)]
pub(super) struct Later {
    /// What needs them first, in this stage or in those built on it.
    pub(super) needed: Vec<Need>,
    /// Instructions with commands of which nobody knows whether they need them.
    pub(super) unknown: Vec<usize>,
    /// The first `ONBUILD`: others build on the image.
    pub(super) triggers: Option<usize>,
    /// Whether an image that others build on may be left with them.
    pub(super) for_derived_images: bool,
}

/// What needs the lists.
pub(super) struct Need {
    /// The instruction.
    pub(super) index: usize,
    /// Its first command that does, in the logical line; empty where the commands cannot be told apart.
    pub(super) step: Span,
    /// The instructions that run before it and behind the download.
    pub(super) passed: Vec<usize>,
}

/// What one instruction does to the lists.
enum Use {
    /// Downloads them first.
    Refreshes,
    /// Runs what cannot be known, and then downloads them.
    UnknownThenRefreshes,
    /// Needs them, first for the command in this place of the logical line.
    Needs(Span),
    /// Cannot be known.
    Unknown,
    Nothing,
}

/// Looks at everything that runs behind instruction `from` of `stage`, in the stages built on it as well.
pub(super) fn look(cx: &Cx<'_>, manager: &PackageManager, stage: &Stage, from: usize) -> Later {
    let mut walk = Walk {
        cx,
        manager,
        later: Later::default(),
    };
    walk.follow(stage, from + 1, &[]);
    walk.later
}

struct Walk<'a> {
    cx: &'a Cx<'a>,
    manager: &'a PackageManager,
    later: Later,
}

impl Walk<'_> {
    /// Follows `stage` from instruction `from` on, behind the instructions `passed`, and the stages built on it unless
    /// something there decides.
    fn follow(&mut self, stage: &Stage, from: usize, passed: &[usize]) {
        let facts = self.cx.facts;
        let passed = |to: usize| {
            let before = passed.iter().copied();
            before.chain(from..to).collect::<Vec<usize>>()
        };
        for index in from..stage.body.end {
            if matches!(facts.views[index].kind, Kind::Onbuild { .. }) {
                self.later.triggers.get_or_insert(index);
            }
            match use_of(self.cx, self.manager, index) {
                Use::Refreshes => return,
                Use::Needs(step) => {
                    let passed = passed(index);
                    self.later.needed.push(Need {
                        index,
                        step,
                        passed,
                    });
                    return;
                }
                Use::UnknownThenRefreshes => {
                    self.later.unknown.push(index);
                    return;
                }
                Use::Unknown => self.later.unknown.push(index),
                Use::Nothing => {}
            }
        }
        let base = Base::Stage(stage.index);
        let children: Vec<&Stage> = facts.stages.iter().filter(|one| one.base == base).collect();
        for child in &children {
            self.follow(child, child.from + 1, &passed(stage.body.end));
        }
        let config = runtime::of_stage(facts, stage);
        let starts = config.cmd.is_some() || config.entrypoint.is_some();
        self.later.for_derived_images |= !self.manager.fetches_on_demand
            && children.is_empty()
            && is_shipped(self.cx, stage)
            && !starts;
    }
}

/// Whether `stage` may become an image that somebody keeps: nothing takes files out of it but the
/// stages that are built on it, and one of these is kept.
pub(super) fn is_shipped(cx: &Cx<'_>, stage: &Stage) -> bool {
    let mut users = cx.facts.users_of(stage).peekable();
    users.peek().is_none()
        || users.any(|user| user.base == Base::Stage(stage.index) && is_shipped(cx, user))
}

fn use_of(cx: &Cx<'_>, manager: &PackageManager, index: usize) -> Use {
    match &cx.facts.views[index].kind {
        _ if manager.fetches_on_demand => {
            if works_offline(cx, manager, index) {
                Use::Needs(Span::at(0))
            } else {
                Use::Nothing
            }
        }
        Kind::Run { .. } => match &cx.facts.runs[index] {
            Some(run) if run.opaque.is_none() => use_of_run(cx, manager, index, run),
            _ => mentioned(cx, manager, cx.facts.source_text(index)).unwrap_or(Use::Unknown),
        },
        Kind::Onbuild { .. }
        | Kind::Cmd { .. }
        | Kind::Entrypoint { .. }
        | Kind::Healthcheck(_) => {
            match mentioned(cx, manager, cx.facts.source_text(index)) {
                // These run in another container: what they download is not there for what follows.
                Some(Use::Refreshes) | None => Use::Nothing,
                Some(other) => other,
            }
        }
        _ => Use::Nothing,
    }
}

/// Whether instruction `index` installs packages with what is there, without a download.
pub(super) fn works_offline(cx: &Cx<'_>, manager: &PackageManager, index: usize) -> bool {
    let mut flags = cx.facts.views[index].flags.iter();
    let no_network =
        flags.any(|flag| flag.name == "network" && flag.value.as_deref() == Some("none"));
    let offline = |step: &Step<'_>| {
        let invocation = step.invocation.as_ref();
        invocation.is_some_and(|call| manager.offline.iter().any(|option| call.has(option)))
    };
    let mut steps = cx.facts.runs[index].iter().flat_map(|run| &run.steps);
    steps.any(|step| {
        work_of(cx, manager, step) == Some(Work::Install) && (no_network || offline(step))
    })
}

/// The use of the first command that has one. Lists that are downloaded in a branch are there only for
/// the rest of that `RUN`.
fn use_of_run(cx: &Cx<'_>, manager: &PackageManager, index: usize, run: &Run<'_>) -> Use {
    let always = unconditional(run);
    let mut found = Use::Nothing;
    let mut saved: Vec<&str> = saved_before(cx, manager, index).collect();
    let mut read = 0;
    for step in &run.steps {
        // What a substitution asks for is asked before the command runs that it is a part of.
        let in_front = read..step.span.end;
        let mut asked = run.substituted.iter();
        let is_asked = asked.any(|inner| {
            in_front.contains(&inner.span.start)
                && matches!(use_of_step(cx, manager, index, inner), Use::Needs(_))
        });
        if is_asked {
            return Use::Needs(step.span);
        }
        read = step.span.end;
        let mut names = step.args.iter().map(|arg| file_name(arg.known()));
        let is_run = step.does() != Some(Does::Files) && names.any(|name| saved.contains(&name));
        saved.extend(saved_by(cx, manager, step));
        let step_use = match is_run {
            true => Use::UnknownThenRefreshes,
            false => use_of_step(cx, manager, index, step),
        };
        match step_use {
            Use::Refreshes if always.contains(&step.span) => {
                return match found {
                    Use::Unknown => Use::UnknownThenRefreshes,
                    _ => Use::Refreshes,
                };
            }
            Use::UnknownThenRefreshes if always.contains(&step.span) => {
                return Use::UnknownThenRefreshes;
            }
            Use::UnknownThenRefreshes => found = Use::Unknown,
            Use::Refreshes => return found,
            Use::Needs(_) => return Use::Needs(step.span),
            Use::Unknown => found = Use::Unknown,
            Use::Nothing => {}
        }
    }
    found
}

/// The names of the scripts that steps in front of instruction `index` save, and that download the lists when they are run.
fn saved_before<'a>(
    cx: &'a Cx<'_>,
    manager: &'a PackageManager,
    index: usize,
) -> impl Iterator<Item = &'a str> {
    let steps = (0..index).flat_map(|at| cx.facts.steps(at));
    steps.flat_map(move |step| saved_by(cx, manager, step))
}

/// The names of the files to which `step` saves such a script.
fn saved_by<'s>(
    cx: &Cx<'_>,
    manager: &PackageManager,
    step: &'s Step<'_>,
) -> impl Iterator<Item = &'s str> + use<'s> {
    let fetches = fetches_refreshing_script(cx, manager, step);
    let regions = match &step.effects.writes {
        Extent::Regions(regions) if fetches => regions.as_slice(),
        _ => &[],
    };
    regions.iter().map(|region| file_name(region.fixed()))
}

fn use_of_step(cx: &Cx<'_>, manager: &PackageManager, index: usize, step: &Step<'_>) -> Use {
    let program = step.args.first().map_or("", |arg| file_name(arg.known()));
    let others = &manager.others;
    let is_other = |names: &[String]| {
        names
            .iter()
            .any(|name| step.args.iter().any(|arg| file_name(arg.known()) == name))
    };
    if others.need_lists.iter().any(|name| name == program) {
        return Use::Needs(step.span);
    }
    if work_of(cx, manager, step) == Some(Work::Refresh) {
        return Use::Refreshes;
    }
    match &step.invocation {
        Some(invocation) if invocation.tool.id != manager.tool => {
            // What is only saved downloads nothing before it is run.
            let is_saved = saved_by(cx, manager, step).next().is_some();
            match fetches_refreshing_script(cx, manager, step) && !is_saved {
                true => Use::UnknownThenRefreshes,
                false if invocation.tool.does_anything => use_of_recipes(cx, manager, step),
                false => Use::Nothing,
            }
        }
        Some(invocation) if touches_lists(invocation.action.does) => Use::Needs(step.span),
        Some(_) => Use::Nothing,
        None if is_other(&others.refresh_lists) => Use::Nothing,
        None if is_other(&others.need_lists) => Use::Needs(step.span),
        None => {
            let text = &cx.facts.views[index].logical.text;
            let by_itself = mentioned(cx, manager, step.span.text(text));
            by_itself.unwrap_or_else(|| use_of_files(cx, manager, index, step))
        }
    }
}

/// The use of what the project has a tool do that does anything: `make deps`, with `apt-get install` in the Makefile.
fn use_of_recipes(cx: &Cx<'_>, manager: &PackageManager, step: &Step<'_>) -> Use {
    let action = step.invocation.as_ref().map(|own| own.action);
    let Some((context, action)) = cx.context.zip(action) else {
        return Use::Unknown;
    };
    let files = context.files_called(&action.sources);
    let mut texts = files.files().map(|file| file.text());
    match texts.any(|text| installs_first(cx, manager, text)) {
        true => Use::Needs(step.span),
        false => Use::Nothing,
    }
}

/// Whether `text` seems to look packages up in lists that it has not downloaded.
fn installs_first(cx: &Cx<'_>, manager: &PackageManager, text: &str) -> bool {
    let first = mention::first_use(cx, manager, text);
    first.is_some_and(|first| first != Does::RefreshLists)
}

/// The use of what `step` runs, as far as its words name files of the build context: a script that installs first needs the lists.
fn use_of_files(cx: &Cx<'_>, manager: &PackageManager, index: usize, step: &Step<'_>) -> Use {
    let stage = cx.facts.stage_of(index);
    let text_of = |word: &str| {
        let path = join(step.cwd.as_deref()?, word);
        match origin_before(cx, stage?, index, &path) {
            Origin::File(file) => cx.context?.read(&file),
            _ => None,
        }
    };
    let mut texts = step.words().filter_map(text_of);
    match texts.any(|text| installs_first(cx, manager, &text)) {
        true => Use::Needs(step.span),
        false => Use::Unknown,
    }
}

fn mentioned(cx: &Cx<'_>, manager: &PackageManager, text: &str) -> Option<Use> {
    match mention::first_use(cx, manager, text)? {
        Does::RefreshLists => Some(Use::Refreshes),
        _ => Some(Use::Needs(Span::at(0))),
    }
}

/// The commands that run whenever the script does.
fn unconditional(run: &Run<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    for item in run.script.iter().flat_map(|script| &script.items) {
        let and = item
            .rest
            .iter()
            .take_while(|(connector, _, _)| *connector == Connector::And);
        for pipeline in std::iter::once(&item.first).chain(and.map(|(_, _, pipeline)| pipeline)) {
            let simple = pipeline
                .commands
                .iter()
                .filter(|command| matches!(command, Command::Simple(_)));
            spans.extend(simple.map(|command| command.span().shift(run.body.start)));
        }
    }
    spans
}

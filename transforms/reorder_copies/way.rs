//! How the dependencies of a build can be fetched or compiled before the sources are there.

use crate::analysis::paths::{Extent, Region, join, parent};
use crate::analysis::runs::{Run, Step};
use crate::context::{BuildContext, folder_and_name, in_folder};
use crate::knowledge::pattern::Pattern;
use crate::knowledge::tools::{Compile, Does, Instead, Prefetch, Unseen};
use crate::syntax::Kind;

use super::copied::Copied;
use super::instead::{self, Preparation};
use super::manifests::{Manifest, brought_before};
use super::packages;
use super::sink::Sink;
use super::stand_ins;

/// A build that the tables know how to fetch for.
pub(super) struct Build<'s, 't> {
    pub(super) sink: &'s Sink<'t>,
    /// The instruction.
    pub(super) at: usize,
    pub(super) run: &'t Run<'t>,
    /// Which of its commands builds.
    pub(super) nth: usize,
    pub(super) prefetch: &'t Prefetch,
}

/// What the step does.
pub(super) struct Way<'t> {
    pub(super) commands: Vec<String>,
    pub(super) reads: Reads<'t>,
    /// The instructions behind the copy that the commands repeat.
    pub(super) repeats: Vec<usize>,
    /// What is taken for granted, besides what the table says.
    pub(super) assumes: Vec<String>,
    /// Why it would not serve.
    pub(super) unfit: Option<String>,
    /// How messages call it.
    pub(super) title: String,
    /// What a change to the source no longer does to the dependencies.
    pub(super) saves: &'static str,
}

/// What the step reads.
pub(super) enum Reads<'t> {
    /// The manifests that the table lists, which are there.
    Listed(Listed<'t>),
    /// Those that it has for a context that is not at hand, in this folder.
    Unseen(String, &'t Unseen),
    /// What this command does, which is another one of the same tool.
    Command(Box<Step<'t>>),
}

/// The manifests of a build.
pub(super) struct Listed<'t> {
    pub(super) context: &'t BuildContext,
    pub(super) options: Vec<String>,
    pub(super) directory: String,
    /// The first, in the context.
    pub(super) origin: String,
}

impl Listed<'_> {
    /// The folder of the first, in the context.
    pub(super) fn folder(&self) -> &str {
        folder_and_name(&self.origin).0
    }
}

/// What the table has in place of the manifests of `step` when the context is not at hand.
pub(super) fn of_unseen<'t>(sink: &Sink<'_>, step: &Step<'t>) -> Option<&'t Unseen> {
    let prefetch = step.invocation.as_ref()?.action.prefetch.as_ref()?;
    let unseen = prefetch.unseen.as_ref()?;
    let mut words = step.args.iter();
    let is_other = words.any(|word| unseen.unless_operand.is_match(word.known()));
    (sink.cx.context.is_none() && !is_other).then_some(unseen)
}

impl<'s, 't> Build<'s, 't> {
    /// The build in the `RUN` at `at`.
    pub(super) fn at(sink: &'s Sink<'t>, at: usize) -> Option<Self> {
        let run = sink.cx.facts.run(at)?;
        let mut steps = run.steps.iter().enumerate();
        let (nth, prefetch) = steps.find_map(|(nth, step)| {
            let action = step.invocation.as_ref()?.action;
            Some((nth, action.prefetch.as_ref()?))
        })?;
        Some(Self {
            sink,
            at,
            run,
            nth,
            prefetch,
        })
    }

    /// The command that builds.
    pub(super) fn step(&self) -> &'t Step<'t> {
        &self.run.steps[self.nth]
    }

    /// The commands in front of it.
    pub(super) fn before(&self) -> &'t [Step<'t>] {
        &self.run.steps[..self.nth]
    }

    /// The command in front of it that changes to the folder where it works; none is needed in that of the stage. `None` when
    /// it gets there in another way.
    pub(super) fn entry(&self) -> Option<Option<String>> {
        let directory = self.step().directory()?;
        if directory == self.sink.cx.facts.states[self.at].workdir {
            return Some(None);
        }
        let (first, rest) = self.before().split_first()?;
        let enters = first.enters.as_deref() == Some(&directory);
        let is_plain =
            self.run.and_list().is_some() && rest.iter().all(|step| step.enters.is_none());
        (enters && is_plain).then(|| Some(self.text(first)))
    }

    /// The commands in front of it, but for that one.
    pub(super) fn behind_entry(&self) -> &'t [Step<'t>] {
        let has_entry = self.entry().flatten().is_some();
        &self.before()[usize::from(has_entry)..]
    }

    /// The command as it is written, in one line.
    pub(super) fn text(&self, step: &Step<'_>) -> String {
        let text = self.sink.cx.facts.written(self.at, step.span);
        let words = text.split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    }

    /// Where the context has the first manifest that the table lists, which this copy or an earlier one brings.
    fn first_manifest(&self) -> Option<String> {
        let name = self.prefetch.manifests.first()?;
        let first = Manifest::listed(&self.step().directory()?, name);
        self.brought(first.path())
    }

    /// The file of the context that this copy or an earlier one brings to `path`.
    pub(super) fn brought(&self, path: &str) -> Option<String> {
        let context = self.sink.cx.context?;
        let here = self.sink.copied.brings(Some(context), path);
        here.or_else(|| brought_before(self.sink, context, self.at, path))
    }

    /// Whether the manifest says that there are dependencies to compile. `None` for a tool that does not compile them
    /// without the sources, or when it cannot be seen.
    pub(super) fn compiles_dependencies(&self) -> Option<bool> {
        let table = self.step().invocation.as_ref()?.tool.stand_ins.as_ref()?;
        self.prefetch.compile.as_ref()?;
        Some(packages::have_dependencies(self, table, &self.listed()?))
    }

    /// The manifests that the table lists.
    fn listed(&self) -> Option<Listed<'t>> {
        let options = self.step().invocation.iter().flat_map(|own| &own.options);
        let options = options.map(|option| option.name.clone());
        let with = self.prefetch.with.iter().cloned();
        Some(Listed {
            context: self.sink.cx.context?,
            options: options.chain(with).collect(),
            directory: self.step().directory()?,
            origin: self.first_manifest()?,
        })
    }

    /// The manifests that the table lists, if they are worth a step of their own.
    fn worthy(&self) -> Option<Listed<'t>> {
        let listed = self.listed()?;
        let text = listed.context.read(&listed.origin)?;
        let asks = |pattern: &Pattern| text.lines().any(|line| pattern.is_match(line));
        let beside = |name: &String| listed.context.has(&in_folder(listed.folder(), name));
        let is_worth = self.compiles_dependencies().unwrap_or(true)
            && self.prefetch.when.as_ref().is_none_or(asks)
            && !self.prefetch.unless.iter().any(beside);
        is_worth.then_some(listed)
    }

    /// What the table has for a context that is not at hand, if the tool or the image cannot build without the first manifest,
    /// which comes with a folder, and nothing is said that makes it another one.
    fn unseen(&self) -> Option<&'t Unseen> {
        let (cx, step) = (self.sink.cx, self.step());
        let unseen = of_unseen(self.sink, step)?;
        let first = self.prefetch.manifests.first()?;
        let directory = step.directory()?;
        let place = Manifest::listed(&directory, first);
        let copied = self.sink.copied;
        let is_brought = copied.brings_folder() && copied.origins(place.path()).next().is_some();
        let mut said = unseen.unless_mentioned.iter();
        let image = || cx.facts.image(self.sink.stage);
        let by_image = || {
            image().is_some_and(|image| image.requires.contains(&first.as_str()))
                && !self.may_be_above(&directory, first)
        };
        let is_needed = (unseen.requires || by_image())
            && !said.any(|word| cx.file.text().contains(word.as_str()));
        (is_brought && is_needed).then_some(unseen)
    }

    /// Whether something brings the manifest `name` to a folder above `directory`, where the tool looks for it as well.
    fn may_be_above(&self, directory: &str, name: &str) -> bool {
        let (cx, stage) = (self.sink.cx, self.sink.stage);
        let brings = |at: usize, path: &str| match &cx.facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => match Copied::read(cx, at) {
                Ok(Some(copied)) => copied.origins(path).next().is_some(),
                _ => Region::new(cx.facts.destination(at, transfer)).meets(&Region::new(path)),
            },
            _ => cx.facts.run(at).is_some_and(|run| {
                let writes = &run.effects.writes;
                matches!(writes, Extent::Regions(_)) && writes.meets(&Region::new(path))
            }),
        };
        let before = || {
            let bodies = cx
                .facts
                .ancestry(stage)
                .flat_map(|stage| stage.body.clone());
            bodies.filter(|at| *at < self.at)
        };
        let mut folder = directory;
        while folder != "/" {
            folder = parent(folder);
            let path = join(folder, name);
            if before().any(|at| brings(at, &path)) {
                return true;
            }
        }
        false
    }

    /// The command that fetches, with the settings of the same program in front of it. `None` when something else comes
    /// first.
    fn command(&self) -> Option<String> {
        let (before, step) = (self.before(), self.step());
        if !self.prefetch.command.is_empty() {
            let is_state =
                |step: &Step<'_>| matches!(step.does(), Some(Does::ShellState | Does::Nothing));
            let is_first = before.iter().all(is_state);
            return is_first.then(|| self.prefetch.command.clone());
        }
        let is_setting = |other: &Step<'_>| {
            other.does() == Some(Does::Files) && super::program(other) == super::program(step)
        };
        let is_list = self.nth == 0 || self.run.and_list().is_some();
        let is_plain = is_list && before.iter().all(is_setting);
        let commands = before.iter().chain([step]).map(|step| self.text(step));
        let mut words = vec![commands.collect::<Vec<_>>().join(" && ")];
        let is_new = |option: &&String| step.args.iter().all(|arg| arg.known() != option.as_str());
        words.extend(self.prefetch.with.iter().filter(is_new).cloned());
        is_plain.then(|| words.join(" "))
    }
}

impl<'t> Way<'t> {
    /// The way that the tables know for `build`.
    pub(super) fn of(build: &Build<'_, 't>) -> Option<Self> {
        match (&build.prefetch.instead, &build.prefetch.compile) {
            (Some(instead), _) => Self::of_another(build, instead),
            (_, Some(compile)) => Self::without_sources(build, compile),
            _ => {
                let seen = build.worthy().map(Reads::Listed);
                let reads = seen.or_else(|| {
                    let directory = build.step().directory()?;
                    Some(Reads::Unseen(directory, build.unseen()?))
                });
                Some(Self::new(vec![build.command()?], reads?))
            }
        }
    }

    fn new(commands: Vec<String>, reads: Reads<'t>) -> Self {
        Self {
            title: format!("`{}`", commands.join(" && ")),
            commands,
            reads,
            repeats: Vec::new(),
            assumes: Vec::new(),
            unfit: None,
            saves: "fetches",
        }
    }

    /// The step itself, without the sources.
    fn without_sources(build: &Build<'_, 't>, compile: &Compile) -> Option<Self> {
        let listed = build.worthy()?;
        let compiled = stand_ins::compiled(build, compile, &listed)?;
        let reads = Reads::Listed(listed);
        Some(match compiled {
            Ok(compiled) => Self {
                title: format!("`{}` of nothing but the dependencies", compiled.build),
                assumes: compiled.assumes,
                saves: "compiles",
                ..Self::new(compiled.commands, reads)
            },
            Err(reason) => Self {
                unfit: Some(reason),
                ..Self::new(Vec::new(), reads)
            },
        })
    }

    /// Another command of the tool.
    fn of_another(build: &Build<'_, 't>, instead: &Instead) -> Option<Self> {
        let (sink, at, step) = (build.sink, build.at, build.step());
        if !step.assigns.is_empty() {
            return None;
        }
        let preparation = Preparation::of(build)?;
        let (command, step) = instead::composed(sink, at, step, instead)?;
        let commands = preparation.commands.into_iter().chain([command]);
        Some(Self {
            repeats: preparation.repeats,
            ..Self::new(commands.collect(), Reads::Command(Box::new(step)))
        })
    }
}

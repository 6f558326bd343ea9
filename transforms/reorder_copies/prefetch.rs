//! A step that fetches or compiles the dependencies of a build, so that the copy can stay in front of the build.

use crate::analysis::runs::{Run, Step};
use crate::context::{BuildContext, in_folder};
use crate::knowledge::pattern::Pattern;
use crate::knowledge::tools::{Action, Does, Instead, Prefetch};
use crate::transform::Refusal;

use super::artefacts;
use super::instead::{self, Preparation};
use super::manifests::{self, Manifest, Needed, Request, brought_before, resolve};
use super::sink::{Crossing, Fetched, Sink};
use super::stand_ins::{self, Compiled, Site};

/// A step to put in front of a copy.
pub(super) struct Fetch<'t> {
    prefetch: &'t Prefetch,
    /// The build, and its instruction.
    step: &'t Step<'t>,
    at: usize,
    way: Way<'t>,
    /// Why the build itself cannot come first.
    why_not: String,
}

/// What the step does.
struct Way<'t> {
    commands: Vec<String>,
    reads: Reads<'t>,
    /// The instructions behind the copy that the commands repeat.
    repeats: Vec<usize>,
    /// What is taken for granted, besides what the table says.
    assumes: Vec<String>,
    /// Why it would not serve.
    unfit: Option<String>,
    /// How messages call it.
    title: String,
    /// What a change to the source no longer does to the dependencies.
    saves: &'static str,
}

/// What the step reads.
enum Reads<'t> {
    /// The manifests that the table lists.
    Listed(Listed),
    /// What this command does, which is another one of the same tool.
    Command(Box<Step<'t>>),
}

/// The manifests of a build.
struct Listed {
    options: Vec<String>,
    directory: String,
    /// The first, in the context.
    origin: String,
}

impl<'t> Fetch<'t> {
    /// What the build in the `RUN` at `at` could have fetched or compiled before the copy. Only with the context at hand:
    /// what it needs must exist.
    pub(super) fn wanted(sink: &Sink<'t>, at: usize) -> Option<Self> {
        let run = sink.cx.facts.runs[at].as_ref()?;
        let context = sink.cx.context?;
        let nth = run.steps.iter().position(fetches)?;
        let step = &run.steps[nth];
        let prefetch = action(step)?.prefetch.as_ref()?;
        let way = match (&prefetch.instead, &prefetch.compile) {
            (Some(instead), _) => Way::of_another(sink, at, (run, nth), instead)?,
            (_, Some(compile)) => {
                let listed = listed(sink, context, prefetch, at, step)?;
                let origin = listed.origin.clone();
                let site = Site {
                    sink,
                    context,
                    at,
                    run,
                    step,
                    origin,
                };
                match site.compiled(compile)? {
                    Ok(compiled) => Way::compiling(compiled, listed),
                    Err(reason) => Way {
                        unfit: Some(reason),
                        ..Way::new(Vec::new(), Reads::Listed(listed))
                    },
                }
            }
            _ => {
                let listed = listed(sink, context, prefetch, at, step)?;
                let commands = vec![command(sink, at, run, nth)?];
                Way::new(commands, Reads::Listed(listed))
            }
        };
        let is_plain = sink.cx.facts.views[at].flags.is_empty()
            && step.directory()? == sink.cx.facts.states[at].workdir;
        let is_new = !is_fetched_before(sink, &way, prefetch, step);
        (is_plain && is_new).then(|| Self {
            prefetch,
            step,
            at,
            way,
            why_not: step.needs_source().unwrap_or_default().to_owned(),
        })
    }

    /// The way past the build: the copy stays in front of it, and the step that fetches comes first.
    pub(super) fn before(self, sink: &Sink<'_>) -> Result<Crossing, Refusal> {
        let needed = match &self.way.reads {
            Reads::Command(step) => self.for_command(sink, step)?,
            Reads::Listed(listed) => self.for_manifests(sink, listed)?,
        };
        if let Some(reason) = &self.way.unfit {
            let message = format!(
                "{}; empty ones cannot stand in for them: {reason}",
                self.why_not
            );
            return Err(sink.refuse(self.at, "needs-source", &message));
        }
        let fetches_all = self.prefetch.with.is_empty() && self.prefetch.compile.is_none();
        let more = match &self.way.reads {
            Reads::Listed(Listed { origin, .. }) if fetches_all => Some(format!(
                "everything that {origin} names can be downloaded, whether the build needs it or not"
            )),
            _ => None,
        };
        let assumes = needed.assumes.into_iter().chain(self.way.assumes);
        let assumes = assumes.chain(self.prefetch.assumes.iter().cloned());
        let mut crossing = Crossing {
            gain: true,
            assumes: assumes.chain(more).collect(),
            prefetch: Some(Fetched {
                title: self.way.title,
                commands: self.way.commands,
                saves: self.way.saves,
            }),
            repeats: self.way.repeats,
            leaves: needed.leaves,
            manifests: needed.paths,
            elsewhere: needed.elsewhere,
            because: needed.because,
            ..Crossing::default()
        };
        if self.prefetch.compile.is_some() {
            artefacts::keep_all(sink, self.at, self.step, &mut crossing)?;
        }
        Ok(crossing)
    }
}

impl<'t> Way<'t> {
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

    /// The step itself, without the source.
    fn compiling(compiled: Compiled, listed: Listed) -> Self {
        Self {
            title: format!("`{}` of nothing but the dependencies", compiled.build),
            assumes: compiled.assumes,
            saves: "compiles",
            ..Self::new(compiled.commands, Reads::Listed(listed))
        }
    }

    /// Another command of the tool, for step `nth` of `run`, which is instruction `at`.
    fn of_another(
        sink: &Sink<'t>,
        at: usize,
        (run, nth): (&Run<'_>, usize),
        instead: &Instead,
    ) -> Option<Self> {
        if !run.steps[nth].assigns.is_empty() {
            return None;
        }
        let preparation = Preparation::of(sink, at, run, nth)?;
        let (command, step) = instead::composed(sink, at, &run.steps[nth], instead)?;
        let commands = preparation.commands.into_iter().chain([command]);
        Some(Self {
            repeats: preparation.repeats,
            ..Self::new(commands.collect(), Reads::Command(Box::new(step)))
        })
    }
}

impl Fetch<'_> {
    /// What `command` needs.
    ///
    /// # Errors
    /// When it would not fetch what the build does.
    fn for_command(&self, sink: &Sink<'_>, command: &Step<'_>) -> Result<Needed, Refusal> {
        // What is repeated comes first, and then nothing is in between.
        let from = self.way.repeats.first().copied().unwrap_or(self.at);
        let needed = manifests::needed(sink, from, command)?;
        if !needed.reads_any {
            return Err(sink.refuse(self.at, "needs-source", &self.why_not));
        }
        Ok(needed)
    }

    /// What a command needs that reads the manifests which the table lists.
    ///
    /// # Errors
    /// When they lead to more of the project.
    fn for_manifests(&self, sink: &Sink<'_>, listed: &Listed) -> Result<Needed, Refusal> {
        let directory = &listed.directory;
        let names = self.prefetch.manifests.iter();
        let request = Request {
            at: self.at,
            manifests: names
                .map(|name| Manifest::listed(directory, name))
                .collect(),
            patterns: &[],
            needs_one: false,
            options: listed.options.clone(),
            directory: directory.clone(),
        };
        resolve(sink, &request)
    }
}

/// The manifests that `prefetch` lists for `step`, if they are worth a step of their own.
fn listed(
    sink: &Sink<'_>,
    context: &BuildContext,
    prefetch: &Prefetch,
    at: usize,
    step: &Step<'_>,
) -> Option<Listed> {
    let directory = step.directory()?;
    let first = Manifest::listed(&directory, prefetch.manifests.first()?);
    let origin = origin(sink, context, at, &first)?;
    let text = context.read(&origin)?;
    let asks = |pattern: &Pattern| text.lines().any(|line| pattern.is_match(line));
    let folder = origin.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |name: &String| context.has(&in_folder(folder, name));
    let stand_ins = step.invocation.as_ref()?.tool.stand_ins.as_ref();
    let is_worth = match (
        &prefetch.when,
        stand_ins.filter(|_| prefetch.compile.is_some()),
    ) {
        (_, Some(table)) => stand_ins::has_dependencies(table, &text),
        (when, None) => when.as_ref().is_none_or(asks),
    };
    let options = step.invocation.iter().flat_map(|own| &own.options);
    let options = options.map(|option| option.name.clone());
    (is_worth && !prefetch.unless.iter().any(beside)).then(|| Listed {
        options: options.chain(prefetch.with.iter().cloned()).collect(),
        directory,
        origin,
    })
}

/// Whether it can be seen that the build at `at` has no dependencies to compile.
pub(super) fn has_nothing_to_compile(sink: &Sink<'_>, at: usize, step: &Step<'_>) -> bool {
    let compiles = || {
        let prefetch = action(step)?.prefetch.as_ref()?;
        let table = step.invocation.as_ref()?.tool.stand_ins.as_ref()?;
        let first = Manifest::listed(&step.directory()?, prefetch.manifests.first()?);
        let context = sink.cx.context?;
        let text = context.read(&origin(sink, context, at, &first)?)?;
        Some(stand_ins::has_dependencies(table, &text))
    };
    compiles() == Some(false)
}

/// Where the context has `manifest` of instruction `at`, which this copy or an earlier one brings.
fn origin(
    sink: &Sink<'_>,
    context: &BuildContext,
    at: usize,
    manifest: &Manifest,
) -> Option<String> {
    let here = sink.copied.brings(Some(context), manifest.path());
    here.or_else(|| brought_before(sink, context, at, manifest.path()))
}

fn fetches(step: &Step<'_>) -> bool {
    action(step).is_some_and(|action| action.prefetch.is_some())
}

/// The command that fetches for step `nth` of `run`, with the settings of the same program in front of it. `None`
/// when something else comes first.
fn command(sink: &Sink<'_>, at: usize, run: &Run<'_>, nth: usize) -> Option<String> {
    let (before, step) = (&run.steps[..nth], &run.steps[nth]);
    let prefetch = step.invocation.as_ref()?.action.prefetch.as_ref()?;
    if !prefetch.command.is_empty() {
        let is_first = before
            .iter()
            .all(|step| matches!(step.does(), Some(Does::ShellState | Does::Nothing)));
        return is_first.then(|| prefetch.command.clone());
    }
    let is_setting = |other: &Step<'_>| {
        other.does() == Some(Does::Files) && super::program(other) == super::program(step)
    };
    let is_plain = (nth == 0 || run.and_list().is_some()) && before.iter().all(is_setting);
    let text = |step: &Step<'_>| {
        let words = sink.cx.facts.views[at].text(step.span).split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    let mut words: Vec<String> = vec![
        run.steps[..=nth]
            .iter()
            .map(text)
            .collect::<Vec<_>>()
            .join(" && "),
    ];
    let is_new = |option: &&String| step.args.iter().all(|arg| arg.known() != option.as_str());
    words.extend(prefetch.with.iter().filter(is_new).cloned());
    is_plain.then(|| words.join(" "))
}

/// Whether the stage, or one that it is built on, does the same before the copy already, or in a step that the copy has
/// passed: it runs the commands, or builds with the same tool.
fn is_fetched_before(
    sink: &Sink<'_>,
    way: &Way<'_>,
    prefetch: &Prefetch,
    build: &Step<'_>,
) -> bool {
    let facts = sink.cx.facts;
    let passed = sink.passed.iter().map(|crossing| crossing.index);
    let own = (sink.stage.from..sink.copied.index).chain(passed);
    let below = facts.ancestry(sink.stage).skip(1);
    let mut before = own.chain(below.flat_map(|stage| stage.body.clone()));
    let tool = build.invocation.as_ref().map(|own| &own.tool.id);
    let does_the_same = |step: &Step<'_>| {
        let own = step.invocation.as_ref();
        let is_same_tool = own.is_some_and(|own| Some(&own.tool.id) == tool);
        match &way.reads {
            Reads::Command(_) => is_same_tool,
            // Whatever it did there, unless it installed a program of its own: `cargo chef cook`, `cargo new`.
            Reads::Listed(_) if prefetch.compile.is_some() => {
                super::program(step) == super::program(build)
                    && step.does() != Some(Does::InstallDependencies)
            }
            Reads::Listed(_) => false,
        }
    };
    let commands = way.commands.join(" && ");
    before.any(|at| {
        let view = &facts.views[at];
        let run = facts.runs[at].as_ref();
        run.is_some_and(|run| {
            !commands.is_empty() && view.text(run.body).contains(&commands)
                || run.steps.iter().any(does_the_same)
        })
    })
}

fn action<'s>(step: &'s Step<'_>) -> Option<&'s Action> {
    step.invocation.as_ref().map(|invocation| invocation.action)
}

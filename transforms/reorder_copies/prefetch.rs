//! A step that fetches the dependencies of a build, so that the copy can stay in front of the build.

use crate::analysis::runs::{Run, Step};
use crate::context::{BuildContext, in_folder};
use crate::knowledge::pattern::Pattern;
use crate::knowledge::tools::{Action, Does, Prefetch};
use crate::transform::Refusal;

use super::instead::{self, Preparation};
use super::manifests::{self, Manifest, Needed, Request, resolve};
use super::sink::{Crossing, Sink};

/// A step to put in front of a copy.
pub(super) struct Fetch<'t> {
    prefetch: &'t Prefetch,
    /// The command.
    command: String,
    /// The build.
    at: usize,
    /// The instructions behind the copy that the command repeats.
    repeats: Vec<usize>,
    reads: Reads<'t>,
    /// Why the build itself cannot come first.
    why_not: String,
}

/// What the step reads.
enum Reads<'t> {
    /// The manifests that the table lists, of which the first is `origin` in the context.
    Listed {
        options: Vec<String>,
        directory: String,
        origin: String,
    },
    /// What this command does, which is another one of the same tool.
    Command(Box<Step<'t>>),
}

impl<'t> Fetch<'t> {
    /// What the build in the `RUN` at `at` could have fetched before the copy. Only with the context at hand: what it needs
    /// must exist.
    pub(super) fn wanted(sink: &Sink<'t>, at: usize) -> Option<Self> {
        let run = sink.cx.facts.runs[at].as_ref()?;
        let context = sink.cx.context?;
        let nth = run.steps.iter().position(fetches)?;
        let step = &run.steps[nth];
        let prefetch = action(step)?.prefetch.as_ref()?;
        let mut repeats = Vec::new();
        let (command, reads) = match &prefetch.instead {
            None => (
                command(sink, at, run, nth)?,
                listed(sink, context, prefetch, step)?,
            ),
            Some(instead) => {
                let preparation = Preparation::of(sink, at, run, nth)?;
                let (command, step) = instead::composed(sink, at, step, instead)?;
                repeats = preparation.repeats;
                let commands = preparation.commands.into_iter().chain([command]);
                let commands: Vec<String> = commands.collect();
                (commands.join(" && "), Reads::Command(Box::new(step)))
            }
        };
        let is_plain = sink.cx.facts.views[at].flags.is_empty()
            && step.directory()? == sink.cx.facts.states[at].workdir;
        let is_new = !is_fetched_before(sink, &command, &reads, step);
        (is_plain && is_new).then(|| Self {
            prefetch,
            command,
            at,
            repeats,
            reads,
            why_not: step.needs_source().unwrap_or_default().to_owned(),
        })
    }

    /// The way past the build: the copy stays in front of it, and the step that fetches comes first.
    pub(super) fn before(self, sink: &Sink<'_>) -> Result<Crossing, Refusal> {
        let mut assumes = self.prefetch.assumes.clone();
        let needed = match &self.reads {
            Reads::Command(step) => self.for_command(sink, step)?,
            Reads::Listed {
                options,
                directory,
                origin,
            } => {
                if self.prefetch.with.is_empty() {
                    assumes.push(format!(
                        "everything that {origin} names can be downloaded, whether the build needs it or not"
                    ));
                }
                let listed = |name: &String| Manifest::listed(directory, name);
                let request = Request {
                    at: self.at,
                    manifests: self.prefetch.manifests.iter().map(listed).collect(),
                    patterns: &[],
                    needs_one: false,
                    options: options.clone(),
                    directory: directory.clone(),
                };
                resolve(sink, &request)?
            }
        };
        Ok(Crossing {
            gain: true,
            prefetch: Some(self.command),
            repeats: self.repeats,
            leaves: needed.leaves,
            because: needed.because,
            assumes: needed.assumes.into_iter().chain(assumes).collect(),
            ..Crossing::default()
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
        let from = self.repeats.first().copied().unwrap_or(self.at);
        let needed = manifests::needed(sink, from, command)?;
        if !needed.reads_any {
            return Err(sink.refuse(self.at, "needs-source", &self.why_not));
        }
        Ok(needed)
    }
}

/// The manifests that `prefetch` lists for `step`, if they are worth a step of their own.
fn listed<'t>(
    sink: &Sink<'_>,
    context: &BuildContext,
    prefetch: &Prefetch,
    step: &Step<'_>,
) -> Option<Reads<'t>> {
    let directory = step.directory()?;
    let first = Manifest::listed(&directory, prefetch.manifests.first()?);
    let origin = sink.copied.brings(Some(context), first.path())?;
    let text = context.read(&origin)?;
    let asks = |pattern: &Pattern| text.lines().any(|line| pattern.is_match(line));
    let folder = origin.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |name: &String| context.has(&in_folder(folder, name));
    let is_worth = prefetch.when.as_ref().is_none_or(asks);
    let options = step.invocation.iter().flat_map(|own| &own.options);
    let options = options.map(|option| option.name.clone());
    (is_worth && !prefetch.unless.iter().any(beside)).then(|| Reads::Listed {
        options: options.chain(prefetch.with.iter().cloned()).collect(),
        directory,
        origin,
    })
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

/// Whether the stage, or one that it is built on, does the same as `command` or builds with the same tool before the copy
/// already, or in a step that the copy has passed.
fn is_fetched_before(sink: &Sink<'_>, command: &str, reads: &Reads<'_>, build: &Step<'_>) -> bool {
    let facts = sink.cx.facts;
    let passed = sink.passed.iter().map(|crossing| crossing.index);
    let own = (sink.stage.from..sink.copied.index).chain(passed);
    let below = facts.ancestry(sink.stage).skip(1);
    let mut before = own.chain(below.flat_map(|stage| stage.body.clone()));
    let tool = build.invocation.as_ref().map(|own| &own.tool.id);
    let is_command = matches!(reads, Reads::Command(_));
    let does_the_same = |step: &Step<'_>| {
        let own = step.invocation.as_ref();
        is_command && own.is_some_and(|own| Some(&own.tool.id) == tool)
    };
    before.any(|at| {
        let view = &facts.views[at];
        let run = facts.runs[at].as_ref();
        run.is_some_and(|run| {
            view.text(run.body).contains(command) || run.steps.iter().any(does_the_same)
        })
    })
}

fn action<'s>(step: &'s Step<'_>) -> Option<&'s Action> {
    step.invocation.as_ref().map(|invocation| invocation.action)
}

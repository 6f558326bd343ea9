//! A step that fetches the dependencies of a build, so that the copy can stay in front of the build.

use crate::analysis::runs::{Run, Step};
use crate::context::in_folder;
use crate::knowledge::tools::{Does, Prefetch};
use crate::transform::Refusal;

use super::manifests::{Manifest, Request, resolve};
use super::sink::{Crossing, Sink};
use crate::knowledge::pattern::Pattern;

/// A step to put in front of a copy.
pub(super) struct Fetch<'t> {
    prefetch: &'t Prefetch,
    /// The command.
    command: String,
    /// The options of the build.
    options: Vec<String>,
    /// The build.
    at: usize,
    /// The folder in which it works.
    directory: String,
    /// The first of its manifests, in the context.
    origin: String,
}

impl<'t> Fetch<'t> {
    /// What the build in `run` could have fetched before the copy. Only with the context at hand:
    /// what it needs must exist.
    pub(super) fn wanted(sink: &Sink<'_>, at: usize, run: &Run<'t>) -> Option<Self> {
        let context = sink.cx.context?;
        let nth = run.steps.iter().position(|step| fetches(step))?;
        let step = &run.steps[nth];
        let invocation = step.invocation.as_ref()?;
        let prefetch = invocation.action.prefetch.as_ref()?;
        let command = command(sink, at, run, nth)?;
        let directory = step.directory()?;
        let is_plain = sink.cx.facts.views[at].flags.is_empty()
            && directory == sink.cx.facts.states[at].workdir;
        let first = Manifest::listed(&directory, prefetch.manifests.first()?);
        let origin = sink.copied.brings(Some(context), first.path())?;
        let text = context.read(&origin)?;
        let asks = |pattern: &Pattern| text.lines().any(|line| pattern.is_match(line));
        let is_worth = prefetch.when.as_ref().is_none_or(asks);
        let folder = origin.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = |name: &String| context.has(&in_folder(folder, name));
        let is_settled = prefetch.unless.iter().any(beside) || is_fetched_before(sink, &command);
        let options = invocation.options.iter().map(|option| option.name.clone());
        (is_plain && is_worth && !is_settled).then(|| Self {
            prefetch,
            command,
            options: options.chain(prefetch.with.iter().cloned()).collect(),
            at,
            directory,
            origin,
        })
    }

    /// The way past the build: the copy stays in front of it, and the step that fetches comes first.
    pub(super) fn before(self, sink: &Sink<'_>) -> Result<Crossing, Refusal> {
        let listed = |name: &String| Manifest::listed(&self.directory, name);
        let request = Request {
            at: self.at,
            manifests: self.prefetch.manifests.iter().map(listed).collect(),
            patterns: &[],
            needs_one: false,
            options: self.options.clone(),
            directory: self.directory.clone(),
        };
        let needed = resolve(sink, &request)?;
        let mut assumes = needed.assumes;
        assumes.extend(self.prefetch.assumes.iter().cloned());
        if self.prefetch.with.is_empty() {
            assumes.push(format!(
                "everything that {} names can be downloaded, whether the build needs it or not",
                self.origin
            ));
        }
        Ok(Crossing {
            gain: true,
            prefetch: Some(self.command),
            leaves: needed.leaves,
            because: needed.because,
            assumes,
            ..Crossing::default()
        })
    }
}

fn fetches(step: &Step<'_>) -> bool {
    let action = step.invocation.as_ref().map(|invocation| invocation.action);
    action.is_some_and(|action| action.prefetch.is_some())
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

/// Whether the stage fetches before the copy already, or in a step that the copy has passed.
fn is_fetched_before(sink: &Sink<'_>, command: &str) -> bool {
    let passed = sink.passed.iter().map(|crossing| crossing.index);
    let mut before = (sink.stage.from..sink.copied.index).chain(passed);
    before.any(|at| {
        let view = &sink.cx.facts.views[at];
        let run = sink.cx.facts.runs[at].as_ref();
        run.is_some_and(|run| view.text(run.body).contains(command))
    })
}

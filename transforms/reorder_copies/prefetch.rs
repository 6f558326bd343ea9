//! A step that fetches or compiles the dependencies of a build, so that the copy can stay in front of the build.

use crate::analysis::runs::Step;
use crate::knowledge::tools::{Does, Prefetch, Unseen};
use crate::transform::Refusal;

use super::artefacts;
use super::manifests::{self, Manifest, Needed, Request, resolve};
use super::sink::{Crossing, Fetched, Sink};
use super::way::{Build, Listed, Reads, Way};

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

impl<'t> Fetch<'t> {
    /// What the build in the `RUN` at `at` could have fetched or compiled before the copy.
    pub(super) fn wanted(sink: &Sink<'t>, at: usize) -> Option<Self> {
        let build = Build::at(sink, at)?;
        let way = Way::of(&build)?;
        let (step, prefetch) = (build.step(), build.prefetch);
        let entry = build.entry()?;
        let is_plain = sink.cx.facts.views[at].flags.is_empty();
        let is_new = !is_fetched_before(sink, &way, prefetch, step);
        let commands = entry.into_iter().chain(way.commands).collect();
        (is_plain && is_new).then(|| Self {
            prefetch,
            step,
            at,
            way: Way { commands, ..way },
            why_not: step.needs_source().unwrap_or_default().to_owned(),
        })
    }

    /// The way past the build: the copy stays in front of it, and the step that fetches comes first.
    pub(super) fn before(self, sink: &Sink<'_>) -> Result<Crossing, Refusal> {
        let needed = match &self.way.reads {
            Reads::Command(step) => self.for_command(sink, step)?,
            Reads::Listed(listed) => self.for_manifests(sink, listed)?,
            Reads::Unseen(directory, unseen) => self.for_unseen(sink, directory, unseen)?,
        };
        if let Some(reason) = &self.way.unfit {
            let message = format!(
                "{}; empty ones cannot stand in for them: {reason}",
                self.why_not
            );
            return Err(sink.refuse(self.at, "needs-source", &message));
        }
        let fetches_all = self.prefetch.with.is_empty() && self.prefetch.compile.is_none();
        let origin = match &self.way.reads {
            Reads::Listed(listed) => Some(&listed.origin),
            Reads::Unseen(..) => self.prefetch.manifests.first(),
            Reads::Command(_) => None,
        };
        let more = origin.filter(|_| fetches_all).map(|origin| {
            format!(
                "everything that {origin} names can be downloaded, whether the build needs it or not"
            )
        });
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
    fn for_manifests(&self, sink: &Sink<'_>, listed: &Listed<'_>) -> Result<Needed, Refusal> {
        let options = listed.options.clone();
        resolve(sink, &self.request(&listed.directory, &[], options))
    }

    /// The same in `directory` where the context is not at hand.
    fn for_unseen(
        &self,
        sink: &Sink<'_>,
        directory: &str,
        unseen: &Unseen,
    ) -> Result<Needed, Refusal> {
        let mut needed = resolve(sink, &self.request(directory, &unseen.copies, Vec::new()))?;
        needed.assumes.extend(unseen.assumes.iter().cloned());
        Ok(needed)
    }

    fn request<'r>(
        &self,
        directory: &str,
        patterns: &'r [String],
        options: Vec<String>,
    ) -> Request<'r> {
        let names = self.prefetch.manifests.iter();
        Request {
            at: self.at,
            manifests: names
                .map(|name| Manifest::listed(directory, name))
                .collect(),
            patterns,
            needs_one: false,
            options,
            directory: directory.to_owned(),
        }
    }
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
            // With whatever else its author, or another rewrite, has told it.
            Reads::Listed(_) | Reads::Unseen(..) => {
                is_same_tool && leaves_project_out(step, prefetch)
            }
        }
    };
    let commands = way.commands.join(" && ");
    before.any(|at| {
        let text = facts.run(at).map_or("", |run| facts.written(at, run.body));
        let has_words = |step: &Step<'_>| has_words_of(step, &commands);
        !commands.is_empty() && text.contains(&commands)
            || facts.steps(at).iter().any(has_words)
            || facts.steps(at).iter().any(does_the_same)
    })
}

/// Whether `step` has the options with which the tool leaves the project out.
fn leaves_project_out(step: &Step<'_>, prefetch: &Prefetch) -> bool {
    let has = |option: &String| step.args.iter().any(|arg| arg.known() == option.as_str());
    !prefetch.with.is_empty() && prefetch.with.iter().all(has)
}

/// Whether `step` is `command` with its options in another order, as people write them.
fn has_words_of(step: &Step<'_>, command: &str) -> bool {
    let mut own: Vec<&str> = step.words().collect();
    let mut words: Vec<&str> = command.split_whitespace().collect();
    own.sort_unstable();
    words.sort_unstable();
    !words.is_empty() && own == words
}

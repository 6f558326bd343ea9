//! Facts about a Dockerfile, computed once for a text and then only read.
//!
//! | module | facts |
//! |---|---|
//! | [`stages`] | the stages, and what each is built on |
//! | [`state`] | user, working directory, shell and variables before each instruction |
//! | [`runs`] | the commands of each `RUN` |
//! | [`commands`] | command lines, recognised through the tables |
//! | [`effects`], [`paths`] | the paths that are read and written |
//! | [`sources`] | whether a copy brings a file or a folder |
//! | [`named`] | the paths of the build context that must be there |
//! | [`mounts`] | what `RUN --mount` mounts |
//! | [`launch`] | the programs that a container starts |
//! | [`rebuild`] | which steps run again after a change |
//! | [`runtime`] | the configuration with which a container starts |

mod builder;
pub mod commands;
pub mod effects;
pub mod launch;
pub mod mounts;
pub mod named;
pub mod own_paths;
pub mod paths;
pub mod rebuild;
pub mod runs;
pub mod runtime;
pub mod shell_variables;
pub mod sources;
pub mod stages;
pub mod state;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::knowledge::Knowledge;
use crate::knowledge::images::{Image, ImageRef};
use crate::knowledge::tools::Does;
use crate::project::{Use, started_by_comments};
use crate::syntax::{Dockerfile, Expander, Kind, Span, Transfer, View, Word};

use effects::Areas;
use runs::{Run, Step};
use stages::{Base, Stage};
use state::State;

/// What a build is given besides its context.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Given {
    /// The values of arguments, in place of their defaults.
    pub arguments: BTreeMap<String, String>,
    /// Names that mean another context, instead of the image or the stage of that name.
    pub named_contexts: Vec<String>,
}

/// Everything that is computed from one text.
pub struct Facts<'a> {
    /// The text.
    pub file: &'a Dockerfile<'a>,
    /// The typed view of every instruction.
    pub views: &'a [View<'a>],
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// The state before every instruction.
    pub states: Vec<State>,
    /// What every `RUN` does; `None` for other instructions.
    pub runs: Vec<Option<Rc<Run<'a>>>>,
    knowledge: &'a Knowledge,
    started: OnceCell<Vec<Use>>,
    /// What is known of the image that every stage stands on, through other stages.
    images: Vec<Option<Rc<Image<'a>>>>,
    areas: Rc<Areas<'a>>,
}

impl<'a> Facts<'a> {
    /// Computes the facts of `file`, with the help of the tables.
    #[must_use]
    pub fn new(file: &'a Dockerfile<'a>, knowledge: &'a Knowledge) -> Self {
        builder::build(file, knowledge, &Given::default(), None)
    }

    /// The same facts of `file`, which differs little from the text of these: a `RUN` that both have, and before which the
    /// state is the same, is not read again.
    #[must_use]
    pub fn of_other(&self, file: &'a Dockerfile<'a>, knowledge: &'a Knowledge) -> Self {
        builder::build(file, knowledge, &Given::default(), Some(self))
    }

    /// The facts of the same text for a build that is given something.
    #[must_use]
    pub fn given(&self, knowledge: &'a Knowledge, given: &Given) -> Self {
        builder::build(self.file, knowledge, given, Some(self))
    }

    /// The containers that its comments have people start.
    #[must_use]
    pub fn started(&self) -> &[Use] {
        let images = &self.knowledge.images;
        let is_foreign = |image: &str| images.lookup(&ImageRef::parse(image)).is_some();
        self.started
            .get_or_init(|| started_by_comments(self.file.text(), is_foreign))
    }

    /// The instruction with the same text as `view` and the same `state` before it, if there is one.
    #[must_use]
    pub fn same_as(&self, view: &View<'_>, state: &State) -> Option<usize> {
        let is_same = |at: &usize| {
            self.views[*at].logical.text == view.logical.text && self.states[*at] == *state
        };
        (0..self.views.len()).find(is_same)
    }

    /// The last stage: the image that a plain `docker build` makes.
    #[must_use]
    pub fn final_stage(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// The stage that instruction `index` belongs to; `None` for an `ARG` before the first `FROM`.
    #[must_use]
    pub fn stage_of(&self, index: usize) -> Option<&Stage> {
        let behind = self.stages.partition_point(|stage| stage.from <= index);
        self.stages[..behind].last()
    }

    /// What is known of the image that `stage` stands on, directly or through other stages.
    #[must_use]
    pub fn image(&self, stage: &Stage) -> Option<&Image<'a>> {
        self.images[stage.index].as_deref()
    }

    /// `stage`, and the stages that it is built on: the nearest first.
    pub fn ancestry<'f>(&'f self, stage: &'f Stage) -> impl Iterator<Item = &'f Stage> {
        std::iter::successors(Some(stage), |stage| match stage.base {
            Base::Stage(parent) => Some(&self.stages[parent]),
            _ => None,
        })
    }

    /// The stages that are built on `stage` or copy from it.
    pub fn users_of<'f>(&'f self, stage: &'f Stage) -> impl Iterator<Item = &'f Stage> {
        self.stages.iter().filter(move |other| {
            other.base == Base::Stage(stage.index)
                || other
                    .body
                    .clone()
                    .any(|at| self.source_stage(at) == Some(stage.index))
        })
    }

    /// The earlier stage that the `COPY --from` or `RUN --mount=from=` at `index` takes files from: of several with
    /// one name the last, as BuildKit has it.
    #[must_use]
    pub fn source_stage(&self, index: usize) -> Option<usize> {
        let here = self.stage_of(index)?.index;
        self.views[index].taken_from().find_map(|reference| {
            let mut earlier = self.stages[..here].iter();
            let stage = earlier.rfind(|stage| stage.is_named(reference))?;
            Some(stage.index)
        })
    }

    /// Where the copy at `index` puts what it brings: absolute, with the variables replaced whose values are known.
    #[must_use]
    pub fn destination(&self, index: usize, transfer: &Transfer) -> String {
        let dest = self.expanded(index, &transfer.dest);
        paths::join(&self.states[index].workdir, &dest)
    }

    /// Whether a copy above instruction `index` of the stage puts something below `path` of the image, with no `RUN` in
    /// between: then `path` is a folder there, and a file that is copied to it lands in it.
    #[must_use]
    pub fn is_folder_of_copy(&self, index: usize, path: &str) -> bool {
        let from = self.stage_of(index).map_or(index, |stage| stage.body.start);
        let above = self.views[from..index].iter().enumerate().rev();
        let mut above = above.take_while(|(_, view)| !matches!(view.kind, Kind::Run { .. }));
        above.any(|(nth, view)| {
            let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
                return false;
            };
            let dest = self.destination(from + nth, transfer);
            let is_into_folder = transfer.sources.len() > 1 || transfer.dest.raw.ends_with('/');
            let rest = paths::below(&dest, path);
            !transfer.dest.raw.contains('$')
                && rest.is_some_and(|rest| !rest.is_empty() || is_into_folder)
        })
    }

    /// Whether a step of the same stage in front of instruction `index` makes the folder `path`, and none may remove it.
    #[must_use]
    pub fn is_made_above(&self, index: usize, path: &str) -> bool {
        let from = self.stage_of(index).map_or(index, |stage| stage.body.start);
        let mut runs = (from..index).filter_map(|at| self.run(at)?.and_list());
        runs.any(|steps| steps.iter().any(|step| step.makes_folder(path)))
            && !(from..index).any(|at| self.steps(at).iter().any(|step| step.removes_folder(path)))
    }

    /// `word` of instruction `index` with its variables replaced; as it is written where one of them is not known.
    #[must_use]
    pub fn expanded(&self, index: usize, word: &Word) -> String {
        let expander = Expander::new(self.file.escape());
        builder::expand(&expander, &word.raw, &|name| self.states[index].known(name))
            .unwrap_or_else(|| word.raw.clone())
    }

    /// The state behind instruction `index` of a stage.
    #[must_use]
    pub fn state_behind(&self, index: usize) -> State {
        match self.stage_of(index) {
            Some(stage) if index + 1 == stage.body.end => self.state_after(stage),
            _ => self.states[index + 1].clone(),
        }
    }

    /// The state behind the last instruction of `stage`.
    #[must_use]
    pub fn state_after(&self, stage: &Stage) -> State {
        builder::state_after(self, stage)
    }

    /// What the `RUN` at `index` does, read from the here-document that is all of its script, if there is one; `None` where the
    /// instruction is no `RUN`.
    #[must_use]
    pub fn run(&self, index: usize) -> Option<&Run<'a>> {
        Some(self.runs[index].as_deref()?.as_read())
    }

    /// The script of the `RUN` at `index`, with the text in which the spans of its commands lie: its logical line, or the whole
    /// source where a here-document is all of the script.
    #[must_use]
    pub fn script(&self, index: usize) -> Option<(&Run<'a>, &str)> {
        let run = self.runs[index].as_deref()?;
        let text = match &run.document {
            Some(_) => self.file.text(),
            None => &self.views[index].logical.text,
        };
        Some((run.as_read(), text))
    }

    /// The commands of that script; none where it cannot be read, or where the instruction is no `RUN`.
    #[must_use]
    pub fn steps(&self, index: usize) -> &[Step<'a>] {
        self.run(index).map_or(&[], |run| &run.steps)
    }

    /// The same, and the commands in substitutions: all that the `RUN` at `index` starts.
    pub fn all_commands(&self, index: usize) -> impl Iterator<Item = &Step<'a>> {
        self.run(index).into_iter().flat_map(Run::all_commands)
    }

    /// Whether a command of `stage` does one of these things.
    #[must_use]
    pub fn does_any(&self, stage: &Stage, what: &[Does]) -> bool {
        let mut steps = stage.body.clone().flat_map(|at| self.steps(at));
        steps.any(|step| step.does().is_some_and(|does| what.contains(&does)))
    }

    /// A command of that script, or a word of it, as it is written.
    #[must_use]
    pub fn written(&self, index: usize, span: Span) -> &str {
        self.script(index).map_or("", |(_, text)| span.text(text))
    }

    /// A command of that script in one line; that of an array of words (`RUN ["make", "all"]`) as a script would have it.
    #[must_use]
    pub fn command(&self, index: usize, step: &Step<'_>) -> String {
        match self.run(index) {
            Some(run) if run.script.is_none() => step.as_script(),
            _ => {
                let words = self.written(index, step.span).split_whitespace();
                words.collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// The source range of a span of that script.
    #[must_use]
    pub fn script_source(&self, index: usize, span: Span) -> Span {
        match &self.runs[index] {
            Some(run) if run.document.is_some() => span,
            _ => self.source(index, span),
        }
    }

    /// The source range of a span of the logical line of instruction `index`.
    #[must_use]
    pub fn source(&self, index: usize, logical: Span) -> Span {
        self.views[index].logical.source(logical)
    }

    /// The source text of an instruction, heredocs included, without the final newline.
    #[must_use]
    pub fn source_text(&self, index: usize) -> &'a str {
        self.file.instructions()[index].span.text(self.file.text())
    }

    /// The whole lines of an instruction together with the comments directly above it.
    #[must_use]
    pub fn block(&self, index: usize) -> Span {
        let full = self.file.instructions()[index].full;
        self.file
            .leading_comments(index)
            .map_or(full, |comments| comments.cover(full))
    }

    /// Whether any stage declares or inherits build triggers.
    #[must_use]
    pub fn has_triggers(&self, stage: &Stage) -> bool {
        stage
            .body
            .clone()
            .any(|at| matches!(self.views[at].kind, Kind::Onbuild { .. }))
    }
}

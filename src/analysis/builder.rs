//! Computes [`Facts`] in one pass over the instructions.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::effects::Areas;
use super::paths::{UNKNOWN_WORKDIR, join};
use super::runs::Run;
use super::stages::{Base, Os, Stage};
use super::state::{Shell, State, Variable};
use super::{Facts, Given};
use crate::knowledge::Knowledge;
use crate::knowledge::images::{self, Image, ImageRef};
use crate::syntax::{Dockerfile, Expander, Form, Kind, Lookup, Pair, Transfer, View};

pub(super) fn build<'a>(
    file: &'a Dockerfile<'a>,
    knowledge: &'a Knowledge,
    given: &Given,
    known: Option<&Facts<'a>>,
) -> Facts<'a> {
    let views = file.views();
    let new_areas = || Rc::new(Areas::new(&knowledge.tools));
    let mut pass = Pass {
        file,
        knowledge,
        given,
        known: known.filter(|known| known.file.escape() == file.escape()),
        areas: known.map_or_else(new_areas, |known| Rc::clone(&known.areas)),
        globals: BTreeMap::new(),
        stages: Vec::new(),
        images: Vec::new(),
        finals: Vec::new(),
        states: Vec::with_capacity(views.len()),
        runs: Vec::with_capacity(views.len()),
        state: initial_state(),
    };
    for (index, view) in views.iter().enumerate() {
        pass.instruction(index, view);
    }
    pass.close_stage(views.len());
    let Pass {
        stages,
        images,
        states,
        runs,
        areas,
        ..
    } = pass;
    Facts {
        file,
        views,
        stages,
        states,
        runs,
        knowledge,
        started: OnceCell::new(),
        images,
        areas,
    }
}

pub(super) fn state_after(facts: &Facts<'_>, stage: &Stage) -> State {
    let last = stage.body.end - 1;
    let mut state = facts.states[last].clone();
    if last > stage.from {
        advance(
            &mut state,
            &facts.views[last],
            &Expander::new(facts.file.escape()),
            (&BTreeMap::new(), &BTreeMap::new()),
        );
    }
    state
}

fn initial_state() -> State {
    State {
        workdir: UNKNOWN_WORKDIR.to_owned(),
        user: None,
        shell: Shell::default_posix(),
        variables: Rc::default(),
        inherited: Rc::default(),
        environments: Rc::default(),
        downloads: Rc::default(),
        unknown_environment: true,
    }
}

struct Pass<'a, 'g> {
    file: &'a Dockerfile<'a>,
    knowledge: &'a Knowledge,
    given: &'g Given,
    /// The facts of a text that has much in common with this one.
    known: Option<&'g Facts<'a>>,
    areas: Rc<Areas<'a>>,
    /// `ARG`s before the first `FROM`.
    globals: BTreeMap<String, Variable>,
    stages: Vec<Stage>,
    images: Vec<Option<Rc<Image<'a>>>>,
    /// The state at the end of each closed stage.
    finals: Vec<State>,
    states: Vec<State>,
    runs: Vec<Option<Rc<Run<'a>>>>,
    state: State,
}

impl<'a> Pass<'a, '_> {
    fn instruction(&mut self, index: usize, view: &View<'a>) {
        if let Kind::From { image, alias, .. } = &view.kind {
            self.close_stage(index);
            self.open_stage(
                index,
                &image.raw,
                alias.as_ref().map(|alias| alias.raw.to_lowercase()),
            );
            self.states.push(self.state.clone());
            self.runs.push(None);
            return;
        }
        self.states.push(self.state.clone());
        let run = match &view.kind {
            Kind::Run { form } => Some(self.run(index, view, form)),
            _ => None,
        };
        if run.is_some() && calls_windows_shell(view) && !self.is_distribution() {
            self.state.shell = Shell::Windows;
            self.mark_windows();
        }
        if let Some(run) = &run {
            self.state.keep_downloads(|path| !run.changes(path));
        }
        self.runs.push(run);
        if self.stages.is_empty() {
            self.global_arg(view);
            return;
        }
        advance(
            &mut self.state,
            view,
            &Expander::new(self.file.escape()),
            (&self.globals, &self.given.arguments),
        );
        if self.state.shell == Shell::Windows {
            if self.is_distribution() {
                self.state.shell = Shell::Other;
            } else {
                self.mark_windows();
            }
        }
    }

    /// What the `RUN` at `index` does.
    fn run(&self, index: usize, view: &View<'a>, form: &Form) -> Rc<Run<'a>> {
        let heredocs = &self.file.instructions()[index].heredocs;
        let known = self.known.filter(|_| heredocs.is_empty());
        let same = known.and_then(|known| known.runs[known.same_as(view, &self.state)?].as_ref());
        if let Some(run) = same {
            return Rc::clone(run);
        }
        let (state, areas) = (&self.state, &*self.areas);
        let mut run = Run::new(view, form, !heredocs.is_empty(), state, areas);
        // `RUN <<EOF` and nothing else: the shell gets the document as its script.
        if let [document] = heredocs.as_slice()
            && view.text(view.body).starts_with("<<")
            && !view.text(view.body).contains(char::is_whitespace)
        {
            let text = self.file.text();
            run.document = Run::of_document(document.body, text, state, areas).map(Box::new);
            if let Some(document) = &run.document {
                run.effects = document.effects.clone();
            }
        }
        Rc::new(run)
    }

    /// Whether the stage is built on the image of a distribution: there is none for Windows, and `PowerShell` runs there too.
    /// The images of languages take another system on another host.
    fn is_distribution(&self) -> bool {
        let image = self.images.last().and_then(Option::as_ref);
        self.file.escape() != '`'
            && image.is_some_and(|image| image.distribution.is_some() && image.provides.is_none())
    }

    fn mark_windows(&mut self) {
        if let Some(stage) = self.stages.last_mut() {
            stage.os = Os::Windows;
        }
    }

    fn global_arg(&mut self, view: &View<'_>) {
        if let Kind::Arg { args } = &view.kind {
            for arg in args {
                let default = arg.default.as_ref().map(|word| word.raw.as_str());
                let given = self.given.arguments.get(&arg.name.raw).cloned();
                let default = default.and_then(|raw| {
                    expand(&Expander::new(self.file.escape()), raw, &|name| {
                        value(&self.globals, name)
                    })
                });
                self.globals
                    .insert(arg.name.raw.clone(), argument(given.or(default)));
            }
        }
    }

    fn close_stage(&mut self, end: usize) {
        if let Some(stage) = self.stages.last_mut() {
            stage.body.end = end;
            self.finals.push(self.state.clone());
        }
    }

    fn open_stage(&mut self, index: usize, reference: &str, name: Option<String>) {
        let is_replaced = name.as_deref().is_some_and(|name| self.is_replaced(name));
        let base = if is_replaced {
            Base::Unknown
        } else {
            self.base(reference)
        };
        let (image, os, state) = match &base {
            Base::Stage(parent) => (
                self.images[*parent].clone(),
                self.stages[*parent].os,
                self.finals[*parent].clone(),
            ),
            Base::Image(reference) => self.start_from(reference),
            Base::Scratch => {
                let state = State {
                    workdir: "/".to_owned(),
                    user: Some(String::new()),
                    unknown_environment: false,
                    ..initial_state()
                };
                (None, Os::Linux, state)
            }
            Base::Unknown => (None, Os::Unknown, initial_state()),
        };
        let os = if self.file.escape() == '`' {
            Os::Windows
        } else {
            os
        };
        self.state = state;
        if os == Os::Windows {
            self.state.shell = Shell::Windows;
        }
        self.images.push(image);
        self.stages.push(Stage {
            index: self.stages.len(),
            from: index,
            body: index + 1..index + 1,
            name,
            base,
            os,
        });
    }

    fn base(&self, raw: &str) -> Base {
        let Some(reference) = expand(&Expander::new(self.file.escape()), raw, &|name| {
            value(&self.globals, name)
        }) else {
            return Base::Unknown;
        };
        let lower = reference.to_lowercase();
        if let Some(stage) = self
            .stages
            .iter()
            .rev()
            .find(|stage| stage.name.as_deref() == Some(lower.as_str()))
        {
            return Base::Stage(stage.index);
        }
        match lower.as_str() {
            "" => Base::Unknown,
            _ if self.is_replaced(&reference) => Base::Unknown,
            "scratch" => Base::Scratch,
            _ => Base::Image(reference),
        }
    }

    /// Whether another context is put in the place of the image or the stage `name`.
    fn is_replaced(&self, name: &str) -> bool {
        let cut = |name| {
            let image = ImageRef::parse(name);
            (
                image.repository,
                image.tag.unwrap_or("latest"),
                image.digest,
            )
        };
        let mut contexts = self.given.named_contexts.iter();
        contexts.any(|context| cut(context) == cut(name))
    }

    /// What is known of the image `reference`: looked up once for all texts that have it.
    fn image(&self, reference: &str) -> Option<Rc<Image<'a>>> {
        let base = Base::Image(reference.to_owned());
        let is_same = |stage: &&Stage| stage.base == base;
        let known = self
            .known
            .and_then(|known| Some((known, known.stages.iter().find(is_same)?)));
        match known {
            Some((known, stage)) => known.images[stage.index].clone(),
            None => {
                let images = &self.knowledge.images;
                images.lookup(&ImageRef::parse(reference)).map(Rc::new)
            }
        }
    }

    fn start_from(&self, reference: &str) -> (Option<Rc<Image<'a>>>, Os, State) {
        let image = self.image(reference);
        let mut state = initial_state();
        let mut os = Os::Linux;
        if let Some(image) = &image {
            if image.os == images::Os::Windows {
                os = Os::Windows;
            }
            state.user = image.default_user.map(str::to_owned);
            if let Some(workdir) = image.workdir {
                workdir.clone_into(&mut state.workdir);
            }
            state.inherited = Rc::new(image.environment.clone());
        }
        (image, os, state)
    }
}

/// Applies one instruction to the state. Of an `ENV` and an `ARG` with one name the later counts, as `BuildKit` has it.
/// An `ARG` without a default changes nothing unless the build gives it a value.
fn advance(
    state: &mut State,
    view: &View<'_>,
    expander: &Expander,
    (globals, given): (&BTreeMap<String, Variable>, &BTreeMap<String, String>),
) {
    match &view.kind {
        Kind::Workdir(path) => {
            state.workdir = match expand(expander, &path.raw, &|name| state.known(name)) {
                Some(path) => join(&state.workdir, &path),
                // The variable may hold an absolute path.
                None => join(UNKNOWN_WORKDIR, &path.raw),
            };
        }
        Kind::User(user) => state.user = expand(expander, &user.raw, &|name| state.known(name)),
        Kind::Shell {
            form: Form::Exec(words),
        } => {
            let words: Vec<String> = words.iter().map(|word| word.value.clone()).collect();
            state.shell = Shell::from_words(&words);
        }
        Kind::Env { pairs, .. } => set_environment(state, pairs, expander),
        Kind::Copy(transfer) | Kind::Add(transfer) => copy(state, transfer, expander),
        Kind::Arg { args } => {
            for arg in args {
                let name = &arg.name.raw;
                let default = arg
                    .default
                    .as_ref()
                    .map(|word| expand(expander, &word.raw, &|name| state.known(name)));
                let value = match default {
                    _ if given.contains_key(name) => argument(given.get(name).cloned()),
                    Some(value) => argument(value),
                    None => match globals.get(name) {
                        Some(value) => value.clone(),
                        None => argument(state.value(name)),
                    },
                };
                Rc::make_mut(&mut state.variables).insert(name.clone(), value);
            }
        }
        _ => {}
    }
}

/// Remembers what is downloaded, and forgets what a copy may lie over.
fn copy(state: &mut State, transfer: &Transfer, expander: &Expander) {
    let known = |raw: &str| expand(expander, raw, &|name| state.known(name));
    let address = match transfer.sources.as_slice() {
        [only] => known(&only.raw).filter(|address| address.contains("://")),
        _ => None,
    };
    let dest = known(&transfer.dest.raw);
    state.overwrite(dest.as_deref(), address);
}

/// All values of one `ENV` see the variables as they were before it.
fn set_environment(state: &mut State, pairs: &[Pair], expander: &Expander) {
    let before = state.clone();
    let known = |name: &str| before.known(name);
    let variables = Rc::make_mut(&mut state.variables);
    for pair in pairs {
        let name = expand(expander, &pair.key.raw, &known).unwrap_or_else(|| pair.key.raw.clone());
        let value = match expand(expander, &pair.value.raw, &known) {
            Some(text) => Variable::Value {
                text,
                overridable: false,
            },
            None => Variable::Unknown,
        };
        if name == "PATH" {
            state.environments = environments(expander, &pair.value.raw, &known);
        }
        variables.insert(name, value);
    }
}

/// The folders in a `PATH` whose value may lean on that of the base image.
fn environments(
    expander: &Expander,
    raw: &str,
    known: &dyn Fn(&str) -> Option<String>,
) -> Rc<[String]> {
    let entries = raw
        .trim_matches('"')
        .split(':')
        .filter_map(|entry| expand(expander, entry, known));
    entries
        .filter_map(|entry| Some(entry.trim_end_matches('/').strip_suffix("/bin")?.to_owned()))
        .collect()
}

fn argument(value: Option<String>) -> Variable {
    value.map_or(Variable::Unknown, |text| Variable::Value {
        text,
        overridable: true,
    })
}

/// `raw` with its variables replaced; `None` when one of them is not known.
pub(super) fn expand(
    expander: &Expander,
    raw: &str,
    known: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let lookup = |name: &str| known(name).map_or(Lookup::Unknown, Lookup::Set);
    expander.expand(raw, &lookup).value()
}

fn value(variables: &BTreeMap<String, Variable>, name: &str) -> Option<String> {
    variables.get(name)?.known().map(str::to_owned)
}

/// A command line that only Windows runs, in a file that does not say otherwise.
fn calls_windows_shell(view: &View<'_>) -> bool {
    let text = view.body.text(&view.logical.text);
    let first = text
        .trim_start_matches(['[', '"', ' '])
        .split(|c: char| c.is_whitespace() || c == '"')
        .next();
    let program = first
        .unwrap_or_default()
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    matches!(
        program.trim_end_matches(".exe"),
        "powershell" | "pwsh" | "cmd"
    )
}

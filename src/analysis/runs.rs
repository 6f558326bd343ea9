//! What a `RUN` instruction does, command by command.

mod nested;
mod scripts;
mod walk;

use walk::Walk;

use super::commands::{Arg, Invocation};
use super::effects::{self, Areas, Effects};
use super::paths::{Extent, Region, below};
use super::state::State;
use crate::knowledge::tools::Does;
use crate::syntax::shell::{self, Command, Item, Script};
use crate::syntax::{Form, Span, View};

/// Why the commands of a `RUN` cannot be told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opaque {
    /// Another shell than a POSIX one reads it.
    Shell,
    /// It holds a here-document.
    Heredoc,
    /// No POSIX shell would accept it, or dfopt does not understand it.
    Unparsed,
}

/// A `RUN` instruction.
#[derive(Debug)]
pub struct Run<'a> {
    /// The script in the logical line; of an exec form, the JSON array.
    pub body: Span,
    /// The parsed script, with spans that start at `body.start`. `None` for exec and opaque forms.
    pub script: Option<Script>,
    /// Why `steps` are missing.
    pub opaque: Option<Opaque>,
    /// The here-document that is all of its script, read as one: its spans are those of the source.
    pub document: Option<Box<Self>>,
    /// Every simple command, at any depth, in source order.
    pub steps: Vec<Step<'a>>,
    /// Those in substitutions, which are no commands of the script itself: `git` in `echo $(git describe)`.
    pub substituted: Vec<Step<'a>>,
    /// What it reads and writes as a whole.
    pub effects: Effects,
    /// What of that belongs to none of the steps: redirections of compound commands, and substitutions in them.
    pub loose: Effects,
}

/// A simple command of a `RUN`.
#[derive(Debug)]
pub struct Step<'a> {
    /// Where it stands in the logical line.
    pub span: Span,
    /// Its words, assignments in front left out; none when it is nothing but assignments.
    pub args: Vec<Arg>,
    /// The names of the variables that are assigned in front of it.
    pub assigns: Vec<String>,
    /// Whether it has redirections.
    pub redirected: bool,
    /// What it does, if the tables explain it.
    pub invocation: Option<Invocation<'a>>,
    /// The folder in which it runs, if that is known.
    pub cwd: Option<String>,
    /// The folder that it changes to, if it does and that is known.
    pub enters: Option<String>,
    /// The environment that the script has activated before: `. venv/bin/activate`.
    pub environment: Option<String>,
    /// What it reads and writes.
    pub effects: Effects,
}

impl Step<'_> {
    /// Its words, the program first: what is known of each, which is nothing where only the build knows it.
    pub fn words(&self) -> impl Iterator<Item = &str> + Clone {
        self.args.iter().map(|arg| arg.known())
    }

    /// What it does, if that is known. Assignments alone change the state of the shell.
    #[must_use]
    pub fn does(&self) -> Option<Does> {
        if self.args.is_empty() {
            return Some(Does::ShellState);
        }
        self.invocation
            .as_ref()
            .map(|invocation| invocation.action.does)
    }

    /// Whether it is `set -e`, with whatever other options.
    #[must_use]
    pub fn sets_errexit(&self) -> bool {
        let mut words = self.args.iter().map(Arg::known);
        let is_errexit = |word: &str| word.starts_with('-') && word.contains('e');
        words.next() == Some("set") && words.any(is_errexit)
    }

    /// Whether it only prints what is in the folder where it runs, whatever that is: `ls -la`.
    #[must_use]
    pub fn looks_around(&self) -> bool {
        let looks = |known: &Invocation<'_>| known.action.shows && known.operands.is_empty();
        !self.redirected && self.invocation.as_ref().is_some_and(looks)
    }

    /// Whether it works on the paths that it names and on nothing else, so that it does the same from every folder in which these
    /// are the same.
    #[must_use]
    pub fn handles_files(&self) -> bool {
        let is_quiet = self.does() == Some(Does::Nothing) && !self.redirected;
        matches!(self.does(), Some(Does::Files | Does::AddUser))
            || is_quiet
            || self.prints_words()
            || self.args.first().is_some_and(|arg| arg.known() == "set")
    }

    /// Whether it prints nothing but words that are written there.
    fn prints_words(&self) -> bool {
        let program = self.args.first().map(|arg| arg.known());
        let mut words = self.args.iter();
        matches!(program, Some("echo" | "printf"))
            && words.all(|arg| arg.text.is_some() && !arg.glob)
    }

    /// Why it needs more of the project than its manifests, if the tables say so.
    #[must_use]
    pub fn needs_source(&self) -> Option<&str> {
        self.invocation.as_ref()?.action.needs_source.as_deref()
    }

    /// Its words as a script has them: in quotes where a shell would read something else.
    pub(super) fn as_script(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
        let quoted = |word: &str| match word.chars().all(is_plain) && !word.is_empty() {
            true => word.to_owned(),
            false => format!("{word:?}"),
        };
        let words = self.args.iter().map(|arg| quoted(arg.known()));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Whether it makes folders, and nothing else: `mkdir -p`.
    #[must_use]
    pub fn makes_folders(&self) -> bool {
        let makes = |known: &Invocation<'_>| known.action.makes_folders;
        self.invocation.as_ref().is_some_and(makes)
    }

    /// Whether it makes the folder `path`.
    #[must_use]
    pub fn makes_folder(&self, path: &str) -> bool {
        let Extent::Regions(writes) = &self.effects.writes else {
            return false;
        };
        self.makes_folders() && writes.iter().any(|made| below(made.path(), path).is_some())
    }

    /// Whether it may remove the folder `path`.
    #[must_use]
    pub fn removes_folder(&self, path: &str) -> bool {
        let removes = |known: &Invocation<'_>| known.action.removes;
        let folder = Region::new(path);
        let may_meet = match &self.effects.writes {
            Extent::Regions(writes) => writes.iter().any(|gone| gone.covers(&folder)),
            Extent::Everything => true,
        };
        may_meet && self.invocation.as_ref().is_some_and(removes)
    }

    /// Whether it changes owners and modes of files, and nothing in them.
    #[must_use]
    pub fn keeps_content(&self) -> bool {
        let keeps = |known: &Invocation<'_>| known.action.keeps_content;
        !self.redirected && self.invocation.as_ref().is_some_and(keeps)
    }

    /// The files of which it needs more than the content: the program that it calls by its path must be one that may be
    /// run, and what handles files may keep their modes.
    #[must_use]
    pub fn minds_modes(&self) -> Extent {
        if matches!(self.does(), None | Some(Does::Files)) {
            return self.effects.reads.clone();
        }
        let program = self.args.first().map_or("", Arg::known);
        let mut files = Extent::default();
        if program.contains('/') {
            match effects::resolved(self.cwd.as_deref(), program) {
                Some(path) => files.add(Region::new(path)),
                None => files = Extent::Everything,
            }
        }
        files
    }

    /// Whether it may change what is in the file `path`.
    #[must_use]
    pub fn changes(&self, path: &str) -> bool {
        !self.keeps_content() && self.effects.writes.meets(&Region::new(path))
    }

    /// The folder in which its tool works, if that is known.
    #[must_use]
    pub fn directory(&self) -> Option<String> {
        effects::working_directory(self.invocation.as_ref()?, self.cwd.as_deref())
    }
}

impl<'a> Run<'a> {
    /// Reads the `RUN` in `view`, in the state before it.
    pub(super) fn new(
        view: &View<'_>,
        form: &Form,
        heredocs: bool,
        state: &State,
        areas: &Areas<'a>,
    ) -> Self {
        let mut run = Self::unread(view.body);
        match form {
            Form::Exec(words) => {
                let args = words
                    .iter()
                    .map(|word| Arg {
                        span: word.span,
                        text: Some(word.value.clone()),
                        glob: false,
                    })
                    .collect();
                let mut walk = Walk::new(areas, state, "", 0, &[]);
                walk.step(view.body, args, Vec::new(), false, Effects::default());
                (run.steps, run.effects) = (walk.steps, walk.effects);
            }
            Form::Shell(_) if heredocs => run.opaque = Some(Opaque::Heredoc),
            Form::Shell(_) if !state.shell.is_posix() => run.opaque = Some(Opaque::Shell),
            Form::Shell(body) => run.read_script(*body, view, state, areas),
        }
        if run.opaque.is_some() {
            run.effects = Effects::unknown();
        }
        run
    }

    /// Reads the here-document with this body in `source` as the script of a `RUN` that has no other; `None` when no
    /// POSIX shell reads it.
    pub(super) fn of_document(
        body: Span,
        source: &str,
        state: &State,
        areas: &Areas<'a>,
    ) -> Option<Self> {
        let text = body.text(source);
        // `#!` names another program.
        if !state.shell.is_posix() || text.trim_start().starts_with("#!") {
            return None;
        }
        let mut run = Self::unread(body);
        run.read_text(text, state, areas);
        run.opaque.is_none().then_some(run)
    }

    /// A script of which nothing has been read.
    fn unread(body: Span) -> Self {
        Self {
            body,
            script: None,
            opaque: None,
            document: None,
            steps: Vec::new(),
            substituted: Vec::new(),
            effects: Effects::default(),
            loose: Effects::default(),
        }
    }

    fn read_script(&mut self, body: Span, view: &View<'_>, state: &State, areas: &Areas<'a>) {
        self.body = body;
        self.read_text(body.text(&view.logical.text), state, areas);
    }

    /// Reads the script `text`, which starts at `body.start`.
    fn read_text(&mut self, text: &str, state: &State, areas: &Areas<'a>) {
        let body = self.body;
        match shell::parse(text) {
            Err(_) => self.opaque = Some(Opaque::Unparsed),
            Ok(script) => {
                let mut walk = Walk::new(areas, state, text, body.start, &script.substitutions);
                walk.items(&script.items);
                (self.steps, self.substituted) = (walk.steps, walk.substituted);
                (self.effects, self.loose) = (walk.effects, walk.loose);
                self.script = Some(script);
            }
        }
    }

    /// The run whose commands these are: that of the here-document that is all of the script, or itself.
    #[must_use]
    pub fn as_read(&self) -> &Self {
        self.document.as_deref().unwrap_or(self)
    }

    /// All that it starts, also to see what that prints: the commands, and behind them those in substitutions.
    pub fn all_commands(&self) -> impl Iterator<Item = &Step<'a>> {
        self.steps.iter().chain(&self.substituted)
    }

    /// Whether it may change what is in the file `path`.
    #[must_use]
    pub fn changes(&self, path: &str) -> bool {
        let run = self.as_read();
        let loosely = run.opaque.is_some() || run.loose.writes.meets(&Region::new(path));
        loosely || run.steps.iter().any(|step| step.changes(path))
    }

    /// The commands when the script is nothing but simple commands joined by `&&`, without
    /// background jobs, pipes or negation; `None` otherwise.
    #[must_use]
    pub fn and_list(&self) -> Option<&[Step<'a>]> {
        let script = self.script.as_ref()?;
        let [item] = script.items.as_slice() else {
            return None;
        };
        let joined = item.rest.iter().all(|(connector, _, pipeline)| {
            matches!(connector, shell::Connector::And) && is_plain(pipeline)
        });
        let whole = is_plain(&item.first)
            && joined
            && item.terminator.is_none()
            && script.comments.is_empty();
        whole.then_some(self.steps.as_slice())
    }

    /// Whether every command runs, one after the other, and the first that fails ends the script: a plain `&&` list,
    /// or commands behind `set -e` and such a list at their end.
    #[must_use]
    pub fn is_straight(&self) -> bool {
        self.is_sequence_of(is_plain)
    }

    /// The same, where `|` may join commands as well: all of them run, and the last decides whether the next ones do.
    #[must_use]
    pub fn runs_every_command(&self) -> bool {
        self.is_sequence_of(|pipeline| {
            let mut commands = pipeline.commands.iter();
            !pipeline.negated && commands.all(|command| matches!(command, Command::Simple(_)))
        })
    }

    fn is_sequence_of(&self, is_part: impl Fn(&shell::Pipeline) -> bool) -> bool {
        let Some(script) = &self.script else {
            return self.opaque.is_none();
        };
        let stops_at_failure = self.steps.first().is_some_and(Step::sets_errexit);
        let is_straight = |(nth, item): (usize, &Item)| {
            let is_last = nth + 1 == script.items.len();
            let in_background = matches!(item.terminator, Some((shell::Terminator::Background, _)));
            let joined = |(connector, _, pipeline): &(shell::Connector, Span, shell::Pipeline)| {
                is_last && matches!(connector, shell::Connector::And) && is_part(pipeline)
            };
            is_part(&item.first) && item.rest.iter().all(joined) && !in_background
        };
        (script.items.len() < 2 || stops_at_failure)
            && script.items.iter().enumerate().all(is_straight)
    }

    /// Whether it only prints what it finds, and nothing else comes of it.
    #[must_use]
    pub fn only_shows(&self) -> bool {
        let shows = |step: &Step<'_>| {
            let invocation = step.invocation.as_ref();
            !step.redirected && invocation.is_some_and(|invocation| invocation.action.shows)
        };
        self.and_list()
            .is_some_and(|steps| !steps.is_empty() && steps.iter().all(shows))
    }

    /// Whether all of its commands are known, and each works on the paths that it names and on nothing else.
    #[must_use]
    pub fn handles_files(&self) -> bool {
        let mut steps = self.steps.iter();
        self.is_understood() && !self.steps.is_empty() && steps.all(Step::handles_files)
    }

    /// Whether every command is explained by the tables.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        self.opaque.is_none() && self.steps.iter().all(|step| step.invocation.is_some())
    }
}

/// Whether a pipeline is one simple command and no more.
fn is_plain(pipeline: &shell::Pipeline) -> bool {
    !pipeline.negated && matches!(pipeline.commands.as_slice(), [Command::Simple(_)])
}

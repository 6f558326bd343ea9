//! What a `RUN` instruction does, command by command.

use super::commands::{Arg, Invocation, recognise};
use super::effects::{self, Effects};
use super::paths::{Extent, Region, join};
use super::state::{Shell, State};
use crate::knowledge::tools::{Does, Tools};
use crate::syntax::shell::{self, Command, Item, RedirectOperator, Script, Simple};
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

    /// Why it needs more of the project than its manifests, if the tables say so.
    #[must_use]
    pub fn needs_source(&self) -> Option<&str> {
        self.invocation.as_ref()?.action.needs_source.as_deref()
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
        tools: &'a Tools,
    ) -> Self {
        let mut run = Self {
            body: view.body,
            script: None,
            opaque: None,
            document: None,
            steps: Vec::new(),
            effects: Effects::default(),
            loose: Effects::default(),
        };
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
                let mut walk = Walk::new(tools, state, "", 0, &[]);
                walk.step(view.body, args, Vec::new(), false, Effects::default());
                (run.steps, run.effects) = (walk.steps, walk.effects);
            }
            Form::Shell(_) if heredocs => run.opaque = Some(Opaque::Heredoc),
            Form::Shell(_) if !state.shell.is_posix() => run.opaque = Some(Opaque::Shell),
            Form::Shell(body) => run.read_script(*body, view, state, tools),
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
        tools: &'a Tools,
    ) -> Option<Self> {
        let text = body.text(source);
        // `#!` names another program.
        if !state.shell.is_posix() || text.trim_start().starts_with("#!") {
            return None;
        }
        let mut run = Self {
            body,
            script: None,
            opaque: None,
            document: None,
            steps: Vec::new(),
            effects: Effects::default(),
            loose: Effects::default(),
        };
        run.read_text(text, state, tools);
        run.opaque.is_none().then_some(run)
    }

    fn read_script(&mut self, body: Span, view: &View<'_>, state: &State, tools: &'a Tools) {
        self.body = body;
        self.read_text(body.text(&view.logical.text), state, tools);
    }

    /// Reads the script `text`, which starts at `body.start`.
    fn read_text(&mut self, text: &str, state: &State, tools: &'a Tools) {
        let body = self.body;
        match shell::parse(text) {
            Err(_) => self.opaque = Some(Opaque::Unparsed),
            Ok(script) => {
                let mut walk = Walk::new(tools, state, text, body.start, &script.substitutions);
                walk.items(&script.items);
                (self.steps, self.effects, self.loose) = (walk.steps, walk.effects, walk.loose);
                self.script = Some(script);
            }
        }
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
        let Some(script) = &self.script else {
            return self.opaque.is_none();
        };
        let stops_at_failure = self.steps.first().is_some_and(Step::sets_errexit);
        let is_straight = |(nth, item): (usize, &Item)| {
            let is_last = nth + 1 == script.items.len();
            let in_background = matches!(item.terminator, Some((shell::Terminator::Background, _)));
            let joined = |(connector, _, pipeline): &(shell::Connector, Span, shell::Pipeline)| {
                is_last && matches!(connector, shell::Connector::And) && is_plain(pipeline)
            };
            is_plain(&item.first) && item.rest.iter().all(joined) && !in_background
        };
        (script.items.len() < 2 || stops_at_failure)
            && script.items.iter().enumerate().all(is_straight)
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

/// Walks a script in the order of its text and gathers what it does.
struct Walk<'a, 'w> {
    tools: &'a Tools,
    state: &'w State,
    text: &'w str,
    offset: usize,
    substitutions: &'w [shell::Substitution],
    cwd: Option<String>,
    environment: Option<String>,
    /// Variables that the script itself sets: their values are not known here.
    assigned: Vec<String>,
    steps: Vec<Step<'a>>,
    effects: Effects,
    loose: Effects,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn new(
        tools: &'a Tools,
        state: &'w State,
        text: &'w str,
        offset: usize,
        substitutions: &'w [shell::Substitution],
    ) -> Self {
        let cwd = Some(state.workdir.clone());
        Self {
            tools,
            state,
            text,
            offset,
            substitutions,
            cwd,
            environment: None,
            assigned: Vec::new(),
            steps: Vec::new(),
            effects: Effects::default(),
            loose: Effects::default(),
        }
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            for pipeline in std::iter::once(&item.first)
                .chain(item.rest.iter().map(|(_, _, pipeline)| pipeline))
            {
                pipeline
                    .commands
                    .iter()
                    .for_each(|command| self.command(command));
            }
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound) => {
                let outer = self.cwd.clone();
                self.assigned.extend(
                    compound
                        .variable
                        .map(|name| name.text(self.text).to_owned()),
                );
                for body in &compound.bodies {
                    self.items(body);
                }
                if matches!(compound.kind, shell::CompoundKind::Subshell) {
                    self.cwd = outer;
                }
                let redirects = self.redirects(&compound.redirects);
                self.loosely(&redirects);
                let substitutions = self.substitutions_in(compound.span, &compound.bodies);
                self.loosely(&substitutions);
            }
            Command::Function(_) => self.loosely(&Effects::unknown()),
        }
    }

    fn loosely(&mut self, effects: &Effects) {
        self.effects.extend(effects);
        self.loose.extend(effects);
    }

    fn simple(&mut self, simple: &Simple) {
        let lookup = |name: &str| {
            if self.assigned.iter().any(|n| n == name) {
                None
            } else {
                self.state.value(name)
            }
        };
        let args: Vec<Arg> = simple
            .words
            .iter()
            .map(|word| {
                let expanded = word.expand(self.text, &lookup);
                let pattern = || {
                    is_plain_glob(word.span.text(self.text))
                        .then(|| word.span.text(self.text).to_owned())
                };
                let glob = expanded.is_none() && pattern().is_some();
                Arg {
                    span: word.span.shift(self.offset),
                    text: expanded.or_else(pattern),
                    glob,
                }
            })
            .collect();
        let assigns: Vec<String> = simple
            .assignments
            .iter()
            .map(|assignment| assignment.name.text(self.text).to_owned())
            .collect();
        let mut extra = self.redirects(&simple.redirects);
        extra.extend(&self.substitutions_in(simple.span, &[]));
        if args.is_empty() {
            self.assigned.extend(assigns.iter().cloned());
        }
        self.step(
            simple.span.shift(self.offset),
            args,
            assigns,
            !simple.redirects.is_empty(),
            extra,
        );
    }

    fn step(
        &mut self,
        span: Span,
        args: Vec<Arg>,
        assigns: Vec<String>,
        redirected: bool,
        extra: Effects,
    ) {
        let invocation = recognise(self.tools, &args);
        let runs_text = matches!(
            args.first().map(Arg::known),
            Some("." | "source" | "eval" | "exec")
        );
        let mut effects = match &invocation {
            Some(invocation) if self.renames_files(invocation, &assigns) => Effects::unknown(),
            Some(invocation) if !runs_text => effects::of_invocation(
                self.tools,
                invocation,
                &args,
                self.state,
                self.cwd.as_deref(),
            ),
            None if args.is_empty() => Effects::default(),
            _ => Effects::unknown(),
        };
        let activated = activated(&args, self.cwd.as_deref());
        if activated.is_some() {
            effects = Effects::default();
        }
        for environment in activated.iter().chain(&self.environment) {
            effects.reads.add(Region::new(environment.clone()));
            if activated.is_none() {
                effects.writes.add(Region::new(environment.clone()));
            }
        }
        effects.extend(&extra);
        self.effects.extend(&effects);
        let cwd = self.cwd.clone();
        self.shell_state(&args);
        let enters = self.cwd.clone().filter(|_| self.cwd != cwd);
        self.steps.push(Step {
            span,
            args,
            assigns,
            redirected,
            invocation,
            cwd,
            enters,
            environment: self.environment.clone(),
            effects,
        });
        if activated.is_some() {
            self.environment = activated;
        }
    }

    /// Whether a variable that the script sets tells the tool where its files are.
    fn renames_files(&self, invocation: &Invocation<'_>, assigns: &[String]) -> bool {
        let mut set = self.assigned.iter().chain(assigns);
        set.any(|name| invocation.tool.path_variables.contains(name) || name == "HOME")
    }

    /// Follows `cd`, and forgets what `export` and the like set.
    fn shell_state(&mut self, args: &[Arg]) {
        match args.first().map_or("", Arg::known) {
            "cd" | "pushd" => {
                let target = args.get(1).and_then(|arg| arg.text.as_deref());
                self.cwd = match (&self.cwd, target) {
                    (Some(cwd), Some(target)) if !target.starts_with(['-', '~']) => {
                        Some(join(cwd, target))
                    }
                    _ => None,
                };
            }
            "." | "source" if activated(args, self.cwd.as_deref()).is_some() => {}
            "popd" | "eval" | "." | "source" => self.cwd = None,
            "export" | "read" | "readonly" | "declare" | "local" => {
                let name = |arg: &Arg| arg.known().split('=').next().unwrap_or_default().to_owned();
                self.assigned.extend(args[1..].iter().map(name));
            }
            _ => {}
        }
    }

    fn redirects(&self, redirects: &[shell::Redirect]) -> Effects {
        let mut effects = Effects::default();
        for redirect in redirects {
            let target = redirect.target.literal(self.text);
            let (reads, writes) = direction(redirect.operator);
            for (touched, extent) in [(reads, &mut effects.reads), (writes, &mut effects.writes)] {
                if !touched {
                    continue;
                }
                match (&target, &self.cwd) {
                    (Some(path), _) if path.starts_with("/dev/") => {}
                    (Some(path), Some(cwd)) => extent.add(Region::new(join(cwd, path))),
                    _ => *extent = Extent::Everything,
                }
            }
        }
        effects
    }

    /// The effects of the commands inside `$(…)` and `` `…` `` in `span`, but not in `bodies`,
    /// which are walked on their own. What lies in another substitution is walked with that one.
    fn substitutions_in(&self, span: Span, bodies: &[Vec<Item>]) -> Effects {
        let mut effects = Effects::default();
        let from = |substitution: &shell::Substitution| substitution.span.start < span.start;
        let first = self.substitutions.partition_point(from);
        let mut walked = span.start;
        for substitution in &self.substitutions[first..] {
            if substitution.span.start >= span.end {
                break;
            }
            if substitution.span.start < walked || holds(bodies, substitution.span) {
                continue;
            }
            walked = substitution.span.end;
            let Some(items) = &substitution.items else {
                return Effects::unknown();
            };
            let mut inner = Walk {
                steps: Vec::new(),
                effects: Effects::default(),
                loose: Effects::default(),
                assigned: self.assigned.clone(),
                cwd: self.cwd.clone(),
                environment: self.environment.clone(),
                ..*self
            };
            inner.items(items);
            effects.extend(&inner.effects);
        }
        effects
    }
}

/// The environment that `. PATH/bin/activate` puts in front of all others.
fn activated(args: &[Arg], cwd: Option<&str>) -> Option<String> {
    let [command, script] = args else {
        return None;
    };
    let is_sourcing = matches!(command.known(), "." | "source");
    let environment = script.text.as_deref()?.strip_suffix("/bin/activate")?;
    is_sourcing.then(|| Some(join(cwd?, environment)))?
}

/// Whether `span` lies in one of the `bodies` of a compound command.
fn holds(bodies: &[Vec<Item>], span: Span) -> bool {
    bodies.iter().any(|body| match (body.first(), body.last()) {
        (Some(first), Some(last)) => first.span.cover(last.span).contains(span),
        _ => false,
    })
}

/// Whether a redirection reads its target, and whether it writes it.
fn direction(operator: RedirectOperator) -> (bool, bool) {
    use RedirectOperator as Op;
    match operator {
        Op::Read => (true, false),
        Op::Write | Op::Append | Op::Clobber | Op::WriteAll | Op::AppendAll => (false, true),
        Op::ReadWrite => (true, true),
        Op::DuplicateInput
        | Op::DuplicateOutput
        | Op::HereDocument
        | Op::HereDocumentTabs
        | Op::HereString => (false, false),
    }
}

/// A word that is a pattern of file names and nothing else.
fn is_plain_glob(word: &str) -> bool {
    word.contains(['*', '?', '['])
        && !word.contains(['$', '`', '\'', '"', '\\', '{', '~', '(', ')'])
}

impl Shell {
    /// Whether a script for this shell can be read as POSIX shell.
    #[must_use]
    pub fn is_posix(&self) -> bool {
        matches!(self, Self::Posix { .. })
    }
}

//! The walk through a script that finds its commands.

use super::Step;
use super::nested;
use super::scripts::{Scripts, downloaded_by};
use crate::analysis::commands::{Arg, Invocation, recognise, recognise_script};
use crate::analysis::effects::{self, Areas, Effects};
use crate::analysis::paths::{Extent, Region, join};
use crate::analysis::state::State;
use crate::syntax::Span;
use crate::syntax::shell::{self, Command, Item, RedirectOperator, Simple};

/// Walks a script in the order of its text and gathers what it does.
pub(super) struct Walk<'a, 'w> {
    areas: &'w Areas<'a>,
    state: &'w State,
    text: &'w str,
    offset: usize,
    substitutions: &'w [shell::Substitution],
    cwd: Option<String>,
    environment: Option<String>,
    /// Variables that the script itself sets: their values are not known here.
    assigned: Vec<String>,
    scripts: Scripts<'a>,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) substituted: Vec<Step<'a>>,
    pub(super) effects: Effects,
    pub(super) loose: Effects,
}

impl<'a, 'w> Walk<'a, 'w> {
    pub(super) fn new(
        areas: &'w Areas<'a>,
        state: &'w State,
        text: &'w str,
        offset: usize,
        substitutions: &'w [shell::Substitution],
    ) -> Self {
        let cwd = Some(state.workdir.clone());
        Self {
            areas,
            state,
            text,
            offset,
            substitutions,
            cwd,
            environment: None,
            assigned: Vec::new(),
            scripts: Scripts::new(state, areas.tools),
            steps: Vec::new(),
            substituted: Vec::new(),
            effects: Effects::default(),
            loose: Effects::default(),
        }
    }

    pub(super) fn items(&mut self, items: &[Item]) {
        for item in items {
            for pipeline in std::iter::once(&item.first)
                .chain(item.rest.iter().map(|(_, _, pipeline)| pipeline))
            {
                self.pipeline(&pipeline.commands);
            }
        }
    }

    /// Commands of which each reads what the one in front prints.
    fn pipeline(&mut self, commands: &[Command]) {
        for (nth, command) in commands.iter().enumerate() {
            let reads_one = nth > 0 && matches!(commands[nth - 1], Command::Simple(_));
            let download = self.steps.last().filter(|_| reads_one);
            let script = download.and_then(|step| downloaded_by(step, self.areas.tools));
            self.scripts.piped = script.map(|(_, script)| script);
            self.command(command);
        }
        self.scripts.piped = None;
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
        self.scripts.forget(effects);
    }

    fn simple(&mut self, simple: &Simple) {
        let args: Vec<Arg> = simple
            .words
            .iter()
            .map(|word| {
                let expanded = self.expanded(word);
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
        let last = simple
            .words
            .last()
            .map_or("", |word| word.span.text(self.text));
        let args = nested::words(&args, last, self.areas.tools).unwrap_or(args);
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

    /// What the shell makes of `word`, if that is one word and known.
    fn expanded(&self, word: &shell::Word) -> Option<String> {
        let value = |name: &str| {
            let is_assigned = self.assigned.iter().any(|assigned| assigned == name);
            match name {
                _ if is_assigned => None,
                "HOME" => self.state.home(),
                _ => self.state.known(name),
            }
        };
        word.expand(self.text, &value).or_else(|| {
            let rest = word.span.text(self.text).strip_prefix('~')?;
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
            let is_own = rest.is_empty() || rest.starts_with('/');
            (is_own && rest.chars().all(is_plain)).then(|| Some(value("HOME")? + rest))?
        })
    }

    pub(super) fn step(
        &mut self,
        span: Span,
        args: Vec<Arg>,
        assigns: Vec<String>,
        redirected: bool,
        extra: Effects,
    ) {
        let call = self.scripts.called_by(&args, self.cwd.as_deref());
        let invocation = match &call {
            Some(call) => recognise_script(call.script, &args, call.words),
            None => recognise(self.areas.tools, &args),
        };
        let activated = activated(&args, self.cwd.as_deref());
        let mut effects = if activated.is_some() {
            Effects::default()
        } else {
            self.effects_of(invocation.as_ref(), &args, &assigns)
        };
        for environment in activated.iter().chain(&self.environment) {
            effects.reads.add(Region::new(environment));
            if activated.is_none() {
                effects.writes.add(Region::new(environment));
            }
        }
        if let Some(file) = call.and_then(|call| call.file) {
            effects.reads.add(Region::new(file));
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
        if let Some(step) = self.steps.last() {
            self.scripts.remember(step, self.areas.tools);
        }
        if activated.is_some() {
            self.environment = activated;
        }
    }

    /// What the command reads and writes, by its words.
    fn effects_of(
        &self,
        invocation: Option<&Invocation<'_>>,
        args: &[Arg],
        assigns: &[String],
    ) -> Effects {
        let runs_text = matches!(
            args.first().map(Arg::known),
            Some("." | "source" | "eval" | "exec")
        );
        match invocation {
            Some(invocation) if self.renames_files(invocation, assigns) => Effects::unknown(),
            Some(invocation) if !runs_text => effects::of_invocation(
                self.areas,
                invocation,
                args,
                self.state,
                self.cwd.as_deref(),
            ),
            None if args.is_empty() => Effects::default(),
            _ => Effects::unknown(),
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
            let target = self.expanded(&redirect.target);
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
    /// which are walked on their own. What lies in another substitution is walked with that one. The commands are kept.
    fn substitutions_in(&mut self, span: Span, bodies: &[Vec<Item>]) -> Effects {
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
                substituted: Vec::new(),
                effects: Effects::default(),
                loose: Effects::default(),
                assigned: self.assigned.clone(),
                cwd: self.cwd.clone(),
                environment: self.environment.clone(),
                scripts: self.scripts.clone(),
                ..*self
            };
            inner.items(items);
            effects.extend(&inner.effects);
            let (mut steps, mut nested) = (inner.steps, inner.substituted);
            self.substituted.append(&mut steps);
            self.substituted.append(&mut nested);
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

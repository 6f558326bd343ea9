//! What runs when a container starts: every command of `ENTRYPOINT`, `CMD` and `HEALTHCHECK`, through the shells,
//! wrappers and scripts around it.

use super::given;
use super::scripts::unread_script;
use crate::analysis::launch::{self, Declared};
use crate::analysis::paths::file_name;
use crate::analysis::shell_variables::{Given, ShellVariables, in_order};
use crate::analysis::stages::Stage;
use crate::knowledge::images::Command;
use crate::knowledge::startup::{self, Needs};
use crate::syntax::shell::{self, Redirect, RedirectOperator, Simple};
use crate::syntax::{Form, Healthcheck, Kind, Span};
use crate::transform::{Cx, Place, Refusal};
use crate::transforms::launched;

/// How deep scripts may call scripts.
const DEEPEST: usize = 6;

/// A command that runs in the container.
pub(super) struct StartCommand {
    /// Program and arguments. A word that only the container can expand is as it is written.
    pub words: Vec<String>,
    /// The files that its redirections write.
    pub writes: Vec<String>,
    /// Where it is written.
    pub place: Place,
}

/// Everything that runs.
pub(super) struct Start {
    /// The instruction to point at: `ENTRYPOINT`, or else `CMD`.
    pub index: usize,
    /// The commands, in the order in which they are met.
    pub commands: Vec<StartCommand>,
    /// The program that stays, with its arguments, when one command line says it all.
    pub program: Option<Vec<String>>,
    /// Names of package scripts that could not be looked up: `npm start`.
    pub unread_scripts: Vec<String>,
    /// Files that are called and could be scripts of the project, if no step has made them.
    pub taken_for_programs: Vec<String>,
    /// The names of all programs that are called, wrappers and shells among them.
    pub called: Vec<String>,
    /// The folders that scripts change to, and where they do.
    pub folders: Vec<(String, Place)>,
    /// What is taken for granted of the programs.
    pub assumes: Vec<String>,
}

impl Start {
    /// Nothing yet, at this instruction.
    pub(super) fn of(index: usize) -> Self {
        Self {
            index,
            commands: Vec::new(),
            program: None,
            unread_scripts: Vec::new(),
            taken_for_programs: Vec::new(),
            called: Vec::new(),
            folders: Vec::new(),
            assumes: Vec::new(),
        }
    }

    /// Whether a program of the tool `id` is called.
    pub(super) fn calls(&self, cx: &Cx<'_>, id: &str) -> bool {
        let mut called = self.called.iter();
        called.any(|name| {
            let tool = cx.knowledge.tools.find(&[name]);
            tool.is_some_and(|(tool, _)| tool.id == id)
        })
    }
}

/// Reads what `stage` starts, or what is started in it where it declares nothing. `Ok(None)`: nobody says what runs.
///
/// # Errors
/// When a script that it starts cannot be read.
pub(super) fn read(cx: &Cx<'_>, stage: &Stage) -> Result<Option<Start>, Refusal> {
    let declared = Declared::of_stage(cx.facts, stage);
    let outside = || leaves_it_open(cx, stage).then(|| launched::started_by(cx, stage))?;
    let own = declared.entrypoint.or(declared.cmd);
    let Some(index) = own.or_else(|| outside().map(|_| stage.from)) else {
        return Ok(None);
    };
    let mut reader = Reader::at(cx, stage, index);
    reader.main(&declared)?;
    if let Some(at) = declared.healthcheck
        && let Kind::Healthcheck(Healthcheck::Cmd { form }) = &cx.facts.views[at].kind
    {
        reader.form(at, form)?;
    }
    reader.started_by_others(&declared)?;
    Ok(Some(reader.start))
}

/// Whether the image under `stage` starts nothing by itself that stays.
fn leaves_it_open(cx: &Cx<'_>, stage: &Stage) -> bool {
    let image = cx.facts.image(stage);
    image.is_some_and(|image| matches!(image.command, Command::Prompt | Command::None))
}

/// Reads commands, and what they run.
pub(super) struct Reader<'a> {
    pub cx: &'a Cx<'a>,
    pub stage: &'a Stage,
    pub start: Start,
    /// The scripts that are being read.
    pub open: Vec<String>,
    /// Where the image has those that are files.
    pub scripts: Vec<String>,
    /// What they have assigned to their variables.
    pub variables: ShellVariables,
}

impl<'a> Reader<'a> {
    /// Nothing is read yet; what runs is said by the instruction at `index`.
    pub(super) fn at(cx: &'a Cx<'a>, stage: &'a Stage, index: usize) -> Self {
        Self {
            cx,
            stage,
            start: Start::of(index),
            open: Vec::new(),
            scripts: Vec::new(),
            variables: ShellVariables::default(),
        }
    }
}

impl Reader<'_> {
    /// `ENTRYPOINT` and `CMD`: joined when both are exec forms, and `CMD` by itself, which an entry point may run.
    fn main(&mut self, declared: &Declared) -> Result<(), Refusal> {
        let form = |at: Option<usize>| match &self.cx.facts.views[at?].kind {
            Kind::Cmd { form } | Kind::Entrypoint { form } => Some(form.clone()),
            _ => None,
        };
        let (entrypoint, cmd) = (form(declared.entrypoint), form(declared.cmd));
        let index = self.start.index;
        match (&entrypoint, &cmd) {
            (Some(Form::Exec(first)), Some(Form::Exec(second))) => {
                let words: Vec<String> = first
                    .iter()
                    .chain(second)
                    .map(|word| word.value.clone())
                    .collect();
                self.start.program = Some(words.clone());
                self.command(words, Vec::new(), Place::Source(self.span(index)))?;
            }
            (Some(form), _) | (None, Some(form)) => {
                if let Form::Exec(words) = form {
                    self.start.program =
                        Some(words.iter().map(|word| word.value.clone()).collect());
                }
                self.form(index, form)?;
            }
            (None, None) => {}
        }
        match (entrypoint, declared.cmd, cmd) {
            (Some(Form::Exec(_)), Some(at), Some(form)) => self.form(at, &form),
            _ => Ok(()),
        }
    }

    /// What Compose files start instead, and beside it.
    fn started_by_others(&mut self, declared: &Declared) -> Result<(), Refusal> {
        let (cx, stage) = (self.cx, self.stage);
        let entrypoint = || match &cx.facts.views[declared.entrypoint?].kind {
            Kind::Entrypoint {
                form: Form::Exec(words),
            } => Some(words.iter().map(|word| word.value.clone()).collect()),
            _ => None,
        };
        for (used, container) in given::containers(cx, stage) {
            if let Some(line) = container.command_line(entrypoint()) {
                self.command(line, Vec::new(), cx.place_of(used))?;
            }
            for line in &container.beside {
                self.command(line.clone(), Vec::new(), cx.place_of(used))?;
            }
        }
        Ok(())
    }

    pub(super) fn span(&self, index: usize) -> Span {
        self.cx.file.instructions()[index].span
    }

    fn form(&mut self, index: usize, form: &Form) -> Result<(), Refusal> {
        let place = Place::Source(self.span(index));
        match form {
            Form::Exec(words) => self.command(
                words.iter().map(|word| word.value.clone()).collect(),
                Vec::new(),
                place,
            ),
            Form::Shell(span) => {
                let text = span
                    .text(&self.cx.facts.views[index].logical.text)
                    .to_owned();
                self.script(&text, &place)
            }
        }
    }

    /// Every command of a shell script.
    pub(super) fn script(&mut self, text: &str, place: &Place) -> Result<(), Refusal> {
        let script = shell::parse(text).map_err(|error| {
            let message = format!("the script cannot be understood ({error}), so it may need root; simplify it, or set USER yourself");
            self.unread(message).because(place.clone(), "this script")
        })?;
        let state = self.cx.facts.state_after(self.stage);
        let given = Given {
            words: None,
            variable: &|name| state.value(name),
        };
        for (loops, simple) in in_order(&script) {
            self.variables.note(&script, (&loops, simple), text, given);
            let place = match place {
                Place::File(path, _) => Place::File(
                    path.clone(),
                    Some(text[..simple.span.start].matches('\n').count() + 1),
                ),
                other => other.clone(),
            };
            self.simple(simple, text, given, place)?;
        }
        for compound in script.compound_commands() {
            let writes = self.written(&compound.redirects, text, given);
            self.note_writes(writes, place.clone());
        }
        Ok(())
    }

    /// A command of a script, with all that its variables may stand for: of what is read by itself the last of that counts.
    fn simple(
        &mut self,
        simple: &Simple,
        text: &str,
        given: Given<'_>,
        place: Place,
    ) -> Result<(), Refusal> {
        let writes = self.written(&simple.redirects, text, given);
        let lines = self.variables.lines(simple, text, given).into_iter();
        let mut lines: Vec<Vec<String>> = lines
            .map(|line| line.into_iter().map(|word| word.text).collect())
            .collect();
        let words = lines.pop().unwrap_or_default();
        self.command(words.clone(), writes, place.clone())?;
        let own = self.start.commands.pop_if(|command| command.words == words);
        if let Some(own) = own {
            let others = lines.into_iter().map(|words| StartCommand {
                words,
                writes: Vec::new(),
                place: place.clone(),
            });
            self.start.commands.extend(others.chain([own]));
        }
        Ok(())
    }

    /// Notes the files that are written with the output of what has been read command by command.
    fn note_writes(&mut self, writes: Vec<String>, place: Place) {
        if !writes.is_empty() {
            let words = Vec::new();
            self.start.commands.push(StartCommand {
                words,
                writes,
                place,
            });
        }
    }

    /// The files that the redirections of a command write.
    fn written(&self, redirects: &[Redirect], text: &str, given: Given<'_>) -> Vec<String> {
        use RedirectOperator as Op;
        let writes = redirects.iter().filter(|redirect| {
            matches!(
                redirect.operator,
                Op::Write | Op::Append | Op::Clobber | Op::ReadWrite | Op::WriteAll | Op::AppendAll
            )
        });
        let targets = |target: shell::Word| {
            let values = self.variables.values(target, text, given).into_iter();
            values.map(|value| value.text)
        };
        writes
            .flat_map(|redirect| targets(redirect.target))
            .collect()
    }

    /// One command line: what it runs itself, or what a wrapper, a shell or a script runs for it.
    pub(super) fn command(
        &mut self,
        words: Vec<String>,
        writes: Vec<String>,
        place: Place,
    ) -> Result<(), Refusal> {
        let name = words.first().map(|word| file_name(word));
        self.start.called.extend(name.map(str::to_owned));
        self.note_folder(&words, &place);
        if words.is_empty() || self.open.len() > DEEPEST {
            self.start.commands.push(StartCommand {
                words,
                writes,
                place,
            });
            return Ok(());
        }
        if self.by_shell_itself(&words, &writes, &place)? {
            return Ok(());
        }
        if self.calls_script(&words[0], false)? {
            self.note_writes(writes, place.clone());
            return self.handed_over(&words[1..], &place);
        }
        let Some((program, named)) = self.cx.knowledge.startup.program(&words) else {
            self.start.commands.push(StartCommand {
                words,
                writes,
                place,
            });
            return Ok(());
        };
        if let Some(name) = package_script(program.needs, &words, named) {
            self.note_writes(writes, place.clone());
            return self.package_script(&words, name, place);
        }
        if let Some(settled) = &program.settled
            && let Some(command) = self.settled(settled, &words[named..])
        {
            self.start.assumes.push(settled.assumes.clone());
            return self.command(command, writes, place);
        }
        let state = self.cx.facts.state_after(self.stage);
        match program.needs {
            _ if program.is_wrapper(|name| state.fixed_value(name)) => {
                self.command(startup::wrapped(&words[named..]), writes, place)
            }
            Needs::AScript => self.shell(&words, named, writes, place),
            _ => {
                self.start.commands.push(StartCommand {
                    words,
                    writes,
                    place,
                });
                Ok(())
            }
        }
    }

    /// What a shell does with `words` of a script itself: it reads other scripts, or goes on with other words. Whether that is all
    /// that they do.
    fn by_shell_itself(
        &mut self,
        words: &[String],
        writes: &[String],
        place: &Place,
    ) -> Result<bool, Refusal> {
        if let [program, name] = words
            && [".", "source"].contains(&program.as_str())
        {
            self.sourced(name)?;
        }
        if let Some(script) = launch::evaluated(words) {
            self.note_writes(writes.to_vec(), place.clone());
            self.open.push(script.clone());
            self.script(&script, place)?;
            self.open.pop();
            return Ok(true);
        }
        if let Some(words) = launch::set_by(words) {
            self.handed_over(words, place)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// What a script of the project that is called with `words` may start: all of them, or a command among them.
    fn handed_over(&mut self, words: &[String], place: &Place) -> Result<(), Refusal> {
        // A line in one word is for `eval`, `sh -c`, or to be divided.
        if let [line] = words
            && line.contains(' ')
        {
            return self.script(line, place);
        }
        let is_command = words.first().is_some_and(|first| !first.starts_with('-'));
        let whole = is_command.then_some(words);
        let among = self.cx.knowledge.commands_among(words);
        let mut commands = whole
            .into_iter()
            .chain(among.filter(|rest| rest.len() < words.len()));
        commands.try_for_each(|words| self.command(words.to_vec(), Vec::new(), place.clone()))
    }

    /// `sh -c SCRIPT`, `bash FILE` or a prompt.
    fn shell(
        &mut self,
        words: &[String],
        named: usize,
        writes: Vec<String>,
        place: Place,
    ) -> Result<(), Refusal> {
        let mut arguments = words[named..].iter();
        while let Some(word) = arguments.next() {
            let is_option = word.starts_with('-');
            if is_option && !word.starts_with("--") && word.contains('c') {
                let script = arguments.next().cloned().unwrap_or_default();
                self.note_writes(writes, place.clone());
                self.script(&script, &place)?;
                return self.handed_over(arguments.as_slice(), &place);
            }
            if !is_option && word != "pipefail" && !word.contains('$') {
                if !self.calls_script(word, true)? {
                    return Err(self.unread(unread_script(word)));
                }
                self.note_writes(writes, place.clone());
                return self.handed_over(arguments.as_slice(), &place);
            }
        }
        self.start.commands.push(StartCommand {
            words: words.to_vec(),
            writes,
            place,
        });
        Ok(())
    }

    pub(super) fn unread(&self, message: String) -> Refusal {
        Refusal::new(self.span(self.start.index), "unread-entrypoint", message)
    }
}

/// The name of the script of a manifest that `words`, of which `named` name the program, run.
fn package_script(needs: Needs, words: &[String], named: usize) -> Option<&String> {
    match needs {
        Needs::TheScriptBehind => words[named..].iter().find(|word| !word.starts_with('-')),
        Needs::TheScriptItself => words[..named].last(),
        _ => None,
    }
}

//! What runs when a container starts: every command of `ENTRYPOINT`, `CMD` and `HEALTHCHECK`, through the shells,
//! wrappers and scripts around it.

use serde_json::Value;

use super::origin::{Origin, origin};
use crate::analysis::paths::join;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::images::Shell;
use crate::knowledge::startup::Needs;
use crate::syntax::shell::{self, RedirectOperator, Simple};
use crate::syntax::{Form, Healthcheck, Kind, Span};
use crate::transform::{Cx, Place, Refusal};

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
}

/// Where the stage and those it is built on say what runs.
#[derive(Default)]
struct Declared {
    entrypoint: Option<usize>,
    cmd: Option<usize>,
    healthcheck: Option<usize>,
}

/// Reads what `stage` starts. `Ok(None)`: it declares nothing.
///
/// # Errors
/// When a script that it starts cannot be read.
pub(super) fn read(cx: &Cx<'_>, stage: &Stage) -> Result<Option<Start>, Refusal> {
    let declared = declared(cx, stage);
    let Some(index) = declared.entrypoint.or(declared.cmd) else {
        return Ok(None);
    };
    let start = Start {
        index,
        commands: Vec::new(),
        program: None,
        unread_scripts: Vec::new(),
    };
    let mut reader = Reader {
        cx,
        stage,
        start,
        open: Vec::new(),
    };
    reader.main(&declared)?;
    if let Some(at) = declared.healthcheck
        && let Kind::Healthcheck(Healthcheck::Cmd { form }) = &cx.facts.views[at].kind
    {
        reader.form(at, form)?;
    }
    Ok(Some(reader.start))
}

fn declared(cx: &Cx<'_>, stage: &Stage) -> Declared {
    let mut declared = match stage.base {
        Base::Stage(parent) => self::declared(cx, &cx.facts.stages[parent]),
        _ => Declared::default(),
    };
    let has_cmd = |at: &usize| stage.body.contains(at);
    for index in stage.body.clone() {
        match &cx.facts.views[index].kind {
            Kind::Cmd { .. } => declared.cmd = Some(index),
            Kind::Entrypoint { .. } => {
                declared.entrypoint = Some(index);
                declared.cmd = declared.cmd.filter(has_cmd);
            }
            Kind::Healthcheck(Healthcheck::Cmd { .. }) => declared.healthcheck = Some(index),
            Kind::Healthcheck(Healthcheck::None) => declared.healthcheck = None,
            _ => {}
        }
    }
    declared
}

struct Reader<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    start: Start,
    /// The scripts that are being read.
    open: Vec<String>,
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

    fn span(&self, index: usize) -> Span {
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
    fn script(&mut self, text: &str, place: &Place) -> Result<(), Refusal> {
        let script = shell::parse(text).map_err(|error| {
            let message = format!("the script cannot be understood ({error}), so it may need root; simplify it, or set USER yourself");
            self.unread(message).because(place.clone(), "this script")
        })?;
        let substituted = script
            .substitutions
            .iter()
            .filter_map(|substitution| substitution.items.clone())
            .flatten();
        let inner = shell::Script {
            items: substituted.collect(),
            ..shell::Script::default()
        };
        for simple in script
            .simple_commands()
            .into_iter()
            .chain(inner.simple_commands())
        {
            let place = match place {
                Place::File(path, _) => Place::File(
                    path.clone(),
                    Some(text[..simple.span.start].matches('\n').count() + 1),
                ),
                other => other.clone(),
            };
            self.command(self.words(simple, text), written(simple, text), place)?;
        }
        Ok(())
    }

    fn words(&self, simple: &Simple, text: &str) -> Vec<String> {
        let state = self.cx.facts.state_after(self.stage);
        let value = |word: &shell::Word| word.expand(text, &|name| state.value(name));
        simple
            .words
            .iter()
            .map(|word| value(word).unwrap_or_else(|| word.text(text).to_owned()))
            .collect()
    }

    /// One command line: what it runs itself, or what a wrapper, a shell or a script runs for it.
    fn command(
        &mut self,
        words: Vec<String>,
        writes: Vec<String>,
        place: Place,
    ) -> Result<(), Refusal> {
        if words.is_empty() || self.open.len() > DEEPEST {
            self.start.commands.push(StartCommand {
                words,
                writes,
                place,
            });
            return Ok(());
        }
        if self.calls_script(&words[0], false)? {
            return Ok(());
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
            return self.package_script(&words, name, place);
        }
        match program.needs {
            Needs::NothingItself => self.command(wrapped(&words[named..]), writes, place),
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
                return self.script(&script, &place);
            }
            if !is_option && word != "pipefail" && !word.contains('$') {
                let read = self.calls_script(word, true)?;
                return if read {
                    Ok(())
                } else {
                    Err(self.unread(unread_script(word)))
                };
            }
        }
        self.start.commands.push(StartCommand {
            words: words.to_vec(),
            writes,
            place,
        });
        Ok(())
    }

    /// Reads the program `name` if it is a shell script of the project; `surely` when a shell is told to read it.
    fn calls_script(&mut self, name: &str, surely: bool) -> Result<bool, Refusal> {
        if !surely && (!has_shell_extension(name) || !self.has_shell()) {
            return Ok(false);
        }
        for path in self.places(name) {
            match origin(self.cx, self.stage, &path) {
                Origin::File(file) => return self.file(&file, surely),
                Origin::Unread(_) if !surely && self.is_known(name) => {}
                Origin::Unread(at) => {
                    let refusal = self.unread(unread_script(name));
                    return Err(refusal.because(self.span(at), "this copy brings it"));
                }
                Origin::Elsewhere => {}
            }
        }
        let by_name = surely || name.ends_with(".sh") || name.ends_with(".bash");
        if by_name && !self.is_known(name) {
            return Err(self.unread(unread_script(name)));
        }
        Ok(false)
    }

    /// Whether there is a shell to read scripts.
    fn has_shell(&self) -> bool {
        let system = self
            .cx
            .facts
            .image(self.stage)
            .and_then(|image| image.system);
        system.map_or(self.stage.base != Base::Scratch, |system| {
            system.shell != Shell::None
        })
    }

    /// Whether the program is in the tables, or comes with an image that declares its own entry point.
    fn is_known(&self, name: &str) -> bool {
        let of_image = || {
            self.cx
                .facts
                .image(self.stage)
                .is_some_and(|image| image.entrypoint)
        };
        let in_table = self
            .cx
            .knowledge
            .startup
            .program(&[name.to_owned()])
            .is_some();
        in_table || !name.contains('/') && of_image()
    }

    /// The paths in the image that `name` may stand for.
    fn places(&self, name: &str) -> Vec<String> {
        let workdir = self.cx.facts.state_after(self.stage).workdir;
        if name.contains('/')
            || name.ends_with(".sh") && self.open.is_empty() && !name.contains('$')
        {
            let in_path = (!name.contains('/'))
                .then(|| in_path(name))
                .into_iter()
                .flatten();
            return std::iter::once(join(&workdir, name))
                .chain(in_path)
                .collect();
        }
        in_path(name)
    }

    /// Reads a file of the build context. `false` when it is no shell script.
    fn file(&mut self, path: &str, surely: bool) -> Result<bool, Refusal> {
        let text = self
            .cx
            .context
            .and_then(|context| context.read(path))
            .unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        let interpreter = first.strip_prefix("#!").unwrap_or_default().trim_end();
        let is_shell = ["sh", "bash", "ash", "dash"].iter().any(|name| {
            interpreter.ends_with(&format!("/{name}"))
                || interpreter.contains(&format!("/{name} "))
                || interpreter.ends_with(&format!(" {name}"))
        });
        if !(surely || is_shell || !first.starts_with("#!") && has_shell_extension(path)) {
            return Ok(false);
        }
        if text.trim().is_empty() {
            return Err(self.unread(format!(
                "{path} is empty in the build context, so what it does is not known"
            )));
        }
        if self.open.iter().any(|open| open == path) {
            return Ok(true);
        }
        self.open.push(path.to_owned());
        self.script(
            &text.replace("\r\n", "\n"),
            &Place::File(path.to_owned(), None),
        )?;
        self.open.pop();
        Ok(true)
    }

    /// `npm start` and `npm run NAME`: what `package.json` says.
    fn package_script(
        &mut self,
        words: &[String],
        name: &str,
        place: Place,
    ) -> Result<(), Refusal> {
        let folder = self.cx.facts.state_after(self.stage).workdir;
        let script = match origin(self.cx, self.stage, &join(&folder, "package.json")) {
            Origin::File(file) => self
                .manifest_script(&file, name)
                .map(|script| (file, script)),
            _ => None,
        };
        match script {
            Some((file, script)) if !self.open.contains(&script) => {
                self.open.push(script.clone());
                self.script(&script, &Place::File(file, None))?;
                self.open.pop();
            }
            _ => {
                self.start.unread_scripts.push(words.join(" "));
                self.start.commands.push(StartCommand {
                    words: words.to_vec(),
                    writes: Vec::new(),
                    place,
                });
            }
        }
        Ok(())
    }

    fn manifest_script(&self, file: &str, name: &str) -> Option<String> {
        let manifest: Value = serde_json::from_str(&self.cx.context?.read(file)?).ok()?;
        Some(manifest.get("scripts")?.get(name)?.as_str()?.to_owned())
    }

    fn unread(&self, message: String) -> Refusal {
        Refusal::new(self.span(self.start.index), "unread-entrypoint", message)
    }
}

fn unread_script(name: &str) -> String {
    format!(
        "the script `{name}` cannot be read, and it may need root; run dfopt with the build context, or set USER yourself"
    )
}

fn has_shell_extension(path: &str) -> bool {
    path.ends_with(".sh")
        || path.ends_with(".bash")
        || !path.rsplit('/').next().unwrap_or_default().contains('.')
}

fn in_path(name: &str) -> Vec<String> {
    [
        "/usr/local/bin",
        "/usr/local/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/bin",
        "/sbin",
    ]
    .map(|folder| join(folder, name))
    .to_vec()
}

/// What a wrapper runs: what follows `--`, or else its options, assignments and numbers.
fn wrapped(rest: &[String]) -> Vec<String> {
    if let Some(at) = rest.iter().position(|word| word == "--") {
        return rest[at + 1..].to_vec();
    }
    let own = |word: &&String| {
        let number = word.trim_end_matches(['s', 'm', 'h']);
        word.starts_with('-') || word.contains('=') || number.parse::<f64>().is_ok()
    };
    rest.iter().skip_while(own).cloned().collect()
}

/// The name of the script of a manifest that `words`, of which `named` name the program, run.
fn package_script(needs: Needs, words: &[String], named: usize) -> Option<&String> {
    match needs {
        Needs::TheScriptBehind => words[named..].iter().find(|word| !word.starts_with('-')),
        Needs::TheScriptItself => words[..named].last(),
        _ => None,
    }
}

fn written(simple: &Simple, text: &str) -> Vec<String> {
    use RedirectOperator as Op;
    let writes = simple.redirects.iter().filter(|redirect| {
        matches!(
            redirect.operator,
            Op::Write | Op::Append | Op::Clobber | Op::ReadWrite | Op::WriteAll | Op::AppendAll
        )
    });
    writes
        .map(|redirect| {
            redirect
                .target
                .text(text)
                .trim_matches(['"', '\''])
                .to_owned()
        })
        .collect()
}

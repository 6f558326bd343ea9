//! What commands of the build leave behind for the user who ran them.

use std::sync::Arc;

use super::left_behind::Looker;
use super::start::StartCommand;
use crate::analysis::paths::{below, file_name, join};
use crate::analysis::runs::Step;
use crate::context::SourceLine;
use crate::knowledge::startup::{Leaves, Needs, Trace};
use crate::knowledge::tools::Does;
use crate::transform::Refusal;
use crate::transforms::dependencies;
use crate::transforms::origin::{Origin, origin_before};

impl Looker<'_> {
    /// Refuses when one of the commands in `text`, which instruction `index` runs, leaves something.
    pub(super) fn traces(&self, index: usize, text: &str) -> Result<(), Refusal> {
        let traces = &self.cx.knowledge.startup.traces;
        let mut commands = text.split("&&").flat_map(|list| list.split([';', '\n']));
        let left = |command| traces.iter().find(|trace| trace.is_left_by(command));
        let mut found = commands.by_ref().filter_map(left);
        match found.find(|trace| self.matters(trace, index)) {
            Some(trace) => Err(self.refuse_trace(index, trace, "")),
            None => Ok(()),
        }
    }

    /// The same for the script of the project that `step` runs, and for the packages that it installs.
    pub(super) fn traces_of_step(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        self.traces_of_script(index, step)?;
        if step.does() != Some(Does::InstallDependencies) {
            return Ok(());
        }
        let names = dependencies::named(self.cx, step);
        let traces = &self.cx.knowledge.startup.traces;
        for name in &names {
            let left = |trace: &&Trace| trace.is_left_by_package(name);
            if let Some(trace) = traces
                .iter()
                .find(left)
                .filter(|trace| self.matters(trace, index))
            {
                return Err(self.refuse_trace(index, trace, name));
            }
        }
        let texts = dependencies::texts(self.cx, step);
        let text = self.text_of(index, step);
        let left = |trace: &&Trace| trace.is_left_by_manifests(text, &texts);
        match traces
            .iter()
            .find(|trace| left(trace) && self.matters(trace, index))
        {
            Some(trace) => Err(self.refuse_trace(index, trace, "")),
            None => Ok(()),
        }
    }

    /// Refuses when `step` runs the program that the container starts, whose sources write files: what it makes during the
    /// build, it changes later.
    pub(super) fn traces_of_program(
        &self,
        index: usize,
        step: &Step<'_>,
        text: &str,
    ) -> Result<(), Refusal> {
        // A program that is only asked for its version is known.
        if step.invocation.is_some() || !self.is_started(index, step) {
            return Ok(());
        }
        let files = self.project.files();
        let mut writing = files.flat_map(|(language, file)| file.lines_with(&language.writes));
        let Some(line) = writing.find(|line| !line.is_comment()) else {
            return Ok(());
        };
        let message = format!(
            "`{text}` runs the program as root, and {}:{} writes files: those that it makes now belong to root; make them when the container starts, or give them to the user in the same RUN",
            line.path, line.line
        );
        Err(self.refuse("data-of-root", index, message))
    }

    /// Whether the container starts the program that `step` runs.
    fn is_started(&self, index: usize, step: &Step<'_>) -> bool {
        let program = step.args.first().map(|arg| arg.known());
        let program = program.filter(|program| program.contains('/'));
        let (Some(program), Some(cwd), Some(stage)) =
            (program, step.cwd.as_deref(), self.cx.facts.stage_of(index))
        else {
            return false;
        };
        let path = join(cwd, program);
        let workdir = self.cx.facts.state_after(stage).workdir;
        let is_it = |command: &StartCommand| {
            let started = command.words.first();
            started.is_some_and(|word| word.contains('/') && join(&workdir, word) == path)
        };
        self.start.commands.iter().any(is_it)
    }

    fn traces_of_script(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        let Some((file, text)) = self.script_of(index, step) else {
            return Ok(());
        };
        self.data_of_script(index, &file)?;
        let traces = &self.cx.knowledge.startup.traces;
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with(['#', '/']))
        {
            let left = |trace: &&Trace| trace.is_left_by(line) && self.matters(trace, index);
            if let Some(trace) = traces.iter().find(left) {
                return Err(self.refuse_trace(index, trace, &file));
            }
        }
        Ok(())
    }

    /// Refuses when the script at `file` makes a file that another source writes again, or makes files and is run or loaded
    /// again when the container runs.
    fn data_of_script(&self, index: usize, file: &str) -> Result<(), Refusal> {
        let files = self.project.files();
        let writing = files.flat_map(|(language, file)| file.lines_with(&language.writes));
        let (made, others): (Vec<SourceLine<'_>>, Vec<_>) = writing
            .filter(|line| !line.is_comment())
            .partition(|line| line.path == file);
        if !made.is_empty() {
            self.runs_again(index, file)?;
        }
        let made: Vec<&str> = made.iter().flat_map(|line| self.named(line)).collect();
        let again = others.iter().find_map(|line| {
            let names = self.named(line).into_iter();
            let is_made = |name: &&str| made.iter().any(|own| below(name, own).is_some());
            Some((line, names.into_iter().find(is_made)?))
        });
        match again {
            Some((line, name)) => {
                let message = format!(
                    "{file} makes {name} as root, and {}:{} writes there when the container runs; make it then, or give it to the user in the same RUN",
                    line.path, line.line
                );
                Err(self.refuse("data-of-root", index, message))
            }
            None => Ok(()),
        }
    }

    /// Refuses when the container runs the script at `file`, which makes files, or another source loads it.
    fn runs_again(&self, index: usize, file: &str) -> Result<(), Refusal> {
        let name = file_name(file);
        let module = name.split_once('.').map_or(name, |(module, _)| module);
        let is_started = |command: &&StartCommand| {
            let mut words = command.words.iter();
            words.any(|word| file_name(word) == name)
        };
        let names_it = |line: &SourceLine<'_>| {
            let mut words = line.text.split(|c: char| !c.is_alphanumeric() && c != '_');
            line.path != file && words.any(|word| word == module)
        };
        let loads = || {
            let files = self.project.files();
            let mut loading = files.flat_map(|(language, file)| file.lines_with(&language.imports));
            let line = loading.find(names_it)?;
            Some(format!("{}:{}", line.path, line.line))
        };
        let started = self.start.commands.iter().find(is_started);
        let again = match started {
            Some(command) => Some(format!("`{}`", command.words.join(" "))),
            None => loads(),
        };
        let Some(again) = again else { return Ok(()) };
        let message = format!(
            "{file} makes files as root, and {again} may have it make them again when the container runs; make them then, or give them to the user in the same RUN"
        );
        Err(self.refuse("data-of-root", index, message))
    }

    /// The files and folders that a line names in quotes.
    fn named<'l>(&self, line: &SourceLine<'l>) -> Vec<&'l str> {
        let makes_folder = self.cx.knowledge.startup.settings.is_folder(line.text);
        let quoted = line.text.split(['"', '\'', '`']).skip(1).step_by(2);
        let is_name = |word: &&str| {
            let is_path = word.contains(['/', '.']) || makes_folder;
            is_path && word.len() > 2 && !word.contains([' ', '{', '$', '%', '(', '*'])
        };
        quoted
            .map(|word| word.trim_start_matches("./"))
            .filter(is_name)
            .collect()
    }

    /// The file of the build context that `step` runs, with its text.
    pub(super) fn script_of(&self, index: usize, step: &Step<'_>) -> Option<(String, Arc<str>)> {
        let words: Vec<String> = step.args.iter().map(|arg| arg.known().to_owned()).collect();
        let interpreted = self
            .cx
            .knowledge
            .startup
            .program(&words)
            .filter(|(program, _)| matches!(program.needs, Needs::AScript | Needs::AnArgument));
        let script = match interpreted {
            Some((_, named)) => words[named..].iter().find(|word| !word.starts_with('-'))?,
            None => words.first().filter(|word| word.contains('/'))?,
        };
        let stage = self.cx.facts.stage_of(index)?;
        let path = join(step.cwd.as_deref()?, script);
        match origin_before(self.cx, stage, index, &path) {
            Origin::File(file) => {
                let text = self.cx.context?.read(&file)?;
                Some((file, text))
            }
            _ => None,
        }
    }

    /// Whether the program needs what is left: no variable and no other step puts it where everybody can read it.
    fn matters(&self, trace: &Trace, index: usize) -> bool {
        let state = &self.cx.facts.states[index];
        let home_is_moved = state
            .value("HOME")
            .is_some_and(|home| below(&home, "/root").is_none());
        let by_step = |&at: &usize| {
            let view = &self.cx.facts.views[at];
            let text = view.body.text(&view.logical.text);
            let unless = trace.unless_step.as_ref();
            unless.is_some_and(|regex| regex.is_match(text))
        };
        let is_moved = trace.leaves == Leaves::Home && home_is_moved
            || trace
                .unless_env
                .iter()
                .any(|name| state.variables.contains_key(name))
            || self.history.iter().any(by_step);
        let is_used = trace.used_by.is_empty()
            || trace
                .used_by
                .iter()
                .any(|name| self.start.called.contains(name));
        is_used && !is_moved
    }

    /// `by` names the script or the package behind the command, if there is one.
    fn refuse_trace(&self, index: usize, trace: &Trace, by: &str) -> Refusal {
        let (code, remedy) = match trace.leaves {
            Leaves::Home => (
                "home-of-root",
                "send it to a folder that everybody may read",
            ),
            Leaves::Data => (
                "data-of-root",
                "make it when the container starts, or give it to the user in the same RUN",
            ),
            Leaves::Private => (
                "mode-for-root",
                "let others read it in the same RUN, or make it when the container starts",
            ),
            Leaves::Rights => (
                "needs-root",
                "set USER yourself when you know that it works",
            ),
        };
        let by = if by.is_empty() {
            String::new()
        } else {
            format!("{by}: ")
        };
        self.refuse(code, index, format!("{by}{}; {remedy}", trace.why))
    }
}

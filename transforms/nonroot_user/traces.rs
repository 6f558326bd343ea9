//! What commands of the build leave behind for the user who ran them.

use super::left_behind::Looker;
use super::start::StartCommand;
use crate::analysis::paths::{below, join};
use crate::analysis::runs::Step;
use crate::knowledge::startup::{Leaves, Trace};
use crate::knowledge::tools::Does;
use crate::transform::Refusal;
use crate::transforms::dependencies;

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

    /// The same for the scripts of the project that `step` runs, and for the packages that it installs.
    pub(super) fn traces_of_step(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        self.traces_of_scripts(index, step)?;
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

    /// Whether `step` of instruction `index`, or a script of the project that it runs, leaves `trace`.
    pub(super) fn leaves(&self, index: usize, step: &Step<'_>, trace: &Trace) -> bool {
        let by_line = |text: &str| code(text).any(|line| trace.is_left_by(line));
        let scripts = self.scripts_of(index, step);
        trace.is_left_by(self.text_of(index, step)) || scripts.iter().any(|(_, text)| by_line(text))
    }

    fn traces_of_scripts(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        let traces = &self.cx.knowledge.startup.traces;
        for (file, text) in self.scripts_of(index, step) {
            self.data_of_script(index, &file)?;
            let mut lines = code(&text);
            let left = |line: &str| {
                let mut left = traces.iter().filter(|trace| trace.is_left_by(line));
                left.find(|trace| self.matters(trace, index))
            };
            if let Some(trace) = lines.find_map(left) {
                return Err(self.refuse_trace(index, trace, &file));
            }
        }
        Ok(())
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
            || trace.of_scripts && self.installs_unused_tools(index)
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

/// The lines of a script without those that are comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines();
    lines.filter(|line| !line.trim_start().starts_with(['#', '/']))
}

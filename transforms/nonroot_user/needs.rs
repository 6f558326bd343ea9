//! What the commands that start need of their user.

use super::leftovers::{self, Leftover, Maker};
use super::ownership::Territory;
use super::site::Site;
use super::start::{Start, StartCommand};
use crate::analysis::commands::{Arg, recognise};
use crate::analysis::paths::{join, parent};
use crate::knowledge::startup::{Needs, Program};
use crate::knowledge::tools::Does;
use crate::syntax::Span;
use crate::transform::Refusal;

/// Refuses what its name says about a command that starts: it is a prompt, or cannot do its work without root.
///
/// # Errors
/// The first such command.
pub(super) fn refuse_by_name(site: &Site<'_>, start: &Start) -> Result<(), Refusal> {
    let judge = Judge { site };
    judge.program(start)?;
    judge.variables()?;
    let mut commands = start.commands.iter();
    commands.try_for_each(|command| judge.command(command))
}

/// Refuses when a command that starts writes where the build has put files as root.
///
/// # Errors
/// The first such command.
pub(super) fn check(site: &Site<'_>, start: &Start, territory: &Territory) -> Result<(), Refusal> {
    let judge = Judge { site };
    let mut commands = start.commands.iter();
    commands.try_for_each(|command| judge.build_output(command, territory))
}

struct Judge<'a> {
    site: &'a Site<'a>,
}

impl Judge<'_> {
    /// The program that stays: a prompt is no program.
    fn program(&self, start: &Start) -> Result<(), Refusal> {
        let [command] = start.commands.as_slice() else {
            return Ok(());
        };
        let Some((program, named)) = self.site.cx.knowledge.startup.program(&command.words) else {
            return Ok(());
        };
        let no_argument = command.words[named..].iter().all(|word| {
            word.starts_with('-') && word.len() == 2 && !word.contains(['c', 'e', 'm'])
        });
        let prompt = match program.needs {
            Needs::APerson => true,
            Needs::AnArgument | Needs::AScript => no_argument,
            _ => false,
        };
        if !prompt {
            return Ok(());
        }
        let message = format!(
            "`{}` {}; set USER yourself if it is meant for people without root",
            command.words.join(" "),
            program.why
        );
        Err(self
            .site
            .refuse("no-program", message)
            .because(command.place.clone(), "what the image runs"))
    }

    fn command(&self, command: &StartCommand) -> Result<(), Refusal> {
        self.table(command)?;
        self.installs(command)?;
        self.devices(command)
    }

    fn refuse(
        &self,
        code: &'static str,
        command: &StartCommand,
        why: &str,
        remedy: &str,
    ) -> Refusal {
        let line = command.words.join(" ");
        self.site
            .refuse(code, format!("`{line}` {why}; {remedy}"))
            .because(command.place.clone(), "run when the container starts")
    }

    /// Whether the program is called by its path and lies in the working folder itself, which is the project's own.
    fn is_in_working_folder(&self, command: &StartCommand) -> bool {
        let workdir = self.site.cx.facts.state_after(self.site.stage).workdir;
        let mut program = command.words.iter().take(1);
        self.site.cx.knowledge.startup.is_own_folder(&workdir)
            && program.any(|path| path.contains('/') && parent(&join(&workdir, path)) == workdir)
    }

    fn table(&self, command: &StartCommand) -> Result<(), Refusal> {
        let Some((program, _)) = self.site.cx.knowledge.startup.program(&command.words) else {
            return Ok(());
        };
        let (code, remedy) = match program.needs {
            // A file of the project may be called like a program of the system.
            Needs::Root if self.is_in_working_folder(command) => return Ok(()),
            Needs::Root => (
                "needs-root",
                "set USER yourself if it is set up to do without",
            ),
            Needs::Build => ("builds-at-start", "do it in a RUN"),
            Needs::Home => ("home-of-root", "keep it outside of the home folder"),
            _ => return Ok(()),
        };
        Err(self.refuse(code, command, &program.why, remedy))
    }

    fn build_output(&self, command: &StartCommand, territory: &Territory) -> Result<(), Refusal> {
        match self.site.cx.knowledge.startup.program(&command.words) {
            Some((program, _))
                if program.needs == Needs::BuildOutput
                    && self.meets_files_of_root(program, territory) =>
            {
                let remedy = "give these folders to the user in the step that makes them";
                Err(self.refuse("writes-build-output", command, &program.why, remedy))
            }
            _ => Ok(()),
        }
    }

    /// Whether there are files of root where `program` writes.
    fn meets_files_of_root(&self, program: &Program, territory: &Territory) -> bool {
        let leftovers = leftovers::all(self.site.cx, self.site.stage, territory);
        // What the steps of the stage make of it is given away.
        let workdir = territory.workdir.as_deref().unwrap_or_default();
        let gives = |name: &String| territory.has(&join(workdir, name));
        let is_given = !program.writes.is_empty() && program.writes.iter().all(gives);
        let is_written = |name: &str| {
            program.writes.is_empty() || program.writes.iter().any(|written| written == name)
        };
        let written = |leftover: &Leftover<'_>| {
            let is_given = !matches!(leftover.by, Maker::Copy(_)) && is_given;
            let is_unknown = leftover.paths.is_empty() && !is_given;
            let is_there = is_unknown || leftover.names().any(is_written);
            is_there && (!leftover.is_dependency || program.in_dependencies)
        };
        leftovers.iter().any(written)
    }

    /// What the tables of the build know to install or build, where it is not known what else it writes.
    fn installs(&self, command: &StartCommand) -> Result<(), Refusal> {
        let known = self.site.cx.knowledge.startup.program(&command.words);
        if known.is_some_and(|(program, _)| !program.caches.is_empty()) {
            return Ok(());
        }
        let invocation = recognise(&self.site.cx.knowledge.tools, &args(command));
        let why = match invocation.map(|invocation| invocation.action.does) {
            Some(Does::InstallDependencies | Does::Build) => {
                "installs or builds what the build, as root, has put there"
            }
            Some(
                Does::RefreshLists
                | Does::InstallPackages
                | Does::UpgradePackages
                | Does::RemovePackages,
            ) => "changes the packages of the system",
            _ => return Ok(()),
        };
        Err(self.refuse("builds-at-start", command, why, "do it in a RUN"))
    }

    fn devices(&self, command: &StartCommand) -> Result<(), Refusal> {
        let startup = &self.site.cx.knowledge.startup;
        let is_device = |word: &String| {
            let word = word.replace("/./", "/");
            word.contains("docker.sock") || startup.device_in(&word).is_some()
        };
        match command.words.iter().find(|word| is_device(word)) {
            Some(_) => Err(self.refuse(
                "needs-root",
                command,
                "uses a device or a socket of the host",
                "only its owner can tell who may",
            )),
            None => Ok(()),
        }
    }

    /// The variables of the image that name a device.
    fn variables(&self) -> Result<(), Refusal> {
        let (cx, stage) = (self.site.cx, self.site.stage);
        let variables = cx.facts.state_after(stage).variables;
        let named = variables.iter().find_map(|(name, variable)| {
            let device = cx.knowledge.startup.device_in(variable.known()?)?;
            Some(format!("{name} names {device}"))
        });
        match named {
            Some(named) => {
                let message = format!(
                    "{named}, a device of the host, and only its owner can tell who may use it; set USER yourself if the program may"
                );
                Err(self.site.refuse("needs-root", message))
            }
            None => Ok(()),
        }
    }
}

/// The words of `command`, as the tables of the build take them.
pub(super) fn args(command: &StartCommand) -> Vec<Arg> {
    let arg = |word: &String| Arg {
        span: Span::default(),
        text: Some(word.clone()),
        glob: false,
    };
    command.words.iter().map(arg).collect()
}

//! Folders of the build's output that the program writes, given away by the step that makes them.

use super::ownership::{HandedOver, Surveyor, Territory};
use super::start::{Reader, Start, StartCommand};
use crate::analysis::paths::join;
use crate::analysis::runs::Step;
use crate::knowledge::startup::Program;
use crate::syntax::Span;
use crate::transform::Place;

/// Gives them away, where it is known which folders a program that starts writes, and which step makes these.
pub(super) fn settle(surveyor: &Surveyor<'_>, start: &Start, territory: &mut Territory) {
    let (cx, stage) = (surveyor.site.cx, surveyor.site.stage);
    let Some(workdir) = territory
        .workdir
        .clone()
        .filter(|_| surveyor.account.has_shell)
    else {
        return;
    };
    let programs = start.commands.iter();
    let known = programs.filter_map(|command| cx.knowledge.startup.program(&command.words));
    let known: Vec<&Program> = known
        .map(|(program, _)| program)
        .filter(|program| !program.made_by.is_empty() && !is_moved(surveyor, program))
        .collect();
    for program in known {
        let paths: Vec<String> = program
            .writes
            .iter()
            .map(|name| join(&workdir, name))
            .collect();
        let makes = |step: &Step<'_>| {
            step.cwd.as_ref() == Some(&workdir) && is_made_by(surveyor, program, step)
        };
        for index in stage.body.clone() {
            let steps = surveyor.open_list(index).unwrap_or_default();
            let Some(last) = steps.last().filter(|_| steps.iter().any(makes)) else {
                continue;
            };
            if last.cwd.as_ref() == Some(&workdir) && !paths.iter().all(|path| territory.has(path))
            {
                territory.handed_over.push(HandedOver {
                    index,
                    step: last.span,
                    operands: program.writes.join(" "),
                    made: None,
                    with_contents: true,
                    paths: paths.clone(),
                });
            }
        }
    }
}

/// Whether a file of settings puts them elsewhere, or none can be looked at.
pub(super) fn is_moved(surveyor: &Surveyor<'_>, program: &Program) -> bool {
    surveyor.site.cx.context.is_none_or(|context| {
        let settings = context.files_called(&program.settings);
        let mut files = settings.files();
        files.any(|file| file.lines_with(&program.moved_by).next().is_some())
    })
}

/// Whether `step` runs the command that makes the folders of `program`, perhaps by a script of a manifest.
fn is_made_by(surveyor: &Surveyor<'_>, program: &Program, step: &Step<'_>) -> bool {
    let stage = surveyor.site.stage;
    let mut reader = Reader::at(surveyor.site.cx, stage, stage.from);
    let words: Option<Vec<String>> = step.args.iter().map(|arg| arg.text.clone()).collect();
    let Some(words) = words else { return false };
    let place = || Place::Source(Span::default());
    // `npm run build` is known as a build by its name: what counts is the script.
    let named = words.iter().skip(1).rfind(|word| !word.starts_with('-'));
    let script = named.map(|name| reader.package_script(&words, name, place()));
    let direct = reader.command(words.clone(), Vec::new(), place());
    let is_read = direct.is_ok() && script.is_none_or(|script| script.is_ok());
    let commands = &reader.start.commands;
    let is_elsewhere =
        |command: &StartCommand| command.words.first().is_some_and(|word| word == "cd");
    let is_here = !commands.iter().any(is_elsewhere);
    is_read
        && is_here
        && commands
            .iter()
            .any(|command| program.is_made_by(&command.words))
}

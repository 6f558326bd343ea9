//! What else would be started, or looked at, if the words stood for themselves.

use super::script;
use crate::analysis::launch::{Declared, form};
use crate::analysis::paths::join;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::images::Entrypoint;
use crate::knowledge::startup::Needs;
use crate::syntax::Form;
use crate::syntax::shell::{self, Simple};
use crate::transform::Cx;
use crate::transforms::origin::{Origin, origin};

/// Checks that the words at `index` would neither get arguments that the shell form ignores nor be
/// given to a program that looks at them.
///
/// # Errors
/// The reason why not.
pub(super) fn check(
    cx: &Cx<'_>,
    stage: &Stage,
    declared: &Declared,
    index: usize,
) -> Result<(), &'static str> {
    if declared.entrypoint == Some(index) {
        return match declared.cmd {
            Some(_) => {
                Err("the program would get the words of CMD, which a shell-form ENTRYPOINT ignores")
            }
            None if is_given_words(cx, stage) => Err(
                "the program would get the words that a container is given, which a shell-form ENTRYPOINT ignores",
            ),
            None => Ok(()),
        };
    }
    let hands_on = match declared.entrypoint {
        Some(at) => runs_what_it_gets(cx, stage, at),
        None => stage.base == Base::Scratch || base_image_hands_on(cx, stage)?,
    };
    if hands_on {
        Ok(())
    } else {
        Err("the entry point gets `/bin/sh -c` and one string now, and may look at what it gets")
    }
}

/// Whether a container is started with a command, and with no entry point of its own.
fn is_given_words(cx: &Cx<'_>, stage: &Stage) -> bool {
    let mut containers = cx
        .possible_uses(stage)
        .filter_map(|used| used.container.as_ref());
    containers.any(|container| container.command.is_some() && container.entrypoint.is_none())
}

fn base_image_hands_on(cx: &Cx<'_>, stage: &Stage) -> Result<bool, &'static str> {
    let image = cx.facts.image(stage);
    let image = image.ok_or("it is not known whether the base image has an entry point")?;
    Ok(image.entrypoint != Entrypoint::Decides)
}

/// Whether the `ENTRYPOINT` at `index` runs the command behind it, whatever that is.
fn runs_what_it_gets(cx: &Cx<'_>, stage: &Stage, index: usize) -> bool {
    let Some(Form::Exec(words)) = form(&cx.facts.views[index]) else {
        return script(cx, index).is_none();
    };
    let words: Vec<String> = words.iter().map(|word| word.value.clone()).collect();
    let Some(program) = words.first() else {
        return true;
    };
    let path = join(&cx.facts.states[index].workdir, program);
    match origin(cx, stage, &path) {
        Origin::File(file) => {
            let text = cx.context.and_then(|context| context.read(&file));
            words.len() == 1 && text.is_some_and(|text| ends_with_its_arguments(&text))
        }
        // The name of an entry-point script says nothing about what is in it.
        Origin::Unread(_) => false,
        Origin::Program | Origin::Elsewhere => {
            let known = cx.knowledge.startup.program(&words);
            !program.ends_with(".sh")
                && known.is_some_and(|(program, _)| program.needs == Needs::NothingItself)
        }
    }
}

/// Whether a script runs its arguments with `exec "$@"` at its end, and looks at them nowhere else.
fn ends_with_its_arguments(text: &str) -> bool {
    const RUNS_THEM: &str = "exec \"$@\"";
    let text = text.replace("\r\n", "\n");
    let Ok(script) = shell::parse(&text) else {
        return false;
    };
    let names = script
        .parameters
        .iter()
        .map(|parameter| parameter.name.text(&text));
    let is_argument = |name: &&str| {
        matches!(*name, "@" | "*" | "#") || name.starts_with(|c: char| matches!(c, '1'..='9'))
    };
    let commands = script.simple_commands();
    text.trim_end().ends_with(RUNS_THEM)
        && names.filter(is_argument).count() == 1
        && !commands
            .into_iter()
            .any(|command| may_change_arguments(command, &text))
}

/// Whether a command of a script gives the script other arguments, or lets another script do that.
fn may_change_arguments(command: &Simple, script: &str) -> bool {
    let mut words = command.words.iter().map(|word| word.text(script));
    match words.next() {
        Some("shift" | "getopts" | "eval" | "source" | ".") => true,
        // `set -e` sets an option, `set -- "$x"` and `set "$x"` set the arguments.
        Some("set") => words.any(|word| word == "--" || !word.starts_with(['-', '+'])),
        _ => false,
    }
}

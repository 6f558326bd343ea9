//! Commands that the sources of the project start and that only root may run.

use crate::context::{Source, SourceLine};
use crate::knowledge::Knowledge;
use crate::knowledge::startup::Needs;
use crate::knowledge::tools::{Action, Does};

/// The first line of `file`, a source that starts programs, which starts a command that only root may run, with that
/// command.
pub(super) fn first_of_root<'s>(
    knowledge: &Knowledge,
    file: &'s Source,
) -> Option<(SourceLine<'s>, String)> {
    let mut before = "";
    for line in file.lines().filter(|line| !line.is_comment()) {
        let mut commands = commands(knowledge, before, line.text).into_iter();
        if let Some(name) = commands.find(|name| only_root_may(knowledge, name)) {
            return Some((line, name));
        }
        before = line.text;
    }
    None
}

/// The names of the programs that `line` starts. A call may begin at the end of the line above, which is `before`.
fn commands(knowledge: &Knowledge, before: &str, line: &str) -> Vec<String> {
    let mut pieces = line.split(['"', '\'', '`']);
    let mut names = Vec::new();
    while let (Some(outside), Some(quoted)) = (pieces.next(), pieces.next()) {
        let is_first = names.is_empty() && std::ptr::eq(outside.as_ptr(), line.as_ptr());
        let call = if is_first {
            format!("{before} {outside}")
        } else {
            outside.to_owned()
        };
        let name = quoted.split_whitespace().next().unwrap_or_default();
        if knowledge.startup.is_call(&call) {
            names.push(name.rsplit('/').next().unwrap_or(name).to_owned());
        }
    }
    names
}

/// Whether only root may run the program `name`, whatever it is asked: it needs root, or works on the packages of the system.
fn only_root_may(knowledge: &Knowledge, name: &str) -> bool {
    let words = [name.to_owned()];
    let program = knowledge.startup.program(&words);
    let needs_root = program.is_some_and(|(program, _)| program.needs == Needs::Root);
    let installs = |action: &Action| action.does == Does::InstallPackages;
    let tool = knowledge.tools.find(&[name]);
    needs_root || tool.is_some_and(|(tool, _)| tool.actions.iter().any(installs))
}

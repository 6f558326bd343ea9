//! Commands that the sources of the project start and that only root may run.

use std::collections::BTreeSet;

use crate::context::SourceLine;
use crate::knowledge::Knowledge;
use crate::knowledge::startup::Needs;
use crate::knowledge::tools::{Action, Does};

/// The first of `lines` that starts a command which only root may run, with that command. `starts` says whether a line
/// shows that its file starts programs at all. The lines of a file follow each other.
pub(super) fn first_of_root<'a, T>(
    knowledge: &Knowledge,
    lines: impl Fn() -> T,
    starts: impl Fn(&SourceLine) -> bool,
) -> Option<(SourceLine, String)>
where
    T: Iterator<Item = SourceLine> + 'a,
{
    let files: BTreeSet<String> = lines()
        .filter(|line| starts(line))
        .map(|line| line.path)
        .collect();
    let mut above = SourceLine::default();
    for line in lines().filter(|line| files.contains(&line.path) && !line.is_comment()) {
        let before = if above.path == line.path {
            above.text.as_str()
        } else {
            ""
        };
        let commands = commands(knowledge, before, &line.text);
        if let Some(name) = commands
            .into_iter()
            .find(|name| only_root_may(knowledge, name))
        {
            return Some((line, name));
        }
        above = line;
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

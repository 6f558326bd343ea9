//! A copy of the project among the dependencies, where `pip install .` puts it as root: what it writes beside itself is
//! written there.

use std::collections::BTreeSet;

use super::site::Site;
use super::sources::Project;
use super::start::Start;
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::analysis::state::Variable;
use crate::context::{Source, SourceLine};
use crate::knowledge::tools::{Does, Language, Operands};
use crate::transform::{Cx, Place, Refusal};

/// Refuses when the container runs such a copy, and a source writes beside itself.
///
/// # Errors
/// The first line that does.
pub(super) fn check(site: &Site<'_>, start: &Start, project: &Project<'_>) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    let mut steps = (0..cx.facts.runs.len()).flat_map(|at| cx.facts.steps(at));
    if !steps.any(installs_project) {
        return Ok(());
    }
    let mut files = project.files();
    let found = files.find_map(|(language, file)| {
        let line = written_beside(language, file)?;
        is_run_from_copy(cx, stage, start, language, file).then_some(line)
    });
    let Some(line) = found else { return Ok(()) };
    let message = format!(
        "{}:{} writes beside itself, and what runs is the copy that the install of the project has made as root; let it write somewhere else",
        line.path, line.line
    );
    let place = Place::File(line.path.to_owned(), Some(line.line));
    Err(site
        .refuse("writes-build-output", message)
        .because(place, "what the program does"))
}

/// Whether `step` copies a project among the dependencies: `pip install .`, and not `pip install -e .`.
fn installs_project(step: &Step<'_>) -> bool {
    let install = step.invocation.as_ref().filter(|known| {
        let may_be_path = known.action.operands == Operands::PackagesOrPaths;
        may_be_path && known.action.does == Does::InstallDependencies
    });
    install.is_some_and(|install| {
        let mut operands = install.operands.iter().map(|&at| step.args[at].known());
        operands.any(|operand| operand.starts_with(['.', '/']) && !operand.ends_with(".whl"))
    })
}

/// The first line of `file` that writes and names its own place, or a variable that was made of it.
fn written_beside<'s>(language: &Language, file: &'s Source) -> Option<SourceLine<'s>> {
    file.lines_with(&language.beside).next()?;
    let beside = file.matching(&language.beside);
    let writes = file.matching(&language.writes);
    let mut variables: BTreeSet<&str> = BTreeSet::new();
    let lines = || file.lines().filter(|line| !line.is_comment());
    // A variable of the class or function may stand above the one that it is made of.
    for line in lines().chain(lines()) {
        let names_place = line.is_matched_by(&beside) || names_one_of(line.text, &variables);
        variables.extend(assigned(line.text).filter(|_| names_place));
    }
    lines().find(|line| {
        let names_place = line.is_matched_by(&beside) || names_one_of(line.text, &variables);
        names_place && line.is_matched_by(&writes)
    })
}

fn names_one_of(text: &str, variables: &BTreeSet<&str>) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| variables.contains(word))
}

/// The variable at the start of a line that assigns something.
fn assigned(text: &str) -> Option<&str> {
    let (left, right) = text.split_once('=')?;
    let name = left.split(':').next()?.trim().trim_start_matches("self.");
    let is_name = |name: &&str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(is_part)
    };
    Some(name).filter(|name| is_name(name) && !right.starts_with('='))
}

/// Whether containers run `file` where the install has put it: by the name of a program of the package, or because nothing
/// looks for packages in the folder of its sources.
fn is_run_from_copy(
    cx: &Cx<'_>,
    stage: &Stage,
    start: &Start,
    language: &Language,
    file: &Source,
) -> bool {
    let Some(context) = cx.context else {
        return false;
    };
    let read = |name: &String| context.read(name);
    let manifests: Vec<_> = language.names_programs.iter().filter_map(read).collect();
    let names = |name: &String| {
        let mut lines = manifests.iter().flat_map(|text| text.lines());
        lines.any(|line| names_program(line, name))
    };
    let variables = cx.facts.state_after(stage).variables;
    let texts = start.commands.iter().flat_map(|command| &command.words);
    let is_in_folder_of_sources = file.path().split_once('/').is_some_and(|(folder, rest)| {
        let is_named = |text: &str| text.split(['/', ':', '=']).any(|part| part == folder);
        let is_package = context.read(&format!("{folder}/__init__.py")).is_some();
        let mut values = variables.values().filter_map(Variable::known);
        rest.contains('/')
            && !is_package
            && !texts.clone().any(|word| is_named(word))
            && !values.any(is_named)
    });
    is_in_folder_of_sources || start.called.iter().any(names)
}

/// Whether `line` of a manifest names the program `name` and what it starts: `name = "package.module:function"`.
fn names_program(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let behind = line[at + name.len()..].trim_start_matches(['"', '\'', ' ']);
        let is_start = before.is_none_or(|c| matches!(c, '"' | '\'' | ' ' | '\t' | '['));
        is_start
            && behind
                .strip_prefix('=')
                .is_some_and(|rest| rest.contains(':'))
    })
}

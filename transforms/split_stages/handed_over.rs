//! Programs that a script of the project starts, to which the container hands over: `exec "$@"`.

use crate::knowledge::startup::Needs;

use super::Site;
use super::artefacts::Artefacts;
use super::packages::RuntimePackages;
use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::paths::{below, file_name, join, parent};

/// The programs that the container may start of what is built: that of its own command line, and those that a script there
/// starts.
pub(super) fn programs(site: &Site<'_>) -> Vec<String> {
    let Some(first) = site.launches.launches.first() else {
        return Vec::new();
    };
    let mut programs = vec![first.program().to_owned()];
    let lines = site.command_lines().unwrap_or_default();
    let by_script = lines.iter().filter(|line| line.by_script);
    let by_script = by_script.filter(|line| line.launch == first);
    programs.extend(by_script.filter_map(|line| line.words.first().cloned()));
    programs
}

/// Whether a script of the project starts what the container runs.
pub(super) fn is_scripted(site: &Site<'_>) -> bool {
    let lines = site.command_lines().unwrap_or_default();
    lines.iter().any(|line| line.by_script)
}

/// The first program that a script starts, and of which nobody can say that it is in the runtime stage.
pub(super) fn missing(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
) -> Option<String> {
    let lines = site.command_lines().unwrap_or_default();
    let by_script = lines.iter().filter(|line| line.by_script);
    let mut programs = by_script.filter_map(|line| line.words.first().cloned());
    programs.find(|program| !is_there(site, artefacts, packages, program))
}

fn is_there(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
    program: &str,
) -> bool {
    let taken = artefacts.taken();
    let holds = |path: &str| taken.iter().any(|(_, to)| below(path, to).is_some());
    if program.contains('/') {
        let path = join(&site.workdir(), program);
        let is_of_system = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];
        let is_of_system = is_of_system
            .iter()
            .any(|folder| below(&path, folder).is_some());
        return is_of_system || holds(&path);
    }
    let knowledge = site.cx.knowledge;
    let is_installed = packages.names.iter().any(|name| name == program);
    let is_known = knowledge
        .tools
        .find(&[program])
        .is_some_and(|(tool, _)| tool.ecosystem.is_none() && !tool.of_builds);
    let is_shell = is_shell(site, program);
    let is_made = artefacts.is_searched && has_folder(site, program);
    let is_searched = PROGRAM_FOLDERS
        .iter()
        .any(|folder| holds(&join(folder, program)));
    is_made || is_searched || is_installed || is_known || is_shell
}

/// Whether `program` is one that only runs what it is given, such as a shell.
pub(super) fn is_shell(site: &Site<'_>, program: &str) -> bool {
    let startup = &site.cx.knowledge.startup;
    startup
        .program(&[program.to_owned()])
        .is_some_and(|(program, _)| matches!(program.needs, Needs::AScript | Needs::NothingItself))
}

/// Whether a folder of the project is called as the program that is made of it: `cmd/worker`.
fn has_folder(site: &Site<'_>, program: &str) -> bool {
    let language = site
        .image
        .provides
        .and_then(|name| site.cx.knowledge.tools.language(name));
    let Some((context, language)) = site.cx.context.zip(language) else {
        return false;
    };
    let sources = context.sources(language);
    let mut folders = sources.files().map(|file| parent(file.path()));
    folders.any(|folder| file_name(folder) == program)
}

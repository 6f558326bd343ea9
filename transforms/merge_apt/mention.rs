//! What a script that is not understood seems to ask of a package manager.

use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::knowledge::package_managers::PackageManager;
use crate::knowledge::tools::Does;
use crate::transform::Cx;

/// Whether `step` calls the manager itself, in words that the tables explain or not.
pub(super) fn calls(cx: &Cx<'_>, manager: &PackageManager, step: &Step<'_>) -> bool {
    let program = step.args.first().map(|arg| file_name(arg.known()));
    program.is_some_and(|program| is_program(cx, manager, program))
}

/// The manager that `text` seems to download lists or install packages with.
pub(super) fn manager_in<'a>(cx: &Cx<'a>, text: &str) -> Option<&'a PackageManager> {
    let mut managers = cx.knowledge.package_managers.iter();
    managers.find(|manager| first_use(cx, manager, text).is_some())
}

/// The first thing that has to do with the lists of `manager` and seems to be asked for in `text`.
pub(super) fn first_use(cx: &Cx<'_>, manager: &PackageManager, text: &str) -> Option<Does> {
    let tool = cx.knowledge.tools.get(&manager.tool)?;
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || "-_./".contains(c)))
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let verb_behind = |at: usize| words[at + 1..].iter().find(|word| !word.starts_with('-'));
    let does = |verb: &str| {
        let mut actions = tool.actions.iter();
        let action = actions.find(|action| action.verbs.iter().any(|known| known == verb))?;
        touches_lists(action.does).then_some(action.does)
    };
    (0..words.len())
        .filter(|&at| is_program(cx, manager, file_name(words[at])))
        .find_map(|at| does(verb_behind(at)?))
}

/// Whether an action of a package manager downloads lists or looks packages up in them.
pub(super) fn touches_lists(does: Does) -> bool {
    matches!(
        does,
        Does::RefreshLists
            | Does::InstallPackages
            | Does::UpgradePackages
            | Does::ConfigurePackages
    )
}

fn is_program(cx: &Cx<'_>, manager: &PackageManager, name: &str) -> bool {
    let tool = cx.knowledge.tools.get(&manager.tool);
    tool.is_some_and(|tool| tool.programs.iter().any(|program| program == name))
}

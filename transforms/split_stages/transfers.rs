//! Commands that copy or move files.

use crate::analysis::commands::Invocation;
use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::paths::{Extent, Region, file_name, parent};
use crate::analysis::runs::Step;
use crate::knowledge::tools::Operands;

/// Whether `step` copies or moves something out of `folder`.
pub(super) fn takes_from(step: &Step<'_>, folder: &Region) -> bool {
    transfer(step).is_some() && step.effects.reads.meets(folder)
}

/// Whether `step` copies or moves a file to `path`: by that name, or under its own into the folder.
pub(super) fn puts(step: &Step<'_>, path: &str) -> bool {
    let (Some(own), Extent::Regions(regions)) = (transfer(step), &step.effects.writes) else {
        return false;
    };
    let writes = |path: &str| regions.iter().any(|region| region.path() == path);
    let words = own.operands.iter().map(|&at| step.args[at].known());
    let words: Vec<&str> = words.collect();
    let into_folder = words.split_last().is_some_and(|(dest, sources)| {
        let is_folder = dest.ends_with('/') || sources.len() > 1 || PROGRAM_FOLDERS.contains(dest);
        is_folder
            && sources
                .iter()
                .any(|source| file_name(source) == file_name(path))
    });
    writes(path) || into_folder && writes(parent(path))
}

/// What `step` does, if it copies or moves.
fn transfer<'s>(step: &'s Step<'_>) -> Option<&'s Invocation<'s>> {
    let own = step.invocation.as_ref()?;
    let operands = own.action.operands;
    matches!(operands, Operands::ReadThenWrite | Operands::Move).then_some(own)
}

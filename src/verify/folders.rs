//! A folder of the image that has another name.

use super::Violation;
use crate::analysis::Facts;
use crate::analysis::own_paths;
use crate::transform::{Change, Rewrite};

/// The folder that the rewrite says has another name, and that name.
pub(super) fn declared(rewrite: &Rewrite) -> Option<(&str, &str)> {
    rewrite.declares.iter().find_map(|change| match change {
        Change::Folder { from, to } => Some((from.as_str(), to.as_str())),
        _ => None,
    })
}

/// Whether the last stage is the same but for the name of the folder: with the old name for the new one, which nothing had
/// before, the text is what it was. No step calls the folder by its name.
pub(super) fn check(
    old: &Facts<'_>,
    new: &Facts<'_>,
    (from, to): (&str, &str),
) -> Option<Violation> {
    let (was, is) = (old.final_stage()?, new.final_stage()?);
    let is_free = !own_paths::has(old, was, to) && !own_paths::is_in_step(old, was, to);
    let is_unknown = !own_paths::is_in_step(old, was, from);
    let back = own_paths::renamed(new, is, to, from);
    let back = back.map(|edits| edits.apply(new.file.text()));
    let is_same = back.as_deref() == Some(old.file.text());
    let stage = || was.name.clone().unwrap_or_else(|| was.index.to_string());
    (!(is_free && is_unknown && is_same)).then(|| Violation::Configuration {
        stage: stage(),
        key: "WORKDIR".to_owned(),
    })
}

//! What installs of dependencies and packages make, where commands work on files.

use super::operations::{Operation, What};
use super::stages::is_same;
use crate::analysis::paths::Extent;

/// What `operation` makes for others: an install of dependencies makes nothing but these.
fn made_by<'o>(operation: &'o Operation<'_>) -> &'o Extent {
    match &operation.what {
        What::Command {
            installs_into: Some(folders),
            ..
        } => folders,
        _ => &operation.effects.writes,
    }
}

/// Whether `step` only handles files, none of which lies where `first` installs dependencies.
pub(super) fn are_elsewhere(first: &Operation<'_>, step: &Operation<'_>) -> bool {
    let handles = matches!(step.what, What::Command { handles_files, .. } if handles_files);
    let installs =
        matches!(&first.what, What::Command { installs_into, .. } if installs_into.is_some());
    handles && installs && !made_by(first).overlaps(&step.effects.reads)
}

/// Whether `operation` removes a file that has to be there, and nothing but a package that is shipped brings it.
pub(super) fn removes_file_of_package(
    operation: &Operation<'_>,
    before: &[Operation<'_>],
    shipped: &[&Operation<'_>],
) -> bool {
    let What::Command {
        removes: true,
        needs_nothing: false,
        tidies: false,
        ..
    } = operation.what
    else {
        return false;
    };
    let makes = |other: &&Operation<'_>| made_by(other).overlaps(&operation.effects.writes);
    let mut makers = before.iter().filter(makes).peekable();
    let is_shipped = |maker: &Operation<'_>| shipped.iter().any(|other| is_same(maker, other));
    makers.peek().is_some() && makers.all(|maker| maker.is_package() && is_shipped(maker))
}

//! Whether `CMD` and `ENTRYPOINT` still start the same program with the same words.

use crate::analysis::Facts;
use crate::analysis::launch::{Declared, configured, starts_the_same};
use crate::analysis::stages::Stage;
use crate::transform::Change;

/// Whether the stage starts what `change` says, and nothing else.
pub(super) fn starts((facts, stage): (&Facts<'_>, &Stage), change: &Change) -> bool {
    let Change::Starts(words) = change else {
        return false;
    };
    let launches = crate::analysis::launch::of_stage(facts, stage).launches;
    launches
        .first()
        .is_some_and(|launch| launch.words == *words)
}

/// Whether two stages start the same, but for a shell around it.
pub(super) fn is_the_same(old: (&Facts<'_>, &Stage), new: (&Facts<'_>, &Stage)) -> bool {
    let was = Declared::of_stage(old.0, old.1);
    let is = Declared::of_stage(new.0, new.1);
    let same = |was: Option<usize>, is: Option<usize>| {
        let was = was.and_then(|at| configured(old.0, at));
        let is = is.and_then(|at| configured(new.0, at));
        match (was, is) {
            (Some(was), Some(is)) => starts_the_same(&was, &is),
            (was, is) => was == is,
        }
    };
    same(was.entrypoint, is.entrypoint) && same(was.cmd, is.cmd)
}

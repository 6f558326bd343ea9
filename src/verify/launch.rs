//! Whether `CMD` and `ENTRYPOINT` still start the same program with the same words.

use crate::analysis::Facts;
use crate::analysis::launch::{Declared, configured, starts_the_same};
use crate::analysis::stages::Stage;
use crate::transform::{Change, Rewrite};

/// Whether two stages start the same, but for what the rewrite says: a shell around it that is gone, or a program that
/// was built at its start.
pub(super) fn is_the_same(
    old: (&Facts<'_>, &Stage),
    new: (&Facts<'_>, &Stage),
    rewrite: &Rewrite,
) -> bool {
    let was = Declared::of_stage(old.0, old.1);
    let is = Declared::of_stage(new.0, new.1);
    let may = |was: &[String], is: &[String]| {
        let declares = |change: &Change| match change {
            Change::Launch => starts_the_same(was, is),
            Change::Started { from, to } => was == from && is == to,
            _ => false,
        };
        was == is || rewrite.declares.iter().any(declares)
    };
    let same = |was: Option<usize>, is: Option<usize>| {
        let was = was.and_then(|at| configured(old.0, at));
        let is = is.and_then(|at| configured(new.0, at));
        match (was, is) {
            (Some(was), Some(is)) => may(&was, &is),
            (was, is) => was == is,
        }
    };
    same(was.entrypoint, is.entrypoint) && same(was.cmd, is.cmd)
}

//! The programs that a build makes beside the one that the file names: containers may be told to start another.

use crate::analysis::paths::Region;
use crate::analysis::runs::Step;
use crate::knowledge::tools::Does;

use super::Site;

/// Whether a command of the builder moves, removes or replaces what the build has put at `path`.
pub(super) fn is_touched(site: &Site<'_>, path: &str) -> bool {
    let path = Region::new(path);
    let body = site.stage.body.clone();
    let is_about = |step: &Step<'_>| {
        let in_place = step
            .invocation
            .as_ref()
            .is_some_and(|own| own.tool.of_builds);
        let handles = !in_place && matches!(step.does(), Some(Does::Files | Does::CleanCache));
        handles && step.effects.writes.meets(&path)
    };
    body.flat_map(|at| site.cx.facts.steps(at)).any(is_about)
}

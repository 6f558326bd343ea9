//! Scripts that the entry point of the base image runs because they are in a folder of its own.

use crate::analysis::paths::{Region, parent};
use crate::analysis::stages::Stage;
use crate::syntax::Kind;
use crate::transform::Cx;

/// The scripts that copies bring to such a folder, with the instructions that do: by their paths, or by a pattern where their
/// names cannot be seen. None in a stage that has an entry point of its own.
pub(super) fn of_stage(cx: &Cx<'_>, stage: &Stage) -> Vec<(usize, String)> {
    let facts = cx.facts;
    let Some(image) = facts.image(stage).filter(|image| !image.starts.is_empty()) else {
        return Vec::new();
    };
    let bodies = facts.ancestry(stage).flat_map(|stage| stage.body.clone());
    let bodies: Vec<usize> = bodies.collect();
    let is_entrypoint = |at: &usize| matches!(facts.views[*at].kind, Kind::Entrypoint { .. });
    if bodies.iter().any(is_entrypoint) {
        return Vec::new();
    }
    let brought = bodies.into_iter().flat_map(|at| {
        let dest = match &facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => facts.destination(at, transfer),
            _ => return Vec::new(),
        };
        let found = image.starts.iter().filter_map(|scripts| {
            if Region::new(scripts.as_str()).covers(&Region::new(dest.as_str())) {
                return Some((at, dest.clone()));
            }
            (dest.trim_end_matches('/') == parent(scripts)).then(|| (at, scripts.clone()))
        });
        found.collect()
    });
    brought.collect()
}

//! What the build puts into folders of the image.

use crate::analysis::paths::{Extent, Region};
use crate::analysis::stages::Stage;
use crate::syntax::Kind;
use crate::transform::Cx;

/// What the steps and copies of the stage put into folders that are not the system's, as far as it is known.
pub(super) fn paths(cx: &Cx<'_>, stage: &Stage) -> Extent {
    let is_own = |region: &Region| cx.knowledge.startup.is_own_folder(region.path());
    let mut made = Extent::default();
    for index in stage.body.clone() {
        if let Kind::Copy(transfer) | Kind::Add(transfer) = &cx.facts.views[index].kind {
            made.add(Region::new(cx.facts.destination(index, transfer)));
        }
        let steps = cx.facts.steps(index).iter();
        for step in steps {
            if let Extent::Regions(regions) = &step.effects.writes {
                regions
                    .iter()
                    .filter(|region| is_own(region))
                    .for_each(|region| made.add(region.clone()));
            }
        }
    }
    made
}

//! What the build puts into folders of the image.

use crate::analysis::paths::{Extent, Region, file_name, join};
use crate::analysis::stages::Stage;
use crate::context::FileKind;
use crate::syntax::{Kind, Transfer};
use crate::transform::Cx;

/// What the steps and copies of the stage put into folders that are not the system's, as far as it is known.
pub(super) fn paths(cx: &Cx<'_>, stage: &Stage) -> Extent {
    let is_own = |region: &Region| cx.knowledge.startup.is_own_folder(region.path());
    let mut made = Extent::default();
    for index in stage.body.clone() {
        if let Kind::Copy(transfer) | Kind::Add(transfer) = &cx.facts.views[index].kind {
            for place in places(cx, index, transfer) {
                made.add(Region::new(place));
            }
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

/// Where the copy at `index` puts what it brings: its destination, or the files themselves where that is the root, in which
/// all else lies as well. What is added may be an archive, which is unpacked.
fn places(cx: &Cx<'_>, index: usize, transfer: &Transfer) -> Vec<String> {
    let dest = cx.facts.destination(index, transfer);
    let sources = transfer.sources.iter().map(|source| source.raw.as_str());
    let of_stage = cx.facts.views[index].flag("from").is_some();
    let is_file = |source: &str| match cx.context.filter(|_| !of_stage) {
        Some(context) if !source.contains('*') => context.kind(source) == Some(FileKind::File),
        _ => source.trim_start_matches('.').contains('.'),
    };
    let is_copy = matches!(cx.facts.views[index].kind, Kind::Copy(_));
    match is_copy && dest == "/" && sources.clone().all(is_file) {
        true => sources
            .map(|source| join(&dest, file_name(source)))
            .collect(),
        false => vec![dest],
    }
}

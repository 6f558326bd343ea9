//! What is mounted during a step is not in the image: nothing can be copied from there.

use crate::analysis::mounts;
use crate::analysis::paths::below;
use crate::transform::Refusal;

use super::Site;
use super::artefacts::Artefacts;

/// Refuses when something that the runtime stage takes over lies in a mount of the step that makes it, as a
/// cache over `target/` does.
///
/// # Errors
/// The first such mount.
pub(super) fn check(site: &Site<'_>, artefacts: &Artefacts) -> Result<(), Refusal> {
    for (at, mount) in mounts(site) {
        let lost = artefacts.all().find(|path| below(path, &mount).is_some());
        if let Some(path) = lost {
            let message =
                format!("{path} is made in the mount {mount}, which is not part of the image");
            return Err(site.refuse_at(at, "output-not-located", &message));
        }
    }
    Ok(())
}

/// The paths that are mounted before the split, with the instructions that mount them.
fn mounts<'s>(site: &'s Site<'_>) -> impl Iterator<Item = (usize, String)> + 's {
    let facts = site.cx.facts;
    let before = site.stage.body.start..site.roles.split;
    before.flat_map(move |at| {
        let targets = mounts::of(facts, at).filter_map(|mount| mount.target);
        targets.map(move |target| (at, target))
    })
}

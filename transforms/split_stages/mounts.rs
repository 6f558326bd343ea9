//! What is mounted during a step is not in the image: nothing can be copied from there.

use crate::analysis::paths::{below, join};
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
    (site.stage.body.start..site.roles.split).flat_map(move |at| {
        let flags = facts.views[at]
            .flags
            .iter()
            .filter(|flag| flag.name == "mount");
        flags.filter_map(move |flag| {
            let mut settings = flag
                .value
                .as_deref()?
                .split(',')
                .filter_map(|part| part.split_once('='));
            let (_, target) =
                settings.find(|(key, _)| matches!(*key, "target" | "dst" | "destination"))?;
            Some((at, join(&facts.states[at].workdir, target)))
        })
    })
}

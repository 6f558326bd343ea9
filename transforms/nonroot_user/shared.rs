//! Volumes in which the program and another service both work.

use super::given;
use super::site::Site;
use crate::analysis::stages::Stage;
use crate::project::{Mount, Runs, Sharer};
use crate::transform::{Cx, Refusal};

/// Refuses when something else writes into a volume of the program, perhaps as root: what that leaves there, the folder
/// itself if it comes first, is not open to the new user.
///
/// # Errors
/// The first such volume.
pub(super) fn check(site: &Site<'_>) -> Result<(), Refusal> {
    let (cx, stage) = (site.cx, site.stage);
    for (used, container) in given::containers(cx, stage) {
        for mount in &container.mounts {
            let mut sharers = mount.shared.iter();
            let Some(other) = sharers.find(|other| is_in_the_way(cx, stage, mount, other)) else {
                continue;
            };
            let message = format!(
                "{} shares the volume of {} with the service {}, which may write there as root; give both the same user",
                used.described(),
                mount.target,
                other.service
            );
            let refusal = site.refuse("shared-volume", message);
            return Err(refusal.because(cx.place_of(used), "starts it"));
        }
    }
    Ok(())
}

/// Whether `other` may leave what the user of this stage cannot write. What the project itself writes, it does not hide from
/// others as a rule; other images keep keys and databases.
fn is_in_the_way(cx: &Cx<'_>, stage: &Stage, mount: &Mount, other: &Sharer) -> bool {
    let only_reads = |image: &str| cx.knowledge.startup.only_reads(image);
    match &other.runs {
        Runs::Stage(None) => {
            let last = cx.facts.final_stage();
            !mount.read_only && last.is_none_or(|last| last.index != stage.index)
        }
        Runs::Stage(Some(name)) => !mount.read_only && !stage.is_named(name),
        Runs::Built(image) => !mount.read_only && !image.as_deref().is_some_and(only_reads),
        Runs::Image(image) => !only_reads(image),
    }
}

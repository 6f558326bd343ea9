//! The release of the distribution that a program is linked against.
//!
//! A program runs with the C library that it was built with, or a newer one. When the tag of the
//! builder names no release, and the newest one has only recently become its default, machines may
//! have the image of either; the runtime could be the older one. Naming the older release for both
//! stages makes them agree.

use crate::knowledge::images::{Image, ImageRef, PackageManager};
use crate::knowledge::tools::Does;
use crate::transform::Refusal;

use super::Site;
use super::roles::Role;

/// The code for a base image whose tag names no release.
pub(super) const FLOATING: &str = "floating-release";

/// The image of the builder with a release in its tag.
pub(super) struct NamedImage<'t> {
    /// Its reference.
    pub(super) reference: String,
    /// What is known of it.
    pub(super) image: Image<'t>,
}

/// The image of the builder, `builder` as it is written, by the release that its tag may have meant before. `None` when that
/// release may not have the packages that the stage installs.
pub(super) fn named<'t>(site: &Site<'t>, builder: &str) -> Option<NamedImage<'t>> {
    let older = release_that_moved(site)?;
    if !packages_are_known(site, older) {
        return None;
    }
    let reference = match ImageRef::parse(builder).tag {
        Some(tag) if tag != "latest" => format!("{builder}-{older}"),
        Some(_) => format!("{}:{older}", builder.trim_end_matches(":latest")),
        None => format!("{builder}:{older}"),
    };
    let images = &site.cx.knowledge.images;
    let image = images.lookup(&ImageRef::parse(&reference))?;
    Some(NamedImage { reference, image })
}

/// Whether the tables know each of the packages that are installed in front of the split as one that `release` has.
fn packages_are_known(site: &Site<'_>, release: &str) -> bool {
    let packages = site.roles.with(Role::Packages);
    let mut runs = packages.filter(|&at| at < site.roles.split);
    let tables = &site.cx.knowledge.packages;
    runs.all(|at| {
        let steps = site.cx.facts.runs[at].iter().flat_map(|run| &run.steps);
        let mut installs = steps.filter(|step| step.does() == Some(Does::InstallPackages));
        installs.all(|step| {
            let own = step.invocation.as_ref();
            let manager = own.and_then(|own| PackageManager::of_tool(&own.tool.id));
            let mut names = own.iter().flat_map(|own| &own.operands);
            manager.is_some_and(|manager| {
                names.all(|&at| tables.has(manager, step.args[at].known(), release))
            })
        })
    })
}

/// Whether machines may have the image of either of two releases under the tag of the builder.
pub(super) fn is_open(site: &Site<'_>) -> bool {
    release_that_moved(site).is_some()
}

/// The refusal of a builder without a release, whose program or packages are bound to one.
pub(super) fn floating(site: &Site<'_>, builder: &str) -> Refusal {
    let message = format!(
        "{builder} names no release of its distribution, and the program needs a runtime of the same one: write it in the tag"
    );
    site.refuse(FLOATING, message)
}

/// The release before that of the image, if the tag names none and the default is the newest there is.
fn release_that_moved<'s>(site: &'s Site<'_>) -> Option<&'s str> {
    let release = site
        .image
        .release
        .as_ref()
        .filter(|release| !release.named)?;
    let system = site.image.system?;
    let is_newest = system.stable.as_deref() == Some(release.name.as_str());
    is_newest.then(|| system.release_before(&release.name))?
}

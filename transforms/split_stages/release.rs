//! The release of the distribution that a program is linked against.
//!
//! A program runs with the C library that it was built with, or a newer one. When the tag of the
//! builder names no release, and the newest one has only recently become its default, machines may
//! have the image of either; the runtime could be the older one. Naming the older release for both
//! stages makes them agree.

use crate::knowledge::images::{ImageRef, Runtime};
use crate::transform::Refusal;

use super::Site;
use super::roles::Role;

/// The builder with a release in its tag.
pub(super) struct NamedBuilder {
    /// Its reference.
    pub(super) reference: String,
    /// What its programs run in.
    pub(super) runtimes: Vec<Runtime>,
}

/// Names the release of `builder`, where that is needed.
///
/// # Errors
/// When the stage installs packages, which another release may not have.
pub(super) fn name_builder(
    site: &Site<'_>,
    builder: &str,
) -> Result<Option<NamedBuilder>, Refusal> {
    let Some(older) = release_that_moved(site) else {
        return Ok(None);
    };
    if site
        .roles
        .with(Role::Packages)
        .any(|at| at < site.roles.split)
    {
        return Err(floating(site, builder));
    }
    let reference = match ImageRef::parse(builder).tag {
        Some(tag) if tag != "latest" => format!("{builder}-{older}"),
        Some(_) => format!("{}:{older}", builder.trim_end_matches(":latest")),
        None => format!("{builder}:{older}"),
    };
    let image = site
        .cx
        .knowledge
        .images
        .lookup(&ImageRef::parse(&reference));
    Ok(image.map(|image| NamedBuilder {
        runtimes: image.runtimes,
        reference,
    }))
}

/// The refusal of a builder without a release, whose program or packages are bound to one.
pub(super) fn floating(site: &Site<'_>, builder: &str) -> Refusal {
    let message = format!(
        "{builder} names no release of its distribution, and the program needs a runtime of the same one: write it in the tag"
    );
    site.refuse("floating-release", message)
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

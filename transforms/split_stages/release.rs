//! The release of the distribution that a program is linked against.
//!
//! A program runs with the C library that it was built with, or a newer one. When the tag of the
//! builder names no release, and the newest one has only recently become its default, machines may
//! have the image of either; the runtime could be the older one. Naming the older release for both
//! stages makes them agree.

use crate::knowledge::images::{Image, ImageRef};
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

/// The image of the builder, `builder` as it is written, by the release that its tag may have meant before. `None` when
/// the packages that the stage installs may be others there.
pub(super) fn named<'t>(site: &Site<'t>, builder: &str) -> Option<NamedImage<'t>> {
    let older = release_that_moved(site)?;
    if !are_packages_alike(site) {
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

/// Whether all packages that are installed in front of the split are there in every release, and none is a language: what
/// is built may ask for a version of it.
fn are_packages_alike(site: &Site<'_>) -> bool {
    let bases = &site.cx.knowledge.bases;
    let is_language = |name: &str| {
        let mut languages = bases.languages().iter();
        languages.any(|language| language.stands_for(name).is_some())
    };
    let packages = site.roles.with(Role::Packages);
    let runs = packages.filter(|&at| at < site.roles.split);
    let mut steps = runs.flat_map(|at| site.cx.facts.steps(at));
    steps.all(|step| {
        let installs = step.does() == Some(Does::InstallPackages);
        let own = step.invocation.as_ref().filter(|_| installs);
        let mut names = own.iter().flat_map(|own| &own.operands);
        names.all(|&at| {
            let name = step.args[at].known();
            bases.is_alike(name) && !is_language(name)
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

//! The smaller image that runs what is written in a language: the slim variant, or one without what builds it.

use crate::knowledge::images::{ImageRef, Runs, Runtime};
use crate::transform::{Plan, Refusal, Rewrite};
use crate::transforms::{other_image, slim};

use super::needs::Needs;
use super::{Site, Target, compiled, other};

/// What there is to say of the stage; nothing when its image has no slim variant.
pub(super) fn plan(site: &Site<'_>) -> Option<Plan> {
    if ImageRef::parse(site.reference).digest.is_some() {
        let message = "a digest asks for this very image; take it out to have another one picked";
        return Some(Err(site.refuse("digest", message)));
    }
    let lacks = other_image::left_behind(site.cx, site.image);
    let is_known = site.image.toolset.is_some() || !lacks.is_empty();
    let mut runtimes = site.image.runtimes.iter();
    let slim = runtimes.find(|runtime| match runtime.runs {
        Runs::Language => is_known && runtime.reference != site.reference,
        Runs::Everything => true,
        Runs::Dynamic | Runs::Static => false,
    });
    let is_alike = |runtime: &&Runtime| runtime.lacks.is_empty() && runtime.environment.is_empty();
    let slim = slim.filter(is_alike)?;
    let images = &site.cx.knowledge.images;
    let target = Target {
        image: images.lookup(&ImageRef::parse(&slim.reference))?,
        reference: slim.reference.clone(),
        lacks: site.image.toolset,
    };
    Some(match slim.runs {
        Runs::Everything => same_packages(site, &target),
        _ => rewrite(site, &target),
    })
}

/// The variant that has the same packages, without what people read.
fn same_packages(site: &Site<'_>, slim: &Target<'_>) -> Result<Rewrite, Refusal> {
    site.check_reference()?;
    if let Some(at) = slim::reader(site.cx, site.stage, site.image) {
        let message = "it may ask for documentation, manual pages or translations, which the smaller image has not";
        return Err(site.refuse_at(at, "reads-documentation", message));
    }
    let (full, small) = (site.reference, &slim.reference);
    let message = format!("{small}, which has the packages of {full} without their documentation");
    let mut rewrite = site.rewrite(slim, message);
    rewrite.assume(slim::ASSUMPTION);
    Ok(rewrite)
}

fn rewrite(site: &Site<'_>, slim: &Target<'_>) -> Result<Rewrite, Refusal> {
    site.check()?;
    other::check(site, slim)?;
    let assumed = compiled::check(site)?;
    let needs = Needs::of(site, slim)?;
    let (full, small) = (site.reference, &slim.reference);
    let mut rewrite = site.rewrite(
        slim,
        format!("{small}, which has all that is needed of {full}"),
    );
    rewrite.assume(format!(
        "the program starts no other program and loads no library that {full} has and {small} has not"
    ));
    if site.image.distribution != slim.image.distribution {
        rewrite.assume(format!(
            "the program runs in {small} as it does in {full}, which is built on another distribution"
        ));
    }
    rewrite.assumes.extend(assumed);
    other::keep_folder(site, slim, &mut rewrite);
    needs.add_to(site, slim, &mut rewrite)?;
    Ok(rewrite)
}

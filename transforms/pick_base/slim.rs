//! The slim variant of the image of a language.

use crate::knowledge::images::{ImageRef, Runs};
use crate::transform::{Plan, Refusal, Rewrite};

use super::needs::Needs;
use super::{Site, Target, compiled};

/// What there is to say of the stage; nothing when its image has no slim variant.
pub(super) fn plan(site: &Site<'_>) -> Option<Plan> {
    let lacks = site.image.toolset?;
    let ImageRef {
        repository: own,
        digest,
        ..
    } = ImageRef::parse(site.reference);
    if digest.is_some() {
        let message = "a digest asks for this very image; take it out to have another one picked";
        return Some(Err(site.refuse("digest", message)));
    }
    let is_own = |reference: &str| ImageRef::parse(reference).repository == own;
    let slim = site
        .image
        .runtimes
        .iter()
        .find(|runtime| runtime.runs == Runs::Language && is_own(&runtime.reference))?;
    let images = &site.cx.knowledge.images;
    let target = Target {
        image: images.lookup(&ImageRef::parse(&slim.reference))?,
        reference: slim.reference.clone(),
        lacks: Some(lacks),
    };
    Some(rewrite(site, &target))
}

fn rewrite(site: &Site<'_>, slim: &Target<'_>) -> Result<Rewrite, Refusal> {
    site.check()?;
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
    rewrite.assumes.extend(assumed);
    needs.add_to(site, slim, &mut rewrite)?;
    Ok(rewrite)
}

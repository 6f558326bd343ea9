//! The smaller image that runs what is written in a language: the slim variant, or one without what builds it.

use crate::knowledge::images::{ImageRef, Runs, Runtime};
use crate::knowledge::tools::Does;
use crate::transform::{Plan, Refusal, Rewrite};
use crate::transforms::other_image::{self, share_repository};
use crate::transforms::shipped::brings_project;
use crate::transforms::slim;

use super::needs::Needs;
use super::{Site, Target, brought, compiled, other};

/// What there is to say of the stage; nothing when its image has no slim variant.
pub(super) fn plan(site: &Site<'_>) -> Option<Plan> {
    if ImageRef::parse(site.reference).digest.is_some() {
        let message = "a digest asks for this very image; take it out to have another one picked";
        return Some(Err(site.refuse("digest", message)));
    }
    let has_tools = site.image.toolset.is_some() && !is_for_builds(site);
    let target = target(site, |runtime| match runtime.runs {
        Runs::Language => has_tools,
        Runs::Everything => true,
        Runs::Dynamic | Runs::Static => false,
    });
    let (target, runs) = target?;
    Some(match runs {
        Runs::Everything => same_packages(site, &target),
        _ => rewrite(site, &target),
    })
}

/// What there is to say of a stage on an image that is made to build, when it only runs what is built elsewhere.
pub(super) fn without_builders(site: &Site<'_>) -> Option<Plan> {
    let facts = site.cx.facts;
    let builds = || facts.does_any(site.stage, &[Does::InstallDependencies, Does::Build]);
    let starts = || site.launches().declared || brings_project(site.cx, site.stage);
    if !is_for_builds(site) || builds() || !starts() {
        return None;
    }
    let (target, _) = target(site, |runtime| runtime.runs == Runs::Language)?;
    let plan = rewrite(site, &target);
    Some(plan.and_then(|rewrite| brought::check(site, &target).map(|()| rewrite)))
}

/// Whether its image has tools to build with its language that another image, which runs what they make, has not: programs that
/// are known, or whatever makes them two repositories.
fn is_for_builds(site: &Site<'_>) -> bool {
    let of_language = |runtime: &&Runtime| runtime.runs == Runs::Language;
    let mut runtimes = site.image.runtimes.iter().filter(of_language);
    !other_image::left_behind(site.cx, site.image).is_empty()
        || runtimes.any(|runtime| !share_repository(&runtime.reference, site.reference))
}

/// The image that `serves`, which needs nothing in addition, and what runs in it.
fn target<'s>(site: &Site<'s>, serves: impl Fn(&Runtime) -> bool) -> Option<(Target<'s>, Runs)> {
    let is_other = |runtime: &&Runtime| runtime.reference != site.reference;
    let mut runtimes = site.image.runtimes.iter().filter(is_other);
    let found = runtimes.find(|runtime| serves(runtime))?;
    let needs_more = !found.lacks.is_empty() || !found.environment.is_empty();
    let images = &site.cx.knowledge.images;
    let target = Target {
        image: images.lookup(&ImageRef::parse(&found.reference))?,
        reference: found.reference.clone(),
        lacks: site.image.toolset,
    };
    (!needs_more).then_some((target, found.runs))
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

//! What the stages are called.

use crate::syntax::Kind;

use super::Site;

/// The name of the stage, where it stays with the builder: it says that something is built there, and nothing in the project
/// asks for the image by it.
pub(super) fn kept<'s>(site: &'s Site<'_>) -> Option<&'s str> {
    let Kind::From { alias, .. } = &site.cx.facts.views[site.stage.from].kind else {
        return None;
    };
    let name = alias.as_ref().map(|alias| alias.raw.as_str())?;
    let lower = name.to_ascii_lowercase();
    let builds = lower.starts_with("build") || lower.starts_with("compile");
    let mut uses = site.cx.possible_uses(site.stage);
    let asked_for = uses.any(|used| used.stage().is_some() || used.may_be_any_stage());
    (builds && site.cx.context.is_some() && !asked_for).then_some(name)
}

/// The first of `names` that no stage has.
pub(super) fn free(site: &Site<'_>, names: [&str; 3]) -> String {
    let stages = &site.cx.facts.stages;
    let is_free = |name: &&str| !stages.iter().any(|stage| stage.is_named(name));
    names
        .into_iter()
        .find(is_free)
        .unwrap_or("dfopt-builder")
        .to_owned()
}

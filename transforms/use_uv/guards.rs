//! What the stage has to be like.

use crate::analysis::stages::Base;
use crate::knowledge::images::ImageRef;
use crate::syntax::Kind;
use crate::transform::Refusal;

use super::Site;

/// Whether uv installs for the Python of the stage.
///
/// # Errors
/// When that is too old.
pub(super) fn check_python(site: &Site<'_>, first: usize) -> Result<(), Refusal> {
    let uv = &site.cx.knowledge.uv;
    if let Some(tag) = tag(site)
        && !uv.knows_python(&tag)
    {
        let message =
            format!("uv installs for Python 3.8 and later, and this may be another: {tag}");
        return Err(site.refuse(first, "old-python", message));
    }
    Ok(())
}

/// Whether uv can do in the stage what pip does there.
///
/// # Errors
/// The first thing that it would not see, or not do.
pub(super) fn check(site: &Site<'_>, first: usize) -> Result<(), Refusal> {
    let uv = &site.cx.knowledge.uv;
    check_python(site, first)?;
    for at in site.stage.body.clone() {
        let text = site.cx.facts.source_text(at);
        let is_quiet = matches!(
            site.cx.facts.views[at].kind,
            Kind::Label { .. } | Kind::Maintainer { .. }
        );
        let mut words = uv.configured_by.iter();
        let configures = words.find(|word| text.contains(word.as_str()));
        if let Some(word) = configures.filter(|_| !is_quiet) {
            let message = format!("pip is configured ({word}), and uv does not look there");
            return Err(site.refuse(at, "configured", message));
        }
    }
    let variables = site.cx.facts.state_after(site.stage).variables;
    if let Some(name) = variables.keys().find(|name| uv.is_setting(name)) {
        let message = format!("{name} configures pip, and uv does not look at it");
        return Err(site.refuse(first, "configured", message));
    }
    Ok(())
}

/// The tag of the image under the stage, where it names a version.
pub(super) fn tag(site: &Site<'_>) -> Option<String> {
    let mut stage = site.stage;
    while let Base::Stage(parent) = stage.base {
        stage = site.cx.facts.stages.get(parent)?;
    }
    let Base::Image(reference) = &stage.base else {
        return None;
    };
    let tag = ImageRef::parse(reference).tag?;
    let is_version = tag.starts_with(|c: char| c.is_ascii_digit());
    is_version.then(|| tag.to_owned())
}

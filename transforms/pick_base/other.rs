//! What is not the same in an image of another repository.

use crate::syntax::Kind;
use crate::transform::{Change, Refusal, Rewrite};
use crate::transforms::{other_image, style};

use super::{Site, Target};

/// Makes sure that nothing in the stage is made for the image that it is built on.
///
/// # Errors
/// The first instruction that is, or may be.
pub(super) fn check(site: &Site<'_>, target: &Target<'_>) -> Result<(), Refusal> {
    let mut body = site.stage.body.clone();
    let lost = body.find_map(|at| Some((at, other_image::lost_path(site.cx, site.image, at)?)));
    if let Some((at, path)) = lost {
        let message = format!("{path} is not there in {}", target.reference);
        return Err(site.refuse_at(at, "by-path", &message));
    }
    if other_image::share_repository(site.reference, &target.reference) {
        return Ok(());
    }
    for at in site.stage.body.clone() {
        if other_image::is_bound(site.cx, at, site.image, &target.image) {
            let message = format!(
                "it may do something else in {}, which is of another release of its distribution, or of another one",
                target.reference
            );
            return Err(site.refuse_at(at, "other-distribution", &message));
        }
        if let Some(name) = own_name(site, target, at) {
            let message = format!("{name} is not there in {}", target.reference);
            return Err(site.refuse_at(at, "by-path", &message));
        }
    }
    Ok(())
}

/// The folder, the account or the variable that the instruction at `at` names and `target` has not.
fn own_name(site: &Site<'_>, target: &Target<'_>, at: usize) -> Option<String> {
    let is_kept = |name: &str| target.image.users.iter().any(|user| user.name == name);
    let accounts = site.image.users.iter().map(|user| user.name.as_str());
    let mut accounts = accounts.filter(|name| !is_kept(name));
    let text = site.cx.facts.source_text(at);
    let folder = other_image::own_folder(site.cx, site.image, at);
    let named = folder.or_else(|| accounts.find(|name| text.contains(*name)));
    let variable = || Some(format!("${}", other_image::variable_of_base(site.cx, at)?));
    named.map(str::to_owned).or_else(variable)
}

/// Has the stage begin in the folder in which it began: images of languages may have another one.
pub(super) fn keep_folder(site: &Site<'_>, target: &Target<'_>, rewrite: &mut Rewrite) {
    let (own, other) = (site.image.workdir, target.image.workdir);
    let mut body = site
        .stage
        .body
        .clone()
        .map(|at| &site.cx.facts.views[at].kind);
    let is_free = |kind: &&Kind<'_>| {
        matches!(
            kind,
            Kind::Arg { .. } | Kind::Env { .. } | Kind::Label { .. } | Kind::User(_)
        )
    };
    let first = body.find(|kind| !is_free(kind));
    let is_set = matches!(first, Some(Kind::Workdir(path)) if path.raw.starts_with('/'));
    if is_set || own.unwrap_or("/") == other.unwrap_or("/") {
        return;
    }
    let end = site.cx.file.instructions()[site.stage.from].full.end;
    let newline = style::newline(site.cx.file, end);
    let keyword = style::keyword(site.cx.file, site.stage.from, "WORKDIR");
    let folder = own.unwrap_or("/");
    let instruction = format!("{keyword} {folder}{newline}");
    rewrite.edits.insert(end, instruction);
    rewrite.declares.push(Change::BeginsIn(folder.to_owned()));
}

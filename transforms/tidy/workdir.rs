//! The first `WORKDIR` of a stage is absolute: a relative one goes on where the base image ends.

use super::refuse;
use crate::analysis::paths::{UNKNOWN_WORKDIR, join};
use crate::analysis::stages::{Base, Stage};
use crate::syntax::Kind;
use crate::transform::{Cx, Place, Plan, Refusal, Rewrite};

pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    let Kind::Workdir(path) = &cx.facts.views[index].kind else {
        return None;
    };
    let is_workdir = |at: usize| matches!(cx.facts.views[at].kind, Kind::Workdir(_));
    let is_first = !(stage.body.start..index).any(is_workdir);
    let quote = ['"', '\'']
        .into_iter()
        .find(|quote| path.raw.starts_with(*quote));
    let bare = match quote {
        Some(quote) => path.raw.strip_prefix(quote)?.strip_suffix(quote)?,
        None => path.raw.as_str(),
    };
    // A quote that is left over ends nowhere, and BuildKit rejects it, or stands for something inside of the path.
    if bare.contains(['"', '\'']) {
        return None;
    }
    // What begins with a variable may be absolute.
    let is_relative = !bare.is_empty() && !bare.starts_with(['/', '$', '\\']);
    let is_on_image = matches!(stage.base, Base::Image(_));
    if !is_first || !is_relative || !is_on_image {
        return None;
    }
    Some(rewrite(cx, index, bare, quote))
}

fn rewrite(cx: &Cx<'_>, index: usize, path: &str, quote: Option<char>) -> Result<Rewrite, Refusal> {
    let view = &cx.facts.views[index];
    let folder = &cx.facts.states[index].workdir;
    if folder.starts_with(UNKNOWN_WORKDIR) || path.contains('$') {
        let message = "the path goes on from the working directory of the base image, and what that makes is not known: write it from the root";
        return Err(refuse(cx, index, "unknown-workdir", message));
    }
    let site = view.logical.source(view.body);
    if view.logical.crosses_comment(view.body) {
        let message = "a comment stands inside of the instruction: move it";
        return Err(refuse(cx, index, "comment-inside", message));
    }
    let whole = join(folder, path);
    let message = format!("the path from the root: {whole}");
    let quote = quote.map_or_else(String::new, String::from);
    let mut rewrite = Rewrite::new(site, message);
    rewrite.evidence(
        Place::Table("images"),
        format!("the base image works in `{folder}`"),
    );
    rewrite
        .edits
        .replace(site, format!("{quote}{whole}{quote}"));
    Ok(rewrite)
}

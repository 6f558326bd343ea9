//! What can be done to a text next, for a person who chooses.

use super::round::admitted;
use super::{Options, builds, is_rewritable, limits};
use crate::analysis::Facts;
use crate::suppress::Suppressions;
use crate::syntax;
use crate::transform::Rewrite;
use crate::verify;

/// A rewrite that can be made by itself. Spans are offsets into the text that was looked at.
#[derive(Debug)]
pub struct Proposal {
    /// The transform.
    pub id: &'static str,
    /// What it would do.
    pub rewrite: Rewrite,
}

/// Every rewrite of `text` that holds without any other, whatever its safety: [`Options::safety`] is not looked at.
///
/// [`optimize`](super::optimize) makes one rewrite after the other, and those behind the first see a text that nobody
/// else has. These here are all about `text`, so that any one of them can be applied to it. After one has been, ask
/// again: it may open the way to others, or bar it.
#[must_use]
pub fn proposals(text: &str, options: &Options<'_>) -> Vec<Proposal> {
    let file = syntax::parse(text);
    let suppressions = Suppressions::read(&file);
    if suppressions.cover_file() || limits::excess(&file).is_some() || !is_rewritable(&file) {
        return Vec::new();
    }
    let facts = Facts::new(&file, options.knowledge);
    if limits::excess_of_commands(&facts).is_some() {
        return Vec::new();
    }
    let cx = options.cx(&facts);
    let holds = |rewrite: &Rewrite| {
        let after = rewrite.edits.apply(text);
        after != text && verify::check(&cx, &after, rewrite).is_empty()
    };
    let mut found = Vec::new();
    for transform in &options.transforms {
        let id = transform.info().id;
        let rewrites = transform.plan(&cx).into_iter().flatten();
        let admitted = rewrites.filter_map(|rewrite| {
            let rewrite = admitted(&file, id, rewrite, &suppressions).ok()?;
            builds::agreed(&cx, *transform, rewrite).ok()
        });
        found.extend(
            admitted
                .filter(holds)
                .map(|rewrite| Proposal { id, rewrite }),
        );
    }
    found
}

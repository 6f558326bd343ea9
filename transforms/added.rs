//! What an `ADD` does with a source: it downloads, unpacks archives, and copies everything else.

use crate::analysis::paths::file_name;
use crate::context::is_named_like_archive;
use crate::transform::{Cx, Place};

/// What is known of a source.
pub(super) enum Added {
    /// It is what `ADD` is for: a download, or an archive.
    Unpacked,
    /// It is only copied: with what shows that, where the text alone does not.
    Copied(Option<Place>),
    /// By its name, it is no archive.
    CopiedByName,
    /// It is whatever matches a pattern, of which nothing is at hand.
    Pattern,
    /// Only the build knows what it is.
    Variable,
}

/// What `ADD` does with `source`, as it is written.
pub(super) fn read(cx: &Cx<'_>, source: &str) -> Added {
    let name = source.trim_matches(['"', '\'']);
    if is_remote(name) || is_named_like_archive(name) {
        return Added::Unpacked;
    }
    if name.starts_with("<<") {
        return Added::Copied(None);
    }
    if name.contains('$') {
        return Added::Variable;
    }
    if let Some(known) = in_context(cx, name) {
        return known;
    }
    let last = file_name(name);
    if matches!(last, "" | "." | "..") {
        return Added::Copied(None);
    }
    if last.ends_with(['*', '?', ']']) {
        return Added::Pattern;
    }
    Added::CopiedByName
}

/// Whether it is fetched from somewhere: `BuildKit` takes URLs, and Git repositories in several forms.
pub(super) fn is_remote(name: &str) -> bool {
    name.contains("://") || name.starts_with("git@") || name.starts_with("github.com/")
}

/// What the build context says of all paths that `name` means; `None` when it holds none, or cannot tell.
fn in_context(cx: &Cx<'_>, name: &str) -> Option<Added> {
    let context = cx.context?;
    if name.contains('\\') {
        return None;
    }
    let paths = context.glob(name.trim_start_matches('/'));
    if paths.iter().any(|path| context.may_be_archive(path)) {
        return Some(Added::Unpacked);
    }
    let first = paths.into_iter().next()?;
    Some(Added::Copied(Some(Place::File(first, None))))
}

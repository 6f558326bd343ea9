//! `ADD` of local files that are no archives becomes `COPY`, which can do nothing else.

use super::refuse;
use crate::context::is_named_like_archive;
use crate::syntax::{Kind, Transfer};
use crate::transform::{Change, Cx, Place, Plan, Refusal, Rewrite};
use crate::transforms::style;

/// Flags that only mean something for what is downloaded or unpacked.
const FLAGS_OF_ADD: [&str; 3] = ["checksum", "keep-git-dir", "unpack"];

/// What is known of a source.
enum Source {
    /// It is what `ADD` is for: a download, or an archive.
    NeedsAdd,
    /// It cannot be unpacked: with what shows that, where the text alone does not.
    Plain(Option<Place>),
    /// By its name, it is no archive.
    PlainByName,
}

pub(super) fn plan(cx: &Cx<'_>, index: usize) -> Option<Plan> {
    let view = &cx.facts.views[index];
    let Kind::Add(transfer) = &view.kind else {
        return None;
    };
    // Nobody breaks a line inside of `ADD`.
    let is_whole = !view.logical.crosses_seam(view.keyword_span);
    let has_own_flag = FLAGS_OF_ADD.iter().any(|name| view.flag(name).is_some());
    if has_own_flag || !is_whole {
        return None;
    }
    rewrite(cx, index, transfer).transpose()
}

fn rewrite(cx: &Cx<'_>, index: usize, transfer: &Transfer) -> Result<Option<Rewrite>, Refusal> {
    let instruction = &cx.file.instructions()[index];
    let message = "COPY: what is copied is local and not unpacked";
    let mut rewrite = Rewrite::new(instruction.span, message);
    for source in &transfer.sources {
        match read(cx, index, &source.raw)? {
            Source::NeedsAdd => return Ok(None),
            Source::Plain(None) => {}
            Source::Plain(Some(place)) => rewrite.evidence(place, "is no archive"),
            Source::PlainByName => {
                let name = &source.raw;
                rewrite.assume(format!("`{name}` is no archive, which ADD would unpack"));
            }
        }
    }
    let keyword = style::keyword(cx.file, index, "COPY");
    rewrite.edits.replace(instruction.keyword_span, keyword);
    rewrite.declares.push(Change::NothingUnpacked);
    Ok(Some(rewrite))
}

/// What `source`, as it is written, brings.
fn read(cx: &Cx<'_>, index: usize, source: &str) -> Result<Source, Refusal> {
    let name = source.trim_matches(['"', '\'']);
    if is_remote(name) || is_named_like_archive(name) {
        return Ok(Source::NeedsAdd);
    }
    if name.starts_with("<<") {
        return Ok(Source::Plain(None));
    }
    if name.contains('$') {
        let message = format!(
            "only the build knows what `{name}` is: a download, or an archive that ADD unpacks"
        );
        return Err(refuse(cx, index, "variable-source", message));
    }
    if let Some(known) = in_context(cx, name) {
        return Ok(known);
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    if matches!(last, "" | "." | "..") {
        return Ok(Source::Plain(None));
    }
    if last.ends_with(['*', '?', ']']) {
        let message = format!("`{name}` may match an archive, which ADD unpacks");
        return Err(refuse(cx, index, "may-be-archive", message));
    }
    Ok(Source::PlainByName)
}

/// Whether it is fetched from somewhere: `BuildKit` takes URLs, and Git repositories in several forms.
fn is_remote(name: &str) -> bool {
    name.contains("://") || name.starts_with("git@") || name.starts_with("github.com/")
}

/// What the build context says of all paths that `name` means; `None` when it holds none, or cannot tell.
fn in_context(cx: &Cx<'_>, name: &str) -> Option<Source> {
    let context = cx.context?;
    if name.contains('\\') {
        return None;
    }
    let paths = context.glob(name.trim_start_matches('/'));
    if paths.iter().any(|path| context.may_be_archive(path)) {
        return Some(Source::NeedsAdd);
    }
    let first = paths.into_iter().next()?;
    Some(Source::Plain(Some(Place::File(first, None))))
}

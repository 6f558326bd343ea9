//! What a Dockerfile names of its build context.

use crate::syntax::{Dockerfile, Kind, Transfer};

/// A path without which the build would fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The instruction that needs it.
    pub at: usize,
    /// The path, seen from the root of the build context. May hold wildcards.
    pub path: String,
    /// Whether it is written as a folder: `api/`.
    pub is_folder: bool,
}

/// The paths that copies name. There may be others: what only the build knows is left out.
#[must_use]
pub fn paths(file: &Dockerfile<'_>) -> Vec<Named> {
    let mut named = Vec::new();
    for (at, transfer) in copied(file) {
        let sources = sources(transfer);
        named.extend(sources.map(|(path, is_folder)| Named {
            at,
            path,
            is_folder,
        }));
    }
    named
}

/// Whether a copy brings something of the build context.
#[must_use]
pub fn copies(file: &Dockerfile<'_>) -> bool {
    let brings = |source: &str| !source.contains("://") && !source.starts_with("<<");
    let mut copied = copied(file);
    copied.any(|(_, transfer)| transfer.sources.iter().any(|source| brings(&source.raw)))
}

/// The copies of the build context, each with its instruction.
fn copied<'f>(file: &'f Dockerfile<'_>) -> impl Iterator<Item = (usize, &'f Transfer)> {
    let views = file.views().iter().enumerate();
    views.filter_map(|(at, view)| match &view.kind {
        Kind::Copy(transfer) | Kind::Add(transfer) if view.flag("from").is_none() => {
            Some((at, transfer))
        }
        _ => None,
    })
}

/// The sources of a copy that must be there, but for the root of the build context. Of several, one with a wildcard may stand
/// for nothing. And whether each is written as a folder.
fn sources(transfer: &Transfer) -> impl Iterator<Item = (String, bool)> {
    let alone = transfer.sources.len() == 1;
    let written = transfer.sources.iter().map(|source| source.raw.as_str());
    let plain = written.filter(move |raw| {
        let may_miss = !alone && raw.contains(['*', '?', '[']);
        !may_miss
            && !raw.contains(['$', '<', '\\', '"'])
            && !raw.contains("://")
            && !raw.starts_with("git@")
    });
    let paths = plain.map(|raw| {
        let parts = raw.split('/').filter(|part| !matches!(*part, "" | "."));
        (parts.collect::<Vec<_>>().join("/"), raw.ends_with('/'))
    });
    paths.filter(|(path, _)| !path.is_empty())
}

//! What a Dockerfile names of its build context.

use super::Facts;
use crate::syntax::{Kind, Transfer};

/// A path without which the build would fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The instruction that needs it.
    pub at: usize,
    /// The path, seen from the root of the build context. May hold wildcards.
    pub path: String,
}

/// The paths that copies name. There may be others: what only the build knows is left out.
#[must_use]
pub fn paths(facts: &Facts<'_>) -> Vec<Named> {
    let copies = (0..facts.views.len()).filter_map(|at| Some((at, copied(facts, at)?)));
    let named = copies.flat_map(|(at, transfer)| {
        let all = sources(transfer).filter(|path| !path.is_empty());
        all.map(move |path| Named { at, path })
    });
    named.collect()
}

/// The copy at `at`, if it is one of the build context.
fn copied<'f>(facts: &'f Facts<'_>, at: usize) -> Option<&'f Transfer> {
    let view = &facts.views[at];
    match &view.kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            Some(transfer).filter(|_| view.flag("from").is_none())
        }
        _ => None,
    }
}

/// The sources of a copy that must be there; the root of the build context is empty. Of several, one with a wildcard may
/// stand for nothing.
fn sources(transfer: &Transfer) -> impl Iterator<Item = String> {
    let alone = transfer.sources.len() == 1;
    let written = transfer.sources.iter().map(|source| source.raw.as_str());
    let plain = written.filter(move |raw| {
        let may_miss = !alone && raw.contains(['*', '?', '[']);
        !may_miss
            && !raw.contains(['$', '<', '\\', '"'])
            && !raw.contains("://")
            && !raw.starts_with("git@")
    });
    plain.map(|raw| {
        let parts = raw.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.collect::<Vec<_>>().join("/")
    })
}

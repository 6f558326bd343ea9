//! Copies of the build context in front of the split.

use crate::analysis::paths::{Region, below, join};
use crate::syntax::{Kind, Transfer};

use super::Site;
use super::artefacts::Artefacts;
use super::roles::Role;

/// Whether the copy `at` has to be made in the runtime stage as well: nothing else brings its files.
pub(super) fn are_repeated(site: &Site<'_>, artefacts: &Artefacts, at: usize) -> bool {
    let Some(dest) = transfer(site, at).and_then(|transfer| destination(site, at, transfer)) else {
        return true;
    };
    if artefacts.hold_workdir && below(&dest, &site.workdir()).is_some() {
        return false;
    }
    let brings_all = |later: usize| {
        let Some(transfer) = transfer(site, later) else {
            return false;
        };
        let is_root = |source: &str| matches!(source, "." | "./");
        transfer.sources.iter().any(|word| is_root(&word.raw))
            && destination(site, later, transfer).is_some_and(|whole| whole == dest)
    };
    let mut later = site
        .roles
        .with(Role::Source)
        .filter(|later| *later >= site.roles.split);
    !later.any(brings_all)
}

/// What the copy `at` brings, as far as its words tell: the files that it names, or all below its destination.
pub(super) fn destinations(site: &Site<'_>, at: usize) -> Vec<Region> {
    let Some(transfer) = transfer(site, at) else {
        return Vec::new();
    };
    let Some(dest) = destination(site, at, transfer) else {
        return Vec::new();
    };
    let region = |source: &str| {
        let name = source.trim_end_matches('/').rsplit('/').next();
        let is_file = name.is_some_and(|name| name.trim_matches('.').contains('.'));
        match name.filter(|_| is_file && transfer.dest.raw.ends_with(['/', '.'])) {
            Some(name) => Region::new(join(&dest, name)),
            None => Region::new(dest.clone()),
        }
    };
    transfer
        .sources
        .iter()
        .map(|word| region(&word.raw))
        .collect()
}

/// Whether the copy `at` names the file `name`.
pub(super) fn names(site: &Site<'_>, at: usize, name: &str) -> bool {
    let is_it = |source: &str| source.rsplit('/').next() == Some(name);
    transfer(site, at).is_some_and(|transfer| transfer.sources.iter().any(|word| is_it(&word.raw)))
}

fn transfer<'s>(site: &'s Site<'_>, at: usize) -> Option<&'s Transfer> {
    match &site.cx.facts.views[at].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => Some(transfer),
        _ => None,
    }
}

/// Where the copy `at` puts its files. `None`: only the build knows.
fn destination(site: &Site<'_>, at: usize, transfer: &Transfer) -> Option<String> {
    let dest = &transfer.dest.raw;
    (!dest.contains('$')).then(|| join(&site.cx.facts.states[at].workdir, dest))
}

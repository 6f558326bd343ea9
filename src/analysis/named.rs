//! What a Dockerfile names of its build context.

use super::Facts;
use super::commands::Invocation;
use super::paths::below;
use super::runs::Step;
use crate::knowledge::tools::{Does, Role};
use crate::syntax::{Kind, Transfer};

/// A path without which the build would fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The instruction that needs it.
    pub at: usize,
    /// The path, seen from the root of the build context. May hold wildcards.
    pub path: String,
}

/// The paths that copies name, and the manifests that installs need where a copy brings the whole build context. There may
/// be others: what only the build knows is left out.
#[must_use]
pub fn paths(facts: &Facts<'_>) -> Vec<Named> {
    let mut named = Vec::new();
    for at in 0..facts.views.len() {
        if let Some(transfer) = copied(facts, at) {
            let all = sources(transfer).filter(|path| !path.is_empty());
            named.extend(all.map(|path| Named { at, path }));
        }
        let steps = facts.runs[at].iter().flat_map(|run| &run.steps);
        for step in steps {
            let folder = step
                .directory()
                .and_then(|folder| from_context(facts, at, &folder));
            let Some(folder) = folder else { continue };
            named.extend(manifests(step).map(|manifest| Named {
                at,
                path: format!("{folder}{manifest}"),
            }));
        }
    }
    named
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

/// Where `folder` of the image is in the build context, with a `/` at the end, if a copy above instruction `at` brings all of the context there.
fn from_context(facts: &Facts<'_>, at: usize, folder: &str) -> Option<String> {
    let from = facts.stage_of(at)?.body.start;
    (from..at).rev().find_map(|index| {
        let transfer = copied(facts, index)?;
        sources(transfer).find(String::is_empty)?;
        let rest = below(folder, &facts.destination(index, transfer))?;
        Some(if rest.is_empty() {
            String::new()
        } else {
            format!("{rest}/")
        })
    })
}

/// The manifests that `step` must find, from where it works.
fn manifests<'s>(step: &'s Step<'_>) -> impl Iterator<Item = &'s str> {
    let installs = |own: &&Invocation<'_>| own.action.does == Does::InstallDependencies;
    let own = step.invocation.as_ref().filter(installs);
    own.into_iter()
        .flat_map(|own| {
            let given = own
                .options
                .iter()
                .filter(|option| option.role == Role::Manifest);
            let given = given.filter_map(|option| option.value.as_deref());
            let usual = own.action.manifests.iter().map(String::as_str);
            given.chain(usual.filter(|name| !name.ends_with('?')))
        })
        .filter(|name| {
            !name.starts_with('/')
                && !name.contains(['*', '?', '[', ':', '@'])
                && !name.contains("..")
        })
}

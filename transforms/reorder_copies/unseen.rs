//! The manifests to copy when the build context is not at hand.

use crate::analysis::paths::{Region, UNKNOWN_WORKDIR, file_name, join, parent};
use crate::context::{folder_and_name, in_folder};
use crate::transform::Refusal;

use super::leaves::{check_name, is_copied_before};
use super::manifests::{Manifest, Needed, Request};
use super::signs;
use super::sink::Sink;

/// The files to copy when the context is not at hand.
pub(super) fn files(
    sink: &Sink<'_>,
    request: &Request<'_>,
    needed: &mut Needed,
) -> Result<Vec<(String, String)>, Refusal> {
    signs::check(sink, request)?;
    let manifests = request.manifests.iter();
    for manifest in manifests.clone().filter(|manifest| manifest.is_required) {
        let path = manifest.path();
        let origin = named_before(sink, request, path);
        let origin = origin.or_else(|| sink.copied.origins(path).next());
        let name = origin.unwrap_or_else(|| path.to_owned());
        needed.assumes.push(reads_nothing_else(&name));
    }
    let brought =
        manifests.filter(|manifest| sink.copied.origins(manifest.path()).next().is_some());
    let brought: Vec<&Manifest> = brought.collect();
    if brought.is_empty() || sink.copied.files().is_some() {
        let paths = brought.iter().map(|manifest| manifest.path());
        return Ok(paths.flat_map(|path| sink.copied.picked(path)).collect());
    }
    if !sink.copied.is_one_folder() {
        let message = "which of its sources brings the manifests can only be seen in the build context: name it with --context";
        return Err(sink.refuse(request.at, "unknown-manifests", message));
    }
    let files = of_unseen_folder(sink, request, &brought, needed);
    let mut names = files.iter().map(|(origin, _)| origin);
    names.try_for_each(|origin| check_name(sink, request, origin))?;
    Ok(files)
}

/// The manifests in a folder that cannot be looked into: by name what the command cannot do without,
/// by patterns that may match nothing what there may be.
fn of_unseen_folder(
    sink: &Sink<'_>,
    request: &Request<'_>,
    brought: &[&Manifest],
    needed: &mut Needed,
) -> Vec<(String, String)> {
    let located = |path: &str| Some((sink.copied.origins(path).next()?, path.to_owned()));
    let is_here =
        |origin: &str, path: &str| sink.is_left(path) || is_copied_before(sink, origin, path);
    let mut missing: Vec<(String, String)> = brought
        .iter()
        .filter(|manifest| manifest.is_required)
        .filter_map(|manifest| located(manifest.path()))
        .filter(|(origin, path)| !is_here(origin, path))
        .collect();
    missing.retain(|(origin, path)| {
        let named = named_before(sink, request, path);
        needed.assumes.extend(match &named {
            Some(own) if own == origin => None,
            Some(own) => Some(format!(
                "{origin} does not exist, or is no other than {own}"
            )),
            None => Some(format!("{origin} is in the build context")),
        });
        named.is_none()
    });
    if brought.iter().all(|manifest| !manifest.is_required) {
        let paths = brought.iter().map(|manifest| manifest.path());
        let located = paths.filter_map(located);
        let heeded = located.filter(|(origin, path)| !is_here(origin, path));
        needed.heeded = heeded.map(|(_, path)| path).collect();
    }
    let in_directory = |(_, path): &(String, String)| parent(path) == request.directory;
    if request.patterns.is_empty() || !missing.iter().any(in_directory) {
        return with_families(sink, missing);
    }
    let patterns = request.patterns.iter();
    let paths = patterns.map(|name| join(&request.directory, name));
    paths.filter_map(|path| located(&path)).collect()
}

/// The same manifests, and in place of each that others in its folder may belong to the pattern of all of them.
fn with_families(sink: &Sink<'_>, manifests: Vec<(String, String)>) -> Vec<(String, String)> {
    let whole = |(origin, path): (String, String)| match family(sink, &origin) {
        Some(names) => (
            in_folder(folder_and_name(&origin).0, &names),
            join(parent(&path), &names),
        ),
        None => (origin, path),
    };
    let mut files: Vec<(String, String)> = manifests.into_iter().map(whole).collect();
    files.dedup();
    let patterns: Vec<Region> = files.iter().map(|(_, path)| Region::new(path)).collect();
    let is_covered = |path: &str| {
        let own = Region::new(path);
        let mut others = patterns.iter().filter(|pattern| **pattern != own);
        others.any(|pattern| pattern.covers(&own))
    };
    files.retain(|(_, path)| !is_covered(path));
    files
}

/// What another copy in front of the install brings to `path` by its name.
fn named_before(sink: &Sink<'_>, request: &Request<'_>, path: &str) -> Option<String> {
    let mut copies = sink.copies_before(request.at);
    copies.find_map(|other| other.files().and_then(|_| other.origins(path).next()))
}

/// How the manifests are called that include each other, if that at `origin` is one of them.
fn family(sink: &Sink<'_>, origin: &str) -> Option<String> {
    let (folder, name) = folder_and_name(origin);
    let known = sink.cx.knowledge.manifests.named(name);
    let mut families = known.flat_map(|known| &known.families);
    let family = families.find(|family| family.has(file_name(folder), name))?;
    Some(family.files.clone())
}

fn reads_nothing_else(manifest: &str) -> String {
    let manifest = manifest
        .strip_prefix(UNKNOWN_WORKDIR)
        .map_or(manifest, |inside| inside.trim_start_matches('/'));
    format!(
        "installing what {manifest} asks for reads nothing else of the project: it names no local path, and no script of the project runs"
    )
}

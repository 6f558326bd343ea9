//! The manifests to copy when the build context is not at hand.

use crate::analysis::paths::{UNKNOWN_WORKDIR, join, parent};
use crate::transform::Refusal;

use super::manifests::{Manifest, Needed, Request, check_name, is_copied_before};
use super::sink::Sink;

/// The files to copy when the context is not at hand.
pub(super) fn files(
    sink: &Sink<'_>,
    request: &Request<'_>,
    needed: &mut Needed,
) -> Result<Vec<(String, String)>, Refusal> {
    let manifests = request.manifests.iter();
    for manifest in manifests.clone().filter(|manifest| manifest.is_required) {
        let origin = sink.copied.origins(manifest.path()).next();
        let name = origin.unwrap_or_else(|| manifest.path().to_owned());
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
    let missing: Vec<(String, String)> = brought
        .iter()
        .filter(|manifest| manifest.is_required)
        .filter_map(|manifest| located(manifest.path()))
        .filter(|(origin, path)| !is_here(origin, path))
        .collect();
    for (origin, _) in &missing {
        needed
            .assumes
            .push(format!("{origin} is in the build context"));
    }
    let in_directory = |(_, path): &(String, String)| parent(path) == request.directory;
    if request.patterns.is_empty() || !missing.iter().any(in_directory) {
        return missing;
    }
    let patterns = request.patterns.iter();
    let paths = patterns.map(|name| join(&request.directory, name));
    paths.filter_map(|path| located(&path)).collect()
}

fn reads_nothing_else(manifest: &str) -> String {
    let manifest = manifest
        .strip_prefix(UNKNOWN_WORKDIR)
        .map_or(manifest, |inside| inside.trim_start_matches('/'));
    format!(
        "installing what {manifest} asks for reads nothing else of the project: it names no local path, and no script of the project runs"
    )
}

//! The base image of the runtime stage.

use crate::knowledge::images::{ImageRef, Runs, Shell};
use crate::transform::Refusal;

use super::Site;
use super::artefacts::Artefacts;
use super::packages::RuntimePackages;
use super::roles::Role;

/// The base image of the runtime stage.
pub(super) struct Runtime {
    /// The reference of the builder, as written.
    pub(super) builder: String,
    /// The reference of the runtime.
    pub(super) reference: String,
    /// What runs in it.
    pub(super) runs: Runs,
    /// Whether it is the image that the builder has.
    pub(super) is_same: bool,
    /// Packages that the builder's image has and every program may need.
    pub(super) lacks: Vec<String>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
}

/// Chooses the smallest image that runs what the builder makes. `None` when nothing is gained.
pub(super) fn choose(
    site: &Site<'_>,
    artefacts: &Artefacts,
    packages: &RuntimePackages,
) -> Result<Option<Runtime>, Refusal> {
    let written = &site.cx.facts.views[site.stage.from];
    let builder = written
        .text(written.body)
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned();
    let needs_shell = needs_shell(site, packages);
    let suits = |runs: Runs| match runs {
        Runs::Language => artefacts.executable.is_none(),
        Runs::Dynamic => artefacts.executable.is_some(),
        Runs::Static => artefacts.is_static,
    };
    let mut candidates: Vec<_> = site
        .image
        .runtimes
        .iter()
        .filter(|runtime| suits(runtime.runs))
        .collect();
    candidates.sort_by_key(|runtime| runtime.runs != Runs::Static);
    for candidate in candidates {
        let image = site
            .cx
            .knowledge
            .images
            .lookup(&ImageRef::parse(&candidate.reference));
        let has_shell = image
            .as_ref()
            .and_then(|image| image.system)
            .is_none_or(|system| system.shell != Shell::None);
        if needs_shell && !has_shell {
            continue;
        }
        return Ok(Some(Runtime {
            reference: candidate.reference.clone(),
            runs: candidate.runs,
            is_same: candidate.reference == builder,
            lacks: candidate.lacks.clone(),
            assumes: assumptions(site, &builder, &candidate.reference),
            builder,
        }));
    }
    let same = Runtime {
        reference: builder.clone(),
        builder,
        runs: Runs::Language,
        is_same: true,
        lacks: Vec::new(),
        assumes: Vec::new(),
    };
    // An image that brings compilers itself does not lose them by leaving a package out.
    let gains = !packages.removed.is_empty() && site.image.toolset.is_none();
    Ok(gains.then_some(same))
}

/// The first `count` numbers of the version that the tag of a reference starts with: `3.11` of `3.11.4-slim`.
pub(super) fn version(reference: &str, count: usize) -> Option<String> {
    let tag = ImageRef::parse(reference).tag?;
    let number = tag.split('-').next()?;
    let parts: Vec<&str> = number.split('.').take(count).collect();
    let numeric = parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    (numeric && parts.len() == count).then(|| parts.join("."))
}

/// Whether the runtime stage runs a command, or starts its program through a shell.
fn needs_shell(site: &Site<'_>, packages: &RuntimePackages) -> bool {
    let runs = [Role::Packages, Role::Prepare, Role::Project]
        .into_iter()
        .flat_map(|role| site.roles.with(role));
    let steps = runs
        .into_iter()
        .any(|at| site.roles.of(at) != Role::Packages || at >= site.roles.split);
    steps
        || !packages.names.is_empty()
        || site
            .launches
            .launches
            .iter()
            .any(|launch| launch.needs_shell)
}

fn assumptions(site: &Site<'_>, builder: &str, runtime: &str) -> Vec<String> {
    let Some(toolset) = site.image.toolset else {
        return Vec::new();
    };
    let known = ["gcc", "git", "curl", "wget", "make"];
    let examples: Vec<&str> = known
        .into_iter()
        .filter(|name| toolset.programs.contains_key(*name))
        .take(3)
        .collect();
    let examples = if examples.is_empty() {
        String::new()
    } else {
        format!(", such as {}", examples.join(", "))
    };
    vec![format!(
        "the program starts no other program that {builder} has and {runtime} has not{examples}"
    )]
}

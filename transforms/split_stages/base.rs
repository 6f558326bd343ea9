//! The base image of the runtime stage.

use crate::knowledge::images::{self, ImageRef, Runs, Shell};
use crate::transform::Refusal;

use super::Site;
use super::artefacts::Artefacts;
use super::packages::RuntimePackages;
use super::release;
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
    /// The builder with the release of its distribution in its tag, when the author's names none.
    pub(super) named_builder: Option<String>,
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
    let suits = |runtime: &&images::Runtime| match runtime.runs {
        Runs::Language => !artefacts.is_program,
        Runs::Dynamic => artefacts.is_program,
        Runs::Static => artefacts.is_static,
    };
    let needs_shell = needs_shell(site, packages);
    let has_shell =
        |runtime: &&images::Runtime| !needs_shell || brings_shell(site, &runtime.reference);
    let mut candidates: Vec<_> = site
        .image
        .runtimes
        .iter()
        .filter(suits)
        .filter(has_shell)
        .collect();
    candidates.sort_by_key(|runtime| runtime.runs != Runs::Static);
    let Some(candidate) = candidates.first() else {
        return Ok(same_image(site, artefacts, builder, packages));
    };
    let named = match candidate.runs {
        Runs::Dynamic => release::name_builder(site, &builder)?,
        _ => None,
    };
    let reference = match &named {
        Some(named) => named
            .runtimes
            .iter()
            .filter(suits)
            .find(has_shell)
            .map(|runtime| runtime.reference.clone()),
        None => Some(candidate.reference.clone()),
    };
    let Some(reference) = reference else {
        return Ok(same_image(site, artefacts, builder, packages));
    };
    let mut assumes = assumptions(site, &builder, &reference);
    assumes.extend(
        named
            .as_ref()
            .map(|named| format!("{} builds what {builder} builds", named.reference)),
    );
    Ok(Some(Runtime {
        runs: candidate.runs,
        is_same: reference == builder,
        lacks: candidate.lacks.clone(),
        named_builder: named.map(|named| named.reference),
        assumes,
        reference,
        builder,
    }))
}

/// Two stages of the same image, where that leaves packages behind, or most of the project. An image that brings
/// compilers itself does not lose them by leaving a package out.
fn same_image(
    site: &Site<'_>,
    artefacts: &Artefacts,
    builder: String,
    packages: &RuntimePackages,
) -> Option<Runtime> {
    let sheds = !packages.shed.is_empty() && site.image.toolset.is_none();
    (sheds || artefacts.is_bundle).then(|| Runtime {
        reference: builder.clone(),
        builder,
        runs: Runs::Language,
        is_same: true,
        lacks: Vec::new(),
        named_builder: None,
        assumes: Vec::new(),
    })
}

fn brings_shell(site: &Site<'_>, reference: &str) -> bool {
    let image = site.cx.knowledge.images.lookup(&ImageRef::parse(reference));
    image
        .and_then(|image| image.system)
        .is_none_or(|system| system.shell != Shell::None)
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
        || packages.needs_shell
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

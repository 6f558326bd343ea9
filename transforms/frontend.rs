//! Whether the builder knows a feature: by the version of its syntax.

use crate::analysis::{Facts, mounts};
use crate::syntax::Span;
use crate::transform::{Cx, Rewrite};

/// A feature of the syntax.
pub(super) struct Feature {
    /// What it is called.
    name: &'static str,
    /// It is there since version 1 and this minor one.
    since: u32,
    /// The builders that have it without a `# syntax` line.
    builders: &'static str,
    /// What in a file shows that its builder has it.
    shown_by: fn(&Facts<'_>) -> Option<Span>,
}

/// `RUN --mount`.
pub(super) const MOUNTS: Feature = Feature {
    name: "mounts",
    since: 2,
    builders: "BuildKit (the default since Docker 23), by Podman or by Buildah",
    shown_by: a_mount,
};

/// `RUN --mount=type=secret,env=`: <https://github.com/moby/buildkit/releases/tag/dockerfile%2F1.10.0>.
pub(super) const SECRET_VARIABLES: Feature = Feature {
    name: "secrets in variables",
    since: 10,
    builders: "BuildKit 0.16 or later, as Docker 28 has it",
    shown_by: a_secret_variable,
};

fn a_mount(facts: &Facts<'_>) -> Option<Span> {
    let mut views = facts.views.iter();
    views.find_map(|view| Some(view.logical.source(view.flag("mount")?.span)))
}

fn a_secret_variable(facts: &Facts<'_>) -> Option<Span> {
    let hands_over =
        |index: &usize| mounts::of(facts, *index).any(|mount| mount.variable.is_some());
    let index = (0..facts.views.len()).find(hands_over)?;
    Some(facts.file.instructions()[index].span)
}

/// Shows that the file is read by a builder that has `feature`, or takes it for granted.
///
/// # Errors
/// When a `# syntax` line names a version that is too old: why.
pub(super) fn check(cx: &Cx<'_>, feature: &Feature, rewrite: &mut Rewrite) -> Result<(), String> {
    let Feature {
        name,
        since,
        builders,
        shown_by,
    } = feature;
    let text = cx.file.text();
    let mut directives = cx.file.directives().iter();
    let directive = directives.find(|one| one.name.text(text).eq_ignore_ascii_case("syntax"));
    let Some(directive) = directive else {
        match shown_by(cx.facts) {
            Some(place) => rewrite.evidence(place, format!("the file has {name} already")),
            None => rewrite.assume(format!(
                "the image is built by {builders}: older builders do not know {name}"
            )),
        }
        return Ok(());
    };
    match has(directive.value.text(text), *since) {
        Some(true) => {
            let note = format!("this version of the syntax has {name}");
            rewrite.evidence(directive.value, note);
        }
        Some(false) => {
            return Err(format!(
                "the version in the `# syntax` line is older than 1.{since}, the first with {name}"
            ));
        }
        None => rewrite.assume(format!(
            "the frontend that the `# syntax` line names knows {name}"
        )),
    }
    Ok(())
}

/// Whether the version of the frontend `reference` is 1.`since` or newer; `None` of another frontend.
fn has(reference: &str, since: u32) -> Option<bool> {
    let name = reference.strip_prefix("docker.io/").unwrap_or(reference);
    let name = name.split('@').next().unwrap_or_default();
    let (repository, version) = name.split_once(':').unwrap_or((name, "latest"));
    if !matches!(
        repository,
        "docker/dockerfile" | "docker/dockerfile-upstream"
    ) {
        return None;
    }
    let mut numbers = version.split(['.', '-']);
    let major = numbers.next();
    let minor: Option<u32> = numbers.next().and_then(|minor| minor.parse().ok());
    let is_old = major == Some("1") && minor.is_some_and(|minor| minor < since);
    Some(!is_old || since < 3 && version.ends_with("-experimental"))
}

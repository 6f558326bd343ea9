//! Whether the builder knows cache mounts: since version 1.2 of its syntax.

use crate::analysis::Facts;
use crate::syntax::Span;
use crate::transform::{Cx, Refusal, Rewrite};

use super::refuse;

/// Shows that the file is read by a builder that knows mounts, or takes it for granted; `index` is where the first goes.
///
/// # Errors
/// When a `# syntax` line names a version that is too old.
pub(super) fn check(cx: &Cx<'_>, index: usize, rewrite: &mut Rewrite) -> Result<(), Refusal> {
    let text = cx.file.text();
    let mut directives = cx.file.directives().iter();
    let directive = directives.find(|one| one.name.text(text).eq_ignore_ascii_case("syntax"));
    if let Some(directive) = directive {
        return match knows_mounts(directive.value.text(text)) {
            Some(true) => {
                rewrite.evidence(directive.value, "this version of the syntax has mounts");
                Ok(())
            }
            Some(false) => {
                let message =
                    "the version in the `# syntax` line is older than 1.2, the first with mounts";
                Err(refuse(cx, index, "old-syntax", message)
                    .because(directive.span, "names the version"))
            }
            None => {
                rewrite.assume("the frontend that the `# syntax` line names knows cache mounts");
                Ok(())
            }
        };
    }
    match mount_in(cx.facts) {
        Some(flag) => rewrite.evidence(flag, "the file has mounts already"),
        None => rewrite.assume(
            "the image is built by BuildKit (the default since Docker 23), by Podman or by Buildah: older builders do not know mounts",
        ),
    }
    Ok(())
}

/// Whether the version of the frontend `reference` has mounts; `None` of another frontend.
fn knows_mounts(reference: &str) -> Option<bool> {
    let name = reference.strip_prefix("docker.io/").unwrap_or(reference);
    let name = name.split('@').next().unwrap_or_default();
    let version = match name.split_once(':') {
        Some(("docker/dockerfile" | "docker/dockerfile-upstream", version)) => version,
        None if name.starts_with("docker/dockerfile") => return Some(true),
        _ => return None,
    };
    let mut numbers = version.split(['.', '-']);
    let is_old = numbers.next() == Some("1") && matches!(numbers.next(), Some("0" | "1"));
    Some(!is_old || version.ends_with("-experimental"))
}

/// A `--mount` in the file.
fn mount_in(facts: &Facts<'_>) -> Option<Span> {
    facts
        .views
        .iter()
        .find_map(|view| Some(view.logical.source(view.flag("mount")?.span)))
}

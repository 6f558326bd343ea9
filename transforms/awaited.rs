//! Images that hold no more of a project than what installs read: people mount it when they start the container.

use crate::analysis::launch;
use crate::analysis::paths::{Region, file_name};
use crate::analysis::runs::Step;
use crate::analysis::sources::is_given_as_manifest;
use crate::analysis::stages::{Base, Stage};
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::Cx;

/// Whether installs have their manifests in `stage`, and nothing brings the program that they are for, as in images in
/// which people develop. An entry point for what `CMD` says is no program.
pub(super) fn awaits_project(cx: &Cx<'_>, stage: &Stage) -> bool {
    let body = || stage.body.clone();
    let has_cmd = body().any(|at| matches!(cx.facts.views[at].kind, Kind::Cmd { .. }));
    let entry = launch::entrypoint(cx.facts, stage).filter(|_| has_cmd);
    let entry = entry.as_ref().and_then(|words| words.first());
    let is_entry = |name: &str| entry.is_some_and(|entry| file_name(entry) == name);
    let Some(names) = copied_names(cx, stage) else {
        return false;
    };
    let workdir = Region::new(cx.facts.state_after(stage).workdir);
    let mut steps = body().flat_map(|at| cx.facts.steps(at));
    names.iter().any(|name| is_manifest(cx, name))
        && names
            .iter()
            .all(|name| is_manifest(cx, name) || is_entry(name))
        && !steps.any(|step| may_bring_project(step, &workdir))
}

/// The names of what is copied into `stage`; `None` where more is there that another stage has.
fn copied_names<'a>(cx: &Cx<'a>, stage: &Stage) -> Option<Vec<&'a str>> {
    if matches!(stage.base, Base::Stage(_)) {
        return None;
    }
    let mut names = Vec::new();
    for view in stage.body.clone().map(|at| &cx.facts.views[at]) {
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
            continue;
        };
        if view.flag("from").is_some() {
            return None;
        }
        let sources = transfer.sources.iter();
        names.extend(sources.map(|source| file_name(source.raw.trim_end_matches('/'))));
    }
    Some(names)
}

/// Whether some install reads what is called so, or what matches the pattern.
fn is_manifest(cx: &Cx<'_>, name: &str) -> bool {
    cx.knowledge.tools.knows_manifest_like(name) || is_given_as_manifest(cx.facts, name)
}

/// Whether a step may put a project into `workdir`, as `git clone` does, or makes something of one.
fn may_bring_project(step: &Step<'_>, workdir: &Region) -> bool {
    match step.does() {
        Some(Does::Build | Does::Run) => true,
        Some(Does::Files) => !step.makes_folders() && step.effects.writes.meets(workdir),
        _ => false,
    }
}

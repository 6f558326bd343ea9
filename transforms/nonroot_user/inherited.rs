//! A project that is copied in a stage which the final one is built on: what is in its folders belongs to root.

use super::site::Site;
use super::sources::Project;
use crate::analysis::paths::below;
use crate::analysis::stages::Stage;
use crate::context::FileKind;
use crate::syntax::{Kind, Transfer};
use crate::transform::{Cx, Refusal};

/// Refuses when a source of such a project writes files.
///
/// # Errors
/// The copy.
pub(super) fn check(site: &Site<'_>, project: &Project<'_>) -> Result<(), Refusal> {
    let Some(index) = copied_before(site.cx, site.stage) else {
        return Ok(());
    };
    let files = project.files();
    let mut writing = files.flat_map(|(language, file)| file.lines_with(&language.writes));
    let Some(line) = writing.find(|line| !line.is_comment()) else {
        return Ok(());
    };
    let message = format!(
        "the project is copied in a stage that this one is built on, so what is in its folders belongs to root, and {}:{} writes files; copy it in this stage, or give it to the user there",
        line.path, line.line
    );
    Err(site.refuse_for(index, "folder-of-root", message))
}

/// The same, as far as it cannot be seen what the program writes.
pub(super) fn assumed(cx: &Cx<'_>, stage: &Stage) -> Option<String> {
    let is_unseen = cx.context.is_none() && copied_before(cx, stage).is_some();
    is_unseen.then(|| {
        "the program writes nothing into folders of the project, which another stage copies for root"
            .to_owned()
    })
}

/// The first instruction that copies folders of the project, for root, in a stage that `stage` is built on.
fn copied_before(cx: &Cx<'_>, stage: &Stage) -> Option<usize> {
    let workdir = cx.facts.state_after(stage).workdir;
    let brings_folder = |transfer: &Transfer| {
        let mut sources = transfer.sources.iter().map(|word| word.raw.as_str());
        sources.any(|source| {
            let is_folder = |source| cx.context?.kind(source);
            matches!(source, "." | "./" | "/" | "*")
                || is_folder(source.trim_matches('/')) == Some(FileKind::Folder)
        })
    };
    let is_project = |at: &usize| {
        let view = &cx.facts.views[*at];
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
            return false;
        };
        let dest = cx.facts.destination(*at, transfer);
        let is_there = below(&dest, &workdir).is_some() || below(&workdir, &dest).is_some();
        let is_for_root = view.flag("chown").is_none();
        is_there && is_for_root && (view.flag("from").is_some() || brings_folder(transfer))
    };
    let ancestors = cx.facts.ancestry(stage).skip(1);
    let mut indices = ancestors.flat_map(|stage| stage.body.clone());
    indices.find(is_project)
}

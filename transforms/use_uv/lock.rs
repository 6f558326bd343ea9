//! Lock files: which copy brings that of uv, and what they name.

use std::collections::BTreeMap;

use crate::analysis::paths::join;
use crate::analysis::runs::Step;
use crate::context::in_folder;
use crate::syntax::{Kind, Transfer, Word};
use crate::transform::{Change, Refusal, Rewrite};
use crate::transforms::origin::{Origin, origin_before};

use super::project::Installs;

/// The versions of packages in a lock file of Poetry or of uv, by name.
pub(super) fn versions(text: &str) -> BTreeMap<String, String> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let packages = table.get("package").and_then(toml::Value::as_array);
    let packages = packages.into_iter().flatten().filter_map(|package| {
        let value = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
        Some((value("name")?.to_lowercase(), value("version")?))
    });
    packages.collect()
}

/// Has copies that bring the lock file of the other tool to `steps` bring that of uv, in `folder` of the build context.
///
/// # Errors
/// When a step would not find it.
pub(super) fn write(
    installs: &Installs<'_>,
    steps: &[(usize, &Step<'_>)],
    folder: &str,
    rewrite: &mut Rewrite,
) -> Result<(), Refusal> {
    let site = installs.site;
    let name = &site.cx.knowledge.uv.lock;
    let lock = in_folder(folder, name);
    let mut edited: Vec<usize> = Vec::new();
    for (at, step) in steps {
        let wanted = join(&step.directory().unwrap_or_default(), name);
        let found = origin_before(site.cx, site.stage, *at, &wanted);
        if matches!(found, Origin::File(path) if path == lock) {
            continue;
        }
        let copy = (site.stage.body.start..*at)
            .rev()
            .find_map(|at| Some((at, copied(installs, at, folder, &wanted)?)));
        let Some((copy, word)) = copy else {
            let message = format!("no copy brings {lock} to where the project is installed");
            return Err(installs.refuse(*at, "lock-not-copied", message));
        };
        if edited.contains(&copy) {
            continue;
        }
        edited.push(copy);
        let span = site.cx.facts.source(copy, word.span);
        let written = span.text(site.cx.file.text());
        let renamed = |text: &str| {
            let pattern = format!("{}*", installs.project.lock);
            let text = text.replace(&pattern, name);
            text.replace(&installs.project.lock, name)
        };
        rewrite.edits.replace(span, renamed(written));
        rewrite.declares.push(Change::LockFile {
            from: word.raw.clone(),
            to: renamed(&word.raw),
        });
    }
    Ok(())
}

/// The word by which the copy at `at` brings the lock file of the other tool, from `folder` to where that of uv is `wanted`.
fn copied<'a>(installs: &Installs<'a>, at: usize, folder: &str, wanted: &str) -> Option<&'a Word> {
    let cx = installs.site.cx;
    let (Kind::Copy(transfer) | Kind::Add(transfer)) = &cx.facts.views[at].kind else {
        return None;
    };
    let view = &cx.facts.views[at];
    let lock = in_folder(folder, &installs.project.lock);
    let is_lock = |word: &&Word| {
        let path = word.raw.trim_start_matches("./").trim_start_matches('/');
        path.trim_end_matches('*') == lock && !view.logical.crosses_seam(word.span)
    };
    let word = transfer.sources.iter().find(is_lock)?;
    let goes_into = into_folder(transfer)
        .then(|| join(&cx.facts.destination(at, transfer), &cx.knowledge.uv.lock));
    (view.flag("from").is_none() && goes_into.as_deref() == Some(wanted)).then_some(word)
}

fn into_folder(transfer: &Transfer) -> bool {
    let dest = transfer.dest.raw.as_str();
    transfer.sources.len() > 1 || dest.ends_with('/') || matches!(dest, "." | "..")
}

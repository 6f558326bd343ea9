//! What stays root's in the working folder of the program.

use super::ownership::Territory;
use crate::analysis::paths::{Extent, Region, below, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::installs::Installs;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::Cx;

/// An instruction that puts files of root there.
pub(super) struct Leftover {
    /// How it is called in a sentence.
    pub name: String,
    /// Whether these are dependencies, which programs read.
    pub is_dependency: bool,
    /// The name of the folder, if it is known.
    pub folder: Option<String>,
    /// The instruction, if it is a copy.
    pub copy: Option<usize>,
}

/// All of them, in source order.
pub(super) fn all(cx: &Cx<'_>, stage: &Stage, territory: &Territory) -> Vec<Leftover> {
    let Some(folder) = territory.workdir.clone().map(Region::new) else {
        return Vec::new();
    };
    let installed = installed(cx);
    let mut found = Vec::new();
    for index in stage.body.clone() {
        for dest in copied_by_root(cx, index, territory) {
            let name = dest.rsplit('/').next().unwrap_or_default();
            if below(&dest, folder.path()).is_some() {
                found.push(Leftover {
                    name: "`COPY --from`".to_owned(),
                    is_dependency: installed.contains(&name),
                    folder: (dest != folder.path()).then(|| name.to_owned()),
                    copy: Some(index),
                });
            }
        }
        let steps = cx.facts.runs[index].iter().flat_map(|run| &run.steps);
        found.extend(
            steps
                .filter(|step| makes_files(step, &folder))
                .map(|step| Leftover {
                    name: format!("`{}`", short(step)),
                    is_dependency: step.does() == Some(Does::InstallDependencies),
                    folder: made_by(step),
                    copy: None,
                }),
        );
    }
    found
}

/// The places of what a copy from another stage brings that gives away nothing.
fn copied_by_root(cx: &Cx<'_>, index: usize, territory: &Territory) -> Vec<String> {
    let view = &cx.facts.views[index];
    let Kind::Copy(transfer) = &view.kind else {
        return Vec::new();
    };
    let of_root = view.flag("from").is_some()
        && view.flag("chown").is_none()
        && !territory.copies.contains(&index);
    if !of_root {
        return Vec::new();
    }
    let dest = cx.facts.destination(index, transfer);
    let sources = transfer.sources.iter();
    let names: Option<Vec<&str>> = sources.map(|source| file_name(&source.raw)).collect();
    match names {
        Some(names) if transfer.dest.raw.ends_with(['/', '.']) => {
            names.into_iter().map(|name| join(&dest, name)).collect()
        }
        _ => vec![dest],
    }
}

/// The name of what lies at `path`, if it is a file by its ending: a folder would bring what is in it.
fn file_name(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let has_ending = name.trim_start_matches('.').contains('.');
    (has_ending && !name.contains('*')).then_some(name)
}

/// The names of the folders that installs of any stage make.
fn installed<'a>(cx: &Cx<'a>) -> Vec<&'a str> {
    let steps = cx.facts.runs.iter().flatten().flat_map(|run| &run.steps);
    let installs = steps.filter_map(|step| step.invocation.as_ref());
    let folders =
        installs.flat_map(|install| install.action.installs.iter().flat_map(Installs::usual));
    folders
        .filter_map(|folder| folder.trim_end_matches('/').rsplit('/').next())
        .collect()
}

/// The name of the folder that `step` installs into.
fn made_by(step: &Step<'_>) -> Option<String> {
    let installs = step.invocation.as_ref()?.action.installs.as_ref()?;
    let name = installs
        .usual()
        .first()?
        .trim_end_matches('/')
        .rsplit('/')
        .next()?;
    Some(name.to_owned())
}

/// Whether `step` may leave files of its own in `folder`.
fn makes_files(step: &Step<'_>, folder: &Region) -> bool {
    let quiet = matches!(
        step.does(),
        Some(
            Does::AddUser
                | Does::ShellState
                | Does::Nothing
                | Does::InstallPackages
                | Does::RefreshLists
                | Does::UpgradePackages
                | Does::CleanCache
                | Does::RemovePackages
        )
    );
    let changes_mode = matches!(
        step.args.first().map(|arg| arg.known()),
        Some("chmod" | "chown" | "mkdir" | "touch" | "rm")
    );
    !quiet && !changes_mode && touches(step, folder)
}

/// Whether `step` may write in `folder`: one that is not understood, if it runs there.
fn touches(step: &Step<'_>, folder: &Region) -> bool {
    match (&step.effects.writes, &step.cwd) {
        (Extent::Everything, Some(cwd)) => folder.meets(&Region::new(cwd)) && cwd != "/",
        (writes, _) => writes.meets(folder),
    }
}

/// The first words of a command: the program and its verb, where that is known.
fn short(step: &Step<'_>) -> String {
    let verb = step.invocation.as_ref();
    let verb = verb.filter(|known| !known.verb_words.is_empty());
    let end = verb.map_or(step.args.len(), |known| known.verb_words.end);
    let words = step.args[..end].iter().map(|arg| arg.known());
    let words = words.filter(|word| !word.is_empty() && !word.starts_with('-'));
    words.take(3).collect::<Vec<_>>().join(" ")
}

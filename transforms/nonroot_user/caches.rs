//! Folders among the dependencies in which a development server keeps its caches, given to the program by the step that
//! installs these.
//!
//! Nothing is given away with its contents but what a script of the manifest has made: the packages stay root's.

use super::given;
use super::leftovers::{self, Leftover, Maker};
use super::ownership::{HandedOver, Surveyor, Territory};
use super::rebuilt;
use super::start::Start;
use super::writer::words_in;
use crate::analysis::mounts;
use crate::analysis::paths::{below, join, parent};
use crate::context::{PACKAGE_JSON, folder_and_name, in_folder};
use crate::knowledge::startup::{Needs, Program};
use crate::project::Mount;
use crate::transform::Refusal;
use crate::transforms::origin::{Origin, origin};

/// Makes them and gives them away, where it is known of all programs that write among the dependencies which folders they
/// keep there, and what the install leaves beside its manifest.
///
/// # Errors
/// When a container has these folders, or the sources, from elsewhere: what the image has there does not count then.
pub(super) fn settle(
    surveyor: &Surveyor<'_>,
    start: &Start,
    territory: &mut Territory,
) -> Result<(), Refusal> {
    let (cx, stage) = (surveyor.site.cx, surveyor.site.stage);
    let startup = &cx.knowledge.startup;
    let programs = start.commands.iter();
    let programs = programs.filter_map(|command| Some(startup.program(&command.words)?.0));
    let servers: Vec<&Program> = programs.filter(|it| writes_there(it)).collect();
    let is_known = (servers.iter())
        .all(|server| !server.caches.is_empty() && !rebuilt::is_moved(surveyor, server));
    if servers.is_empty() || !is_known || !surveyor.account.has_shell {
        return Ok(());
    }
    let mut caches: Vec<&str> = Vec::new();
    for cache in servers.iter().flat_map(|server| &server.caches) {
        if !caches.contains(&cache.as_str()) {
            caches.push(cache);
        }
    }
    let installs = leftovers::all(cx, stage, territory);
    let mut paths: Vec<String> = Vec::new();
    for install in installs.iter().filter(|left| left.is_dependency) {
        paths.extend(give(surveyor, territory, install, &caches).unwrap_or_default());
    }
    if paths.is_empty() {
        return Ok(());
    }
    refuse_mounted(surveyor, &paths)
}

fn writes_there(program: &Program) -> bool {
    program.needs == Needs::BuildOutput && program.in_dependencies
}

/// Gives away the `caches` of the dependencies that `install` puts into the image. `None` where that cannot be done, or it is not
/// certain what else there is.
fn give(
    surveyor: &Surveyor<'_>,
    territory: &mut Territory,
    install: &Leftover<'_>,
    caches: &[&str],
) -> Option<Vec<String>> {
    let [dependencies] = install.paths.as_slice() else {
        return None;
    };
    let project = parent(dependencies);
    let caches: Vec<String> = caches.iter().map(|cache| join(project, cache)).collect();
    if !caches.contains(dependencies) {
        return None;
    }
    let index = match install.by {
        Maker::Copy(index) => {
            territory.give_copy(index);
            return Some(caches);
        }
        Maker::Step(index, ..) => index,
        Maker::Workdir => return None,
    };
    let last = surveyor.open_list(index)?.last()?;
    let is_of_stage = surveyor.site.stage.body.contains(&index);
    if !is_of_stage || is_mounted(surveyor, dependencies) {
        return None;
    }
    let left: Vec<String> = left_by_scripts(surveyor, project)?;
    let given = |paths: &[String], with_contents: bool| HandedOver {
        index,
        step: last.span,
        operands: words_in(last.cwd.as_deref(), paths),
        made: Some(words_in(last.cwd.as_deref(), &innermost(paths))),
        with_contents,
        paths: paths.to_vec(),
    };
    territory.handed_over.push(given(&caches, false));
    if !left.is_empty() {
        territory.handed_over.push(given(&left, true));
    }
    Some(caches)
}

/// Those of `paths` that hold no other: making them makes all.
fn innermost(paths: &[String]) -> Vec<String> {
    let holds = |folder: &str, other: &str| below(other, folder).is_some_and(|it| !it.is_empty());
    let holds_another = |folder: &&String| paths.iter().any(|other| holds(folder, other));
    let innermost = paths.iter().filter(|folder| !holds_another(folder));
    innermost.cloned().collect()
}

/// Whether a step has something mounted at `folder`, around it or in it: what is made there is no part of the image, or the
/// mount leaves a folder of root behind.
fn is_mounted(surveyor: &Surveyor<'_>, folder: &str) -> bool {
    let facts = surveyor.site.cx.facts;
    let meets = |target: String| below(&target, folder).or(below(folder, &target)).is_some();
    let mut steps = surveyor.site.stage.body.clone();
    steps.any(|at| {
        let mut mounts = mounts::of(facts, at).filter_map(|mount| mount.target);
        mounts.any(meets)
    })
}

/// The folders that scripts of the manifest in `project` leave there when an install runs them. `None` where they may leave
/// anything, or the install works in other folders as well.
fn left_by_scripts(surveyor: &Surveyor<'_>, project: &str) -> Option<Vec<String>> {
    let (cx, stage) = (surveyor.site.cx, surveyor.site.stage);
    let lifecycle = &cx.knowledge.startup.lifecycle;
    let context = cx.context?;
    let Origin::File(manifest) = origin(cx, stage, &join(project, PACKAGE_JSON)) else {
        return None;
    };
    let (folder, _) = folder_and_name(&manifest);
    let is_beside = |name: &String| context.has(&in_folder(folder, name));
    if lifecycle.several_beside.iter().any(is_beside) {
        return None;
    }
    let document = context.document(&manifest)?;
    let folders = lifecycle.folders_left_by(&document)?;
    Some(folders.into_iter().map(|it| join(project, it)).collect())
}

/// Refuses when a container has another folder where the caches or the sources are.
fn refuse_mounted(surveyor: &Surveyor<'_>, caches: &[String]) -> Result<(), Refusal> {
    let (cx, stage) = (surveyor.site.cx, surveyor.site.stage);
    let workdir = cx.facts.state_after(stage).workdir;
    let hides = |mount: &&Mount| {
        let mut paths = caches.iter().chain([&workdir]);
        !mount.is_file && paths.any(|path| below(path, &mount.target).is_some())
    };
    let of_stage = given::containers(cx, stage);
    for (used, container) in of_stage.chain(given::guesses(cx)) {
        if let Some(mount) = container.mounts.iter().find(hides) {
            let message = format!(
                "{} mounts a folder on {}, where the development server keeps its caches, and root may write there whoever owns it; set USER yourself if it is that of the new user",
                used.described(),
                mount.target
            );
            let refusal = surveyor.site.refuse("host-folder", message);
            return Err(refusal.because(cx.place_of(used), "starts it"));
        }
    }
    Ok(())
}

//! A build of which the program may need anything: the folders in which it works are taken as a whole.

use std::collections::BTreeSet;

use crate::analysis::commands::Arg;
use crate::analysis::paths::{Extent, Region, below, join};
use crate::analysis::runs::Step;
use crate::knowledge::tools::{Does, Makes};
use crate::syntax::{Kind, Transfer};
use crate::transform::{Evidence, Place, Refusal};

use super::Site;
use super::artefacts::{Artefacts, is_file, steps};
use super::roles::Role;

use super::{apart, brought, installed, prune, transfers};

/// The folders beside or around `workdir` in which something is built, and from which no step takes it: the program may find
/// it there (`../client/build`).
fn built_beside(site: &Site<'_>, workdir: &str) -> BTreeSet<String> {
    let is_taken = |folder: &Region| {
        let before = site.stage.body.start..site.roles.split;
        let mut steps = before.flat_map(|at| site.cx.facts.steps(at));
        steps.any(|step| transfers::takes_from(step, folder))
    };
    let is_own = |folder: &String| {
        let mut areas = site.cx.knowledge.tools.paths("@system");
        let is_shared = folder == "/" || areas.any(|area| below(folder, area).is_some());
        !is_shared && below(folder, workdir).is_none()
    };
    let builds = steps(site, Role::Build).filter(|(_, step)| step.does() == Some(Does::Build));
    let folders = builds.filter_map(|(_, step)| step.directory());
    folders
        .filter(|folder| is_own(folder) && !is_taken(&Region::new(folder)))
        .collect()
}

/// A path outside of `folders` that the command line of a build of many files names, with its instruction: an option that
/// says where the results go, or a source beside which they are put.
fn named_outside(site: &Site<'_>, folders: &[String]) -> Option<(usize, String)> {
    let is_outside = |path: &String| {
        let kept = folders.iter().map(String::as_str);
        let mut known = kept.chain(["/tmp", "/dev"]);
        !known.any(|folder| below(path, folder).is_some())
    };
    let tools = &site.cx.knowledge.tools;
    let mut named = steps(site, Role::Build).filter_map(|(at, step)| {
        let own = step.invocation.as_ref()?;
        let makes_tree =
            matches!(own.action.does, Does::Build | Does::Run) && own.action.makes == Makes::Tree;
        let directory = step.directory().filter(|_| makes_tree)?;
        // The program itself may be called by its path.
        let words: Vec<&str> = step.args.iter().map(Arg::known).collect();
        let named = (own.program_words..words.len()).map(|at| match words[at].rsplit_once('=') {
            Some((option, value)) => (option, value),
            None => (words[at - 1], words[at]),
        });
        let mut paths = named
            .filter(|(option, value)| value.starts_with(['/', '.']) && !tools.is_address(option))
            .map(|(_, value)| join(&directory, value));
        Some((at, paths.find(is_outside)?))
    });
    named.next()
}

/// Whether an instruction in front of the split works in `folder`, or puts something there.
fn is_in_builder(site: &Site<'_>, folder: &str) -> bool {
    let facts = site.cx.facts;
    let holds = |path: &str| below(path, folder).is_some();
    let brings_folder =
        |transfer: &Transfer| !transfer.sources.iter().all(|word| is_file(site, &word.raw));
    let fills = |at: usize, transfer: &Transfer| {
        let dest = facts.destination(at, transfer);
        holds(&dest) || below(folder, &dest).is_some() && brings_folder(transfer)
    };
    // A tool that is given manifests alone runs nothing of the project that could make it.
    let has_sources = brought::sources(site).any(|(_, transfer)| brings_folder(transfer));
    let makes = |step: &Step<'_>| match &step.effects.writes {
        Extent::Regions(regions) => regions.iter().any(|region| holds(region.fixed())),
        Extent::Everything => has_sources || step.invocation.is_none(),
    };
    let mut before = site.stage.body.start..site.roles.split;
    site.inherits_workdir()
        || before.any(|at| match &facts.views[at].kind {
            Kind::Workdir(_) => holds(&facts.states[at + 1].workdir),
            Kind::Copy(transfer) | Kind::Add(transfer) => fills(at, transfer),
            _ => facts.steps(at).iter().any(makes),
        })
}

/// The working directory as a whole, what is built beside it, and what was installed elsewhere.
///
/// # Errors
/// When no folder is set aside for the build.
pub(super) fn whole_workdir(site: &Site<'_>) -> Result<Artefacts, Refusal> {
    let workdir = site.workdir();
    check_set_aside(site, &workdir)?;
    let folders: Vec<String> = std::iter::once(workdir.clone())
        .chain(built_beside(site, &workdir))
        .collect();
    if let Some((at, path)) = named_outside(site, &folders) {
        let message = format!("it names {path}, where it may put what the program needs");
        return Err(site.refuse_at(at, "output-not-located", &message));
    }
    let mut artefacts = Artefacts {
        held: folders.clone(),
        paths: folders,
        ..Artefacts::default()
    };
    let installed = installed::paths(site)?.into_iter();
    let elsewhere = installed.filter(|path| below(path, &workdir).is_none());
    artefacts.paths.extend(elsewhere);
    if site.roles.builds() {
        leave_behind(site, &mut artefacts);
    }
    Ok(artefacts)
}

/// Makes sure that the build has a folder of its own.
fn check_set_aside(site: &Site<'_>, workdir: &str) -> Result<(), Refusal> {
    if workdir == "/" {
        return Err(site.refuse(
            "output-not-located",
            "the build works in the root of the file system: set a WORKDIR of its own",
        ));
    }
    if !is_in_builder(site, workdir) {
        let message = format!(
            "nothing in front of the build makes {workdir}, in which the container works: set WORKDIR there"
        );
        return Err(site.refuse("output-not-located", message));
    }
    Ok(())
}

/// Leaves behind what only the build needs of the folders, as far as that is known.
fn leave_behind(site: &Site<'_>, artefacts: &mut Artefacts) {
    artefacts.assumes.push(format!(
        "the build writes nothing that the program needs outside of {}",
        artefacts.held.join(" and ")
    ));
    artefacts.prune = prune::plan(site);
    artefacts.is_pruned = prune::is_done(site);
    if let Some(pruned) = &artefacts.prune {
        artefacts.because.push(Evidence {
            place: Place::File(pruned.manifest.clone(), None),
            note: pruned.evidence.clone(),
        });
        artefacts.assumes.extend(pruned.assumes.iter().cloned());
    }
    artefacts.apart = apart::plan(site);
    if let Some(apart) = &artefacts.apart {
        artefacts.paths.insert(0, apart.folder.clone());
        artefacts.assumes.push(apart.assumption());
    }
}

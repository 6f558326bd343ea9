//! Copies of the build context.

use crate::analysis::commands::Invocation;
use crate::analysis::paths::{Region, below, file_name, join};
use crate::context::matches_name;
use crate::knowledge::tools::Role as OptionRole;
use crate::syntax::{Kind, Transfer};

use super::Site;
use super::artefacts::{Artefacts, MOST_FILES, steps};
use super::brought;
use super::roles::Role;

/// Whether the copy `at` in front of the split has to be made in the runtime stage as well: nothing else brings its
/// files.
pub(super) fn are_repeated(site: &Site<'_>, artefacts: &Artefacts, at: usize) -> bool {
    let Some(dest) = destination(site, at) else {
        return true;
    };
    let mut held = artefacts.held.iter();
    let mut taken = artefacts.paths.iter();
    if held.any(|folder| below(&dest, folder).is_some())
        || is_project(site, at) && taken.any(|path| below(&dest, path).is_some())
    {
        return false;
    }
    let mut later = site.roles.with(Role::Source);
    !later.any(|later| {
        later >= site.roles.split
            && brings_again(site, later, at)
            && !are_read_before(site, later, at)
    })
}

/// Whether the copy `at` brings the whole context.
fn is_project(site: &Site<'_>, at: usize) -> bool {
    let sources = transfer(site, at).map_or(&[][..], |transfer| &transfer.sources);
    sources.iter().any(|word| is_root(&word.raw))
}

fn is_root(source: &str) -> bool {
    matches!(source, "" | "." | "./")
}

/// Whether a step between the split and the copy `later` may read what the copy `at` brings.
fn are_read_before(site: &Site<'_>, later: usize, at: usize) -> bool {
    let brought = destinations(site, at);
    let mut runs = (site.roles.split..later).filter_map(|at| site.cx.facts.run(at));
    runs.any(|run| brought.iter().any(|region| run.effects.reads.meets(region)))
}

/// Whether the copy `at` brings nothing but manifests that installs in front of the split are given by their paths, to a
/// place outside of the working directory, or where nothing that runs in the container names them.
pub(super) fn only_for_installs(site: &Site<'_>, at: usize) -> bool {
    let given: Vec<String> = steps(site, Role::Dependencies)
        .filter_map(|(_, step)| Some((step.invocation.as_ref()?, step.directory()?)))
        .flat_map(|(invocation, cwd)| {
            let options = invocation.options.iter();
            let manifests = options.filter(|option| option.role == OptionRole::Manifest);
            let paths = manifests.filter_map(|option| option.value.as_deref());
            paths.map(|path| join(&cwd, path)).collect::<Vec<_>>()
        })
        .collect();
    let brought = destinations(site, at);
    let is_given = |region: &Region| {
        let is_outside = below(region.path(), &site.workdir()).is_none();
        given.iter().any(|given| given == region.path())
            && (is_outside || is_named_by_none(site, region.path()))
    };
    !brought.is_empty() && brought.iter().all(is_given) && !are_removed(site, &brought)
}

/// Whether the build context shows that neither a source nor a script nor a command of the container names the file `path`.
fn is_named_by_none(site: &Site<'_>, path: &str) -> bool {
    let Some((context, files)) = site
        .cx
        .context
        .and_then(|context| Some((context, context.files_below("", MOST_FILES)?)))
    else {
        return false;
    };
    let name = file_name(path);
    let names = |text: &str| text.contains(name);
    let behind = site.roles.split..site.stage.body.end;
    let region = Region::new(path);
    // A script has an ending that says so, or none.
    let is_script = |file: &&String| {
        let own = file_name(file);
        own.ends_with(".sh") || !own.contains('.') && !matches_name("*Dockerfile*", own)
    };
    let mut scripts = files
        .iter()
        .filter(is_script)
        .filter_map(|file| context.read(file));
    let words = site
        .launches
        .launches
        .iter()
        .flat_map(|launch| &launch.words);
    let mut behind = behind.filter_map(|at| site.cx.facts.run(at));
    !behind.any(|run| run.effects.reads.meets(&region))
        && !brought::named_by_sources(site, context).contains(path)
        && !words.map(String::as_str).any(names)
        && !scripts.any(|text| names(&text))
}

/// Whether a step in front of the split removes all of `regions` again.
fn are_removed(site: &Site<'_>, regions: &[Region]) -> bool {
    let before = site.stage.body.start..site.roles.split;
    let mut steps = before.flat_map(|at| site.cx.facts.steps(at));
    steps.any(|step| {
        let removes = |own: &Invocation<'_>| own.action.removes;
        let is_removal = step.invocation.as_ref().is_some_and(removes);
        is_removal
            && regions
                .iter()
                .all(|region| step.effects.writes.meets(region))
    })
}

/// Whether the copy `later` of the whole context, of every file at its root, or of a folder brings what the copy `at` does,
/// to the same place.
fn brings_again(site: &Site<'_>, later: usize, at: usize) -> bool {
    let (Some(whole), Some(into)) = (transfer(site, later), destination(site, later)) else {
        return false;
    };
    let brings_all = whole.sources.iter().any(|word| is_root(&word.raw));
    let is_every_file = |source: &str| matches!(source, "*" | "./*");
    let brings_files = whole.sources.iter().any(|word| is_every_file(&word.raw));
    // What a folder holds lands where the folder is copied to.
    let lands_with_folder = |source: &str, region: &Region| {
        let mut folders = whole.sources.iter().map(|word| plain(&word.raw));
        folders.any(|folder| {
            let inside = plain(source).strip_prefix(folder);
            let inside = inside.and_then(|rest| rest.strip_prefix('/'));
            inside.is_some_and(|inside| region.path() == join(&into, inside))
        })
    };
    let sources = transfer(site, at).map_or(&[][..], |transfer| &transfer.sources);
    let same = |(source, region): (&str, Region)| {
        let source = plain(source);
        let is_same =
            region.path() == into && is_root(source) || region.path() == join(&into, source);
        is_same && (brings_all || brings_files && !source.contains('/') && !is_root(source))
            || lands_with_folder(source, &region)
    };
    let sources = sources.iter().map(|word| word.raw.as_str());
    sources.zip(destinations(site, at)).all(same)
}

/// The path `source` of the context without what does not matter.
fn plain(source: &str) -> &str {
    let source = source.strip_prefix("./").unwrap_or(source);
    source.trim_end_matches('/')
}

/// What the copy `at` brings, by source, as far as its words tell: a file, or all below its destination.
pub(super) fn destinations(site: &Site<'_>, at: usize) -> Vec<Region> {
    let (Some(transfer), Some(dest)) = (transfer(site, at), destination(site, at)) else {
        return Vec::new();
    };
    let is_there = below(&site.cx.facts.states[at].workdir, &dest).is_some();
    let into_folder =
        is_there || transfer.dest.raw.ends_with(['/', '.']) || transfer.sources.len() > 1;
    let region = |source: &str| {
        let name = file_name(source.trim_end_matches('/'));
        let tools = &site.cx.knowledge.tools;
        let is_file = name.trim_matches('.').contains('.')
            || tools.knows_manifest(name.trim_end_matches('*'));
        match is_file && into_folder {
            true => Region::new(join(&dest, name)),
            false => Region::new(&dest),
        }
    };
    transfer
        .sources
        .iter()
        .map(|word| region(&word.raw))
        .collect()
}

/// Whether the copy `at` names the file `name`.
pub(super) fn names(site: &Site<'_>, at: usize, name: &str) -> bool {
    let is_it = |source: &str| file_name(source) == name;
    transfer(site, at).is_some_and(|transfer| transfer.sources.iter().any(|word| is_it(&word.raw)))
}

fn transfer<'s>(site: &'s Site<'_>, at: usize) -> Option<&'s Transfer> {
    match &site.cx.facts.views[at].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => Some(transfer),
        _ => None,
    }
}

/// Where the copy `at` puts its files. `None`: only the build knows.
fn destination(site: &Site<'_>, at: usize) -> Option<String> {
    let dest = site.cx.facts.destination(at, transfer(site, at)?);
    Some(dest).filter(|dest| !dest.contains('$'))
}

//! What the runtime stage takes over from the builder.

use std::collections::BTreeSet;

use crate::analysis::paths::{below, file_name, join};
use crate::analysis::runs::Step;
use crate::analysis::state::Variable;
use crate::context::{FileKind, matches_name};
use crate::knowledge::tools::Makes;
use crate::transform::{Evidence, Refusal};
use crate::transforms::dependencies;

use super::Site;
use super::apart::Apart;
use super::brought;
use super::bundles::{self, Bundle};
use super::installed;
use super::options;

use super::product::{self, Product};
use super::prune::Pruned;
use super::roles::Role;
use super::together;
use super::whole::whole_workdir;

/// More files than this are not looked through.
pub(super) const MOST_FILES: usize = 20_000;

/// What the runtime stage takes over.
#[derive(Default)]
pub(super) struct Artefacts {
    /// Paths that are copied from the builder, in order.
    pub(super) paths: Vec<String>,
    /// The folders of which `paths` hold all that the program needs, so that what is copied there is not copied again.
    pub(super) held: Vec<String>,
    /// What the build makes and the container starts, and where it goes. It changes most often, so it is copied last.
    pub(super) product: Option<(String, String)>,
    /// Programs that are made with it and go to another place than they are made in.
    pub(super) siblings: Vec<(String, String)>,
    /// Whether what the build makes needs neither the rest of the project nor what was installed for it.
    pub(super) is_bundle: bool,
    /// Whether the build makes a program that needs nothing of the language when it runs.
    pub(super) is_program: bool,
    /// Whether the product is a folder in which, or in whose `bin`, the container finds the program.
    pub(super) is_searched: bool,
    /// Whether that program needs no library.
    pub(super) is_static: bool,
    /// Words that the command of the builder gains, and where in the source each belongs.
    pub(super) options: Vec<(usize, String)>,
    /// A command to run at the end of the build, or of the stage of the dependencies.
    pub(super) prune: Option<Pruned>,
    /// Whether the build itself removes dependencies that only it needs.
    pub(super) is_pruned: bool,
    /// The dependencies that a stage of their own has. They are the first of `paths`.
    pub(super) apart: Option<Apart>,
    /// Commands that register what is copied. The runtime stage repeats them behind the copies.
    pub(super) registers: Vec<String>,
    /// Steps and copies in front of the split whose files come with `paths`, so that the runtime stage does not
    /// repeat them.
    pub(super) left_out: Vec<usize>,
    /// Where the build works, and the names of the files there that it alone reads, when it makes one product.
    pub(super) workshop: Option<(String, Vec<String>)>,
    /// Paths that only the build reads and that nothing removes, and commands that make such.
    pub(super) for_builds: Vec<String>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
    /// What proves it.
    pub(super) because: Vec<Evidence>,
}

impl Artefacts {
    /// What the runtime stage copies, and where to, in order.
    pub(super) fn taken(&self) -> Vec<(String, String)> {
        let alike = self.paths.iter().map(|path| (path.clone(), path.clone()));
        alike
            .chain(self.siblings.clone())
            .chain(self.product.clone())
            .collect()
    }

    /// Whether instruction `at` is one of the builder alone.
    pub(super) fn leave_to_builder(&self, site: &Site<'_>, at: usize) -> bool {
        let is_step = || match site.roles.of(at) {
            Role::Build | Role::Dependencies => true,
            Role::Packages => together::repeated_setup(site, at).is_none(),
            _ => false,
        };
        at < site.roles.split && (is_step() || self.left_out.contains(&at))
    }

    /// Leaves out what is part of something else that is taken over from the same stage.
    pub(super) fn drop_covered(&mut self) {
        let all = self.paths.clone();
        let is_covered = |nth: usize, path: &String| {
            let mut others = all.iter().enumerate();
            others.any(|(other, own)| {
                let is_first = own != path || other < nth;
                other != nth && is_first && below(path, own).is_some()
            })
        };
        let is_apart = |path: &String| {
            self.apart
                .as_ref()
                .is_some_and(|apart| apart.folder == *path)
        };
        let kept = all.iter().enumerate();
        let kept = kept.filter(|(nth, path)| is_apart(path) || !is_covered(*nth, path));
        self.paths = kept.map(|(_, path)| path.clone()).collect();
    }

    /// What is taken over, where the builder has it.
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        self.paths.iter().chain(
            self.siblings
                .iter()
                .chain(&self.product)
                .map(|(from, _)| from),
        )
    }
}

/// Finds what the program needs of what the builder makes.
pub(super) fn locate(site: &Site<'_>) -> Result<Artefacts, Refusal> {
    if site.roles.builds() {
        return built(site);
    }
    let paths = installed::paths(site)?;
    let in_workdir = |path: &String| below(path, &site.workdir()).is_some();
    let all_in_workdir = paths.iter().all(in_workdir);
    if source_before(site, site.roles.split) || all_in_workdir && installs_several_projects(site) {
        return whole_workdir(site);
    }
    Ok(Artefacts {
        paths,
        ..Artefacts::default()
    })
}

/// Whether manifests of several folders take part in one install: then each may get a folder of its
/// own, and links lead from one to the other.
fn installs_several_projects(site: &Site<'_>) -> bool {
    let folder = |path: &String| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    let read = steps(site, Role::Dependencies).any(|(_, step)| {
        let folders: BTreeSet<_> = dependencies::manifests(site.cx, step)
            .iter()
            .map(folder)
            .collect();
        folders.len() > 1
    });
    let written: BTreeSet<_> = brought::sources(site)
        .map(|(at, transfer)| join(&site.cx.facts.states[at].workdir, &transfer.dest.raw))
        .collect();
    read || site.cx.context.is_none() && written.len() > 1
}

/// Whether a folder of the context is copied before instruction `end`, up to which dependencies are installed.
pub(super) fn source_before(site: &Site<'_>, end: usize) -> bool {
    let mut sources = brought::sources(site).take_while(|(at, _)| *at < end);
    sources.any(|(at, transfer)| {
        let dest = site.cx.facts.destination(at, transfer);
        let is_of_project = below(&dest, &site.workdir()).is_some();
        is_of_project
            && transfer
                .sources
                .iter()
                .any(|word| !is_file(site, &word.raw))
    })
}

/// Whether a source of a copy is a file: the context says so, or its name does.
pub(super) fn is_file(site: &Site<'_>, source: &str) -> bool {
    let path = source.trim_start_matches("./").trim_end_matches('/');
    let kind = site.cx.context.and_then(|context| context.kind(path));
    if let Some(kind) = kind {
        return kind == FileKind::File;
    }
    let name = file_name(path);
    let has_ending = name.contains('.') && !name.trim_matches('.').is_empty();
    has_ending
        || site
            .cx
            .knowledge
            .tools
            .knows_manifest(name.trim_end_matches('*'))
}

/// The steps of the instructions with this role.
pub(super) fn steps<'s>(
    site: &'s Site<'_>,
    role: Role,
) -> impl Iterator<Item = (usize, &'s Step<'s>)> {
    let runs = site.roles.with(role);
    runs.flat_map(|at| site.cx.facts.steps(at).iter().map(move |step| (at, step)))
}

/// What a build makes: one product with the files beside it, or a folder of things.
fn built(site: &Site<'_>) -> Result<Artefacts, Refusal> {
    if let Some(product) = product::find(site)? {
        return with_files_beside(site, product);
    }
    match bundles::started(site.cx, site.stage) {
        Some(bundle) => bundled(site, bundle),
        None => whole_workdir(site),
    }
}

/// A folder that a build has made, with data beside it that the program may read, and what was installed outside of the
/// working directory.
fn bundled(site: &Site<'_>, bundle: Bundle<'_>) -> Result<Artefacts, Refusal> {
    let workdir = site.workdir();
    let outside = |path: &String| below(path, &workdir).is_none();
    let mut paths: Vec<String> = installed::paths(site)?
        .into_iter()
        .filter(outside)
        .collect();
    if let Some((context, sources)) = site.cx.context.zip(bundle.sources) {
        let Some(data) = brought::data(site, context, sources) else {
            return whole_workdir(site);
        };
        paths.extend(data.paths);
    }
    Ok(Artefacts {
        held: vec![workdir.clone()],
        is_bundle: true,
        assumes: vec![format!(
            "the program reads nothing else of {workdir} when it runs"
        )],
        for_builds: installed::below_only(site, &workdir, &[]),
        product: Some((bundle.folder.clone(), bundle.folder)),
        paths,
        ..Artefacts::default()
    })
}

fn with_files_beside(site: &Site<'_>, product: Product<'_>) -> Result<Artefacts, Refusal> {
    let workdir = site.workdir();
    let action = product.action;
    let mut artefacts = Artefacts {
        held: vec![workdir.clone()],
        workshop: Some((product.directory.clone(), action.sources.clone())),
        ..Artefacts::default()
    };
    if action.makes == Makes::Executable {
        artefacts.is_program = true;
        artefacts.is_searched = product.is_searched;
        options::add(site, action, &mut artefacts);
    }
    let project = project_around(site, &product.directory);
    if works_in_product(site, &product) && !is_named_by_files(site, &project) {
        let sentence = format!(
            "the program reads nothing of {project} but {} when it runs",
            product.path
        );
        artefacts.assumes.push(sentence);
        artefacts.held.push(project.clone());
    } else {
        add_data(site, &action.sources, &mut artefacts);
    }
    if is_for_the_build(site, &product, &project) {
        artefacts.assumes.push(format!(
            "the program reads nothing of {project} when it runs"
        ));
        artefacts.held.push(project);
    }
    let is_alone = starts_only(site, &product.path);
    add_product(product, &mut artefacts);
    let taken: Vec<String> = artefacts.all().cloned().collect();
    artefacts.for_builds = installed::below_only(site, &workdir, &taken);
    for (at, step, why) in installed::unlocated(site) {
        if !is_alone {
            return Err(site.refuse_at(at, "output-not-located", why));
        }
        artefacts
            .for_builds
            .push(installed::command(site, at, step));
    }
    let left = artefacts.for_builds.iter();
    let left =
        left.map(|command| format!("the program needs nothing of what `{command}` installs"));
    artefacts.assumes.extend(left);
    Ok(artefacts)
}

/// Whether the container works in the folder that the build makes, and finds there what it reads.
fn works_in_product(site: &Site<'_>, product: &Product<'_>) -> bool {
    product.action.makes == Makes::Folder && below(&site.workdir(), &product.path).is_some()
}

/// Whether the container starts the program called `path` and no other.
fn starts_only(site: &Site<'_>, path: &str) -> bool {
    let name = file_name(path);
    let mut launches = site.launches.launches.iter();
    launches.all(|launch| !launch.needs_shell && file_name(launch.program()) == name)
}

/// Adds what the program may read of the working directory.
fn add_data(site: &Site<'_>, sources: &[String], artefacts: &mut Artefacts) {
    let workdir = site.workdir();
    let context = site
        .cx
        .context
        .filter(|_| !brought::is_made_by_the_build(site));
    match context.and_then(|context| brought::data(site, context, sources)) {
        Some(data) if data.folders.is_empty() => {}
        Some(data) => {
            let around = data
                .folders
                .iter()
                .filter(|folder| below(&workdir, folder).is_some());
            let whole = around.min_by_key(|folder| folder.len()).unwrap_or(&workdir);
            let named = context.map(|context| brought::named_by_sources(site, context));
            let is_new = |path: &String| !data.paths.iter().any(|own| below(path, own).is_some());
            let named: Vec<String> = named.into_iter().flatten().filter(is_new).collect();
            let other = if named.is_empty() { "" } else { "other " };
            let sentence = format!(
                "the program reads no {other}source and no {other}document of {whole} when it runs"
            );
            artefacts.assumes.push(sentence);
            artefacts.paths.extend(data.paths);
            artefacts.paths.extend(named);
            artefacts
                .held
                .extend(data.folders.into_iter().filter(|folder| *folder != workdir));
        }
        // The author has set no folder aside for the program.
        None if workdir == "/" || site.inherits_workdir() => {}
        None => artefacts.paths.push(workdir),
    }
}

/// Adds the product and what is made with it, as far as they are not part of what is taken already.
fn add_product(product: Product<'_>, artefacts: &mut Artefacts) {
    let is_new = |path: &String, taken: &[String]| {
        let mut taken = taken.iter();
        taken.all(|own| below(path, own).is_none())
    };
    let beside = product.beside.into_iter();
    let (alike, moved): (Vec<_>, Vec<_>) = beside.partition(|(from, to)| from == to);
    let alike = alike.into_iter().map(|(from, _)| from);
    let beside = alike.filter(|path| *path != product.path && is_new(path, &artefacts.paths));
    let beside: Vec<String> = beside.collect();
    artefacts.paths.extend(beside);
    artefacts.siblings = moved;
    let dest = product.found_at;
    if dest.is_some() || is_new(&product.path, &artefacts.paths) {
        let dest = dest.unwrap_or_else(|| product.path.clone());
        artefacts.product = Some((product.path, dest));
    }
}

/// The folder around that of the build which the copies of the project fill.
fn project_around(site: &Site<'_>, directory: &str) -> String {
    let filled =
        brought::sources(site).map(|(at, transfer)| site.cx.facts.destination(at, transfer));
    let workdir = site.workdir();
    let is_apart = |folder: &String| folder != "/" && below(&workdir, folder).is_none();
    let around = filled.filter(|folder| is_apart(folder) && below(directory, folder).is_some());
    let widest = around.min_by_key(String::len);
    widest.unwrap_or_else(|| directory.to_owned())
}

/// Whether `folder`, in which the build works, is for the build alone: what it makes goes elsewhere, the container works
/// elsewhere, and nothing that the program is given or says itself names the folder.
fn is_for_the_build(site: &Site<'_>, product: &Product<'_>, folder: &str) -> bool {
    let is_in = |path: &str| below(path, folder).is_some();
    let words = site
        .launches
        .launches
        .iter()
        .flat_map(|launch| &launch.words);
    let variables = &site.cx.facts.state_after(site.stage).variables;
    let values = variables.values().filter_map(Variable::known);
    let mut given = words.map(String::as_str).chain(values);
    let is_given = given.any(|word| word.split([':', '=', ',']).any(is_in));
    let mut areas = site.cx.knowledge.tools.paths("@system");
    let is_shared = folder == "/" || areas.any(is_in);
    let is_used = is_in(&product.path) || is_in(&site.workdir());
    let named = format!("{folder}/");
    !is_shared && !is_used && !is_given && !is_named_by_files(site, &named)
}

/// Whether a file of the context holds `path`, or may: it is not at hand.
pub(super) fn is_named_by_files(site: &Site<'_>, path: &str) -> bool {
    let Some((context, files)) = site
        .cx
        .context
        .and_then(|context| Some((context, context.files_below("", MOST_FILES)?)))
    else {
        return true;
    };
    let is_dockerfile = |name: &str| matches_name("*Dockerfile*", name);
    let mut texts = files
        .iter()
        .filter(|file| !is_dockerfile(file_name(file)))
        .filter_map(|file| context.read(file));
    let is_absolute = |text: &str, at: usize| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-*})>/\\".contains(c))
    };
    texts.any(|text| {
        let mut found = text.match_indices(path);
        found.any(|(at, _)| is_absolute(&text, at))
    })
}

//! The manifests that an install reads.

use crate::analysis::commands::{Invocation, OptionUse};
use crate::analysis::paths::{Extent, Region, below, join, parent};
use crate::analysis::runs::Step;
use crate::context::{BuildContext, Entry, Required, folder_and_name, required_by};
use crate::knowledge::tools::{Operands, Role};
use crate::transform::{Evidence, Place, Refusal};

use super::again;
use super::copied::linked;
use super::leaves::{Leave, check_name, is_copied_before, leave, odd_name};
use super::sink::Sink;
use super::unseen;

/// What one step needs of what a copy brings.
#[derive(Default)]
pub(super) struct Needed {
    /// The copies to leave in its place.
    pub(super) leaves: Vec<Leave>,
    /// The files in the context that the step reads and this copy brings.
    pub(super) sources: Vec<String>,
    /// Whether the step reads any file of the context, whichever copy brings it.
    pub(super) reads_any: bool,
    /// The files in the context that the step reads and another copy brings.
    pub(super) elsewhere: Vec<String>,
    /// The folders in the context with manifests that others have led to.
    pub(super) members: Vec<String>,
    /// The paths in the image of manifests that the step heeds and does without, where the context cannot be seen.
    pub(super) heeded: Vec<String>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
    /// What proves it.
    pub(super) because: Vec<Evidence>,
    /// The paths in the image that are manifests.
    pub(super) paths: Vec<String>,
}

impl Needed {
    /// Whether the read of `path` in the image is one of a manifest.
    pub(super) fn explains(&self, path: &str) -> bool {
        self.paths.iter().any(|known| known == path)
    }
}

/// What a command is given, as far as its manifests go.
pub(super) struct Request<'t> {
    /// The instruction.
    pub(super) at: usize,
    /// The folder in which it works.
    pub(super) directory: String,
    /// Its manifests.
    pub(super) manifests: Vec<Manifest>,
    /// What to copy when the context is not at hand, instead of the manifests that it cannot do
    /// without.
    pub(super) patterns: &'t [String],
    /// Whether the command fails when none of the manifests is there.
    pub(super) needs_one: bool,
    /// Its options.
    pub(super) options: Vec<String>,
}

/// A manifest of a command.
pub(super) struct Manifest {
    /// In the image.
    path: String,
    /// Whether the command fails without it.
    pub(super) is_required: bool,
    /// The name under which the tables know what it is.
    reads_as: Option<String>,
}

impl Manifest {
    /// Where it is in the image.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The manifest that an entry of the tables names, for a command in `directory`.
    pub(super) fn listed(directory: &str, name: &str) -> Self {
        Self {
            path: join(directory, name.trim_end_matches('?')),
            is_required: !name.ends_with('?'),
            reads_as: None,
        }
    }
}

/// Whether `step` reads manifests.
pub(super) fn has_any(step: &Step<'_>) -> bool {
    step.invocation.as_ref().is_some_and(|invocation| {
        let mut options = invocation.options.iter();
        let by_operand = invocation.action.operands == Operands::Manifests;
        !invocation.action.manifests.is_empty()
            || by_operand
            || options.any(|option| option.role == Role::Manifest)
    })
}

/// What `step` of instruction `at` needs, less what is left behind or comes with earlier copies.
pub(super) fn needed(sink: &Sink<'_>, at: usize, step: &Step<'_>) -> Result<Needed, Refusal> {
    let (Some(invocation), Some(directory)) = (&step.invocation, step.directory()) else {
        return Ok(Needed::default());
    };
    let action = invocation.action;
    let options = invocation.options.iter();
    let by_option = options
        .clone()
        .filter(|option| {
            option.role == Role::Manifest && !action.first_manifest_by.contains(&option.name)
        })
        .filter_map(|option| option.value.as_deref());
    let operands = invocation.operands.iter().map(|&at| step.args[at].known());
    let by_operand = operands.filter(|_| action.operands == Operands::Manifests);
    let given = by_option
        .chain(by_operand)
        .filter(|path| !path.contains("://"));
    let first = first_manifest(invocation, &directory);
    let beside = first
        .as_ref()
        .map_or(&*directory, |first| parent(&first.path));
    let beside = beside.to_owned();
    let mut manifests = Vec::new();
    for name in listed_names(invocation, step, first.is_some()) {
        let manifest = Manifest::listed(&beside, name);
        manifests.extend(named_by(sink, at, manifest)?);
    }
    manifests.extend(first);
    manifests.extend(given.map(|path| Manifest {
        path: join(&directory, path),
        is_required: true,
        reads_as: action.reads_as.clone(),
    }));
    let request = Request {
        at,
        manifests,
        patterns: &action.unknown_context,
        needs_one: action.needs_a_manifest,
        options: options.map(|option| option.name.clone()).collect(),
        directory: beside,
    };
    written_in_front(sink, &request, step)?;
    let mut needed = resolve(sink, &request)?;
    if !needed.sources.is_empty() {
        needed.assumes.extend(action.assumes.iter().cloned());
    }
    Ok(needed)
}

/// The file that an option names, by itself or by its folder, in place of the first manifest that the table lists.
fn first_manifest(invocation: &Invocation<'_>, directory: &str) -> Option<Manifest> {
    let action = invocation.action;
    let mut options = invocation.options.iter().rev();
    let names_it = |option: &&OptionUse| action.first_manifest_by.contains(&option.name);
    let named = join(directory, options.find(names_it)?.value.as_deref()?);
    let usual = action.manifests.first()?;
    let ending = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_owned());
    let is_file = ending(&named) == ending(usual);
    Some(Manifest {
        path: if is_file { named } else { join(&named, usual) },
        is_required: true,
        reads_as: Some(usual.clone()),
    })
}

/// The manifests that the table lists for a command: without the first when another file takes its place, and without the
/// programs of the tool that the command does not call, such as the wrapper of a project.
fn listed_names<'t>(
    invocation: &Invocation<'t>,
    step: &Step<'_>,
    first_is_named: bool,
) -> impl Iterator<Item = &'t String> {
    let names = &invocation.action.manifests;
    let programs = &invocation.tool.programs;
    let called = super::program(step).map(str::to_owned);
    names
        .iter()
        .skip(first_is_named.into())
        .filter(move |name| {
            let name = name.trim_end_matches('?');
            called.as_deref() == Some(name) || !programs.iter().any(|program| program == name)
        })
}

/// The manifests that an entry with a wildcard stands for.
fn named_by(sink: &Sink<'_>, at: usize, manifest: Manifest) -> Result<Vec<Manifest>, Refusal> {
    if !manifest.path.contains(['*', '[']) {
        return Ok(vec![manifest]);
    }
    let Some(context) = sink.cx.context else {
        let message = "which manifests it reads can only be seen in the build context: name it with --context";
        return Err(sink.refuse(at, "unknown-manifests", message));
    };
    let mut found = sink.copied.landing(context, &manifest.path);
    for other in sink.copies_before(at) {
        found.extend(other.landing(context, &manifest.path));
    }
    let pattern = Region::new(manifest.path.clone());
    let found = found
        .into_iter()
        .filter(|path| pattern.covers(&Region::new(path)));
    let concrete = found.map(|path| Manifest {
        path,
        is_required: false,
        reads_as: None,
    });
    // The entry itself stays, to explain the read of it.
    Ok(concrete.chain([manifest]).collect())
}

/// Finds the files of a request, and what they lead to.
pub(super) fn resolve(sink: &Sink<'_>, request: &Request<'_>) -> Result<Needed, Refusal> {
    let mut needed = Needed {
        paths: request
            .manifests
            .iter()
            .map(|manifest| manifest.path.clone())
            .collect(),
        ..Needed::default()
    };
    made_by_a_step(sink, request)?;
    let files = match sink.cx.context {
        Some(context) => in_context(sink, context, request, &mut needed)?,
        None => unseen::files(sink, request, &mut needed)?,
    };
    needed.sources = files.iter().map(|(source, _)| source.clone()).collect();
    let in_a_folder = |path: &str| {
        let mut folders = files.iter().filter(|(_, folder)| folder != path);
        folders.any(|(_, folder)| below(path, folder).is_some())
    };
    for (source, path) in files.iter().cloned() {
        if !in_a_folder(&path) && !sink.is_left(&path) && !is_copied_before(sink, &source, &path) {
            leave(sink, source, path).add_to(&mut needed.leaves);
        }
    }
    Ok(needed)
}

/// Without the context at hand, a manifest that `step` cannot do without, and that a command in front of it writes, is taken for
/// one that only that makes: `poetry export > requirements.txt`.
fn written_in_front(
    sink: &Sink<'_>,
    request: &Request<'_>,
    step: &Step<'_>,
) -> Result<(), Refusal> {
    if sink.cx.context.is_some() {
        return Ok(());
    }
    let in_front = |at: usize| {
        let steps = sink.cx.facts.steps(at).iter();
        steps.take_while(move |other| at < request.at || other.span != step.span)
    };
    let mut required = request.manifests.iter().filter(|one| one.is_required);
    let written = required.find(|manifest| {
        let region = Region::new(manifest.path.clone());
        let mut steps = (sink.stage.body.start..=request.at).flat_map(in_front);
        steps.any(|other| {
            let writes = &other.effects.writes;
            let is_there = matches!(writes, Extent::Regions(all) if all.contains(&region));
            is_there && !super::artefacts::is_regenerated(other, &region)
        })
    });
    written.map_or(Ok(()), |manifest| {
        let message = format!(
            "{} is made or edited by a command in front of it",
            manifest.path
        );
        Err(sink.refuse(request.at, "edits-manifest", &message))
    })
}

/// A manifest that a step in between makes or edits is not the one of the context.
fn made_by_a_step(sink: &Sink<'_>, request: &Request<'_>) -> Result<(), Refusal> {
    let between = sink.copied.index + 1..request.at;
    let steps: Vec<&Step<'_>> = between.flat_map(|at| sink.cx.facts.steps(at)).collect();
    let brings = |manifest: &&Manifest| {
        let brought = sink.copied.brings(sink.cx.context, &manifest.path);
        brought.is_some()
    };
    for manifest in request.manifests.iter().filter(brings) {
        let region = Region::new(manifest.path.clone());
        let edits = |step: &&&Step<'_>| {
            let writes = match &step.effects.writes {
                Extent::Everything => true,
                Extent::Regions(regions) => regions.contains(&region),
            };
            writes && !super::artefacts::is_regenerated(step, &region)
        };
        if steps.iter().any(|step| edits(&step)) {
            let message = format!("{} is made or edited by a step in between", manifest.path);
            return Err(sink.refuse(request.at, "edits-manifest", &message));
        }
    }
    Ok(())
}

/// The files to copy, with their paths in the image, when the context is at hand.
fn in_context(
    sink: &Sink<'_>,
    context: &BuildContext,
    request: &Request<'_>,
    needed: &mut Needed,
) -> Result<Vec<(String, String)>, Refusal> {
    let mut entries = Vec::new();
    for manifest in &request.manifests {
        let here = sink.copied.brings(Some(context), &manifest.path);
        let found = here.or_else(|| brought_before(sink, context, request.at, &manifest.path));
        match (found, sink.copied.origins(&manifest.path).next()) {
            (Some(path), _) => entries.push(Entry {
                path,
                reads_as: manifest.reads_as.clone(),
            }),
            (None, Some(path)) if manifest.is_required => {
                let message = format!("it reads {path}, which is not in the build context");
                return Err(sink.refuse(request.at, "manifest-missing", &message));
            }
            (None, None) if manifest.is_required => needed.assumes.push(format!(
                "{}, which does not come from the build context, names no path of the project",
                manifest.path
            )),
            (None, _) => {}
        }
    }
    if request.needs_one && entries.is_empty() {
        let message = format!(
            "it reads a manifest in {}, and the build context brings none there",
            request.directory
        );
        return Err(sink.refuse(request.at, "manifest-missing", &message));
    }
    let tables = &sink.cx.knowledge.manifests;
    let finds = sink.finds();
    let required = required_by(context, tables, &entries, &request.options, &finds);
    let required = required.map_err(|obstacle| {
        let place = Place::File(obstacle.path, obstacle.line);
        let code = obstacle_code(&obstacle.code);
        sink.refuse(request.at, code, &obstacle.message)
            .because(place, obstacle.message)
    })?;
    needed.reads_any = !required.is_empty();
    let mut files = Vec::new();
    for required in required {
        files.extend(located(sink, context, request, required, needed)?);
    }
    Ok(files)
}

/// The file of the context that a copy of the stage other than this one brings to `path` before
/// instruction `at`.
pub(super) fn brought_before(
    sink: &Sink<'_>,
    context: &BuildContext,
    at: usize,
    path: &str,
) -> Option<String> {
    sink.copies_before(at)
        .filter_map(|other| other.brings(Some(context), path))
        .last()
}

/// Where a required file lands, if this copy brings it; notes what is known of it.
fn located(
    sink: &Sink<'_>,
    context: &BuildContext,
    request: &Request<'_>,
    required: Required,
    needed: &mut Needed,
) -> Result<Option<(String, String)>, Refusal> {
    let source = required.path;
    again::check(sink, context, request.at, &source, &required.assumes)?;
    let assumed = required.assumes.into_iter();
    needed
        .assumes
        .extend(assumed.map(|assumed| assumed.sentence));
    if required.is_checked {
        needed.because.push(Evidence {
            place: Place::File(source.clone(), None),
            note: "asks for nothing else in the project".to_owned(),
        });
    }
    let Some(path) = sink.copied.lands_at(&source) else {
        let mut others = sink.other_copies();
        if others.any(|other| other.lands_at(&source).is_some()) {
            needed.elsewhere.push(source);
            return Ok(None);
        }
        let message = format!("it reads {source}, which no copy brings");
        return Err(sink.refuse(request.at, "local-dependency", &message));
    };
    if context.is_linked(&source) {
        let site = sink.cx.file.instructions()[sink.copied.index].span;
        return Err(linked(site, &source));
    }
    if source.contains(['*', '?', '[']) {
        return Err(odd_name(sink, request, &source));
    }
    check_name(sink, request, &source)?;
    let is_member = parent(&path) != request.directory && !required.is_folder;
    let folder = folder_and_name(&source).0;
    if is_member && !needed.members.iter().any(|known| known == folder) {
        needed.members.push(folder.to_owned());
    }
    needed.paths.push(path.clone());
    Ok(Some((source, path)))
}

/// The codes that the table of manifests may use.
fn obstacle_code(code: &str) -> &'static str {
    match code {
        "lifecycle-script" => "lifecycle-script",
        "needs-source" => "needs-source",
        "vendored" => "vendored",
        _ => "local-dependency",
    }
}

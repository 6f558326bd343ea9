//! The manifests that an install reads, and the copies that bring just them.

use std::collections::BTreeMap;

use crate::analysis::paths::{join, parent};
use crate::analysis::runs::Step;
use crate::context::{BuildContext, required_by};
use crate::knowledge::tools::Role;
use crate::syntax::Kind;
use crate::transform::{Cx, Evidence, Place, Refusal};

use super::copied::Copied;
use super::crossing::Crossing;
use super::written_folder;

/// A copy of manifests into one folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Leave {
    /// As they are written: paths in the context, or patterns.
    pub(super) sources: Vec<String>,
    /// As it is written, with a `/` at the end.
    pub(super) dest: String,
    /// The paths in the image that it brings, patterns included.
    pub(super) lands: Vec<String>,
}

/// What one step needs of what a copy brings.
#[derive(Default)]
pub(super) struct Needed {
    /// The copies to leave in its place.
    pub(super) leaves: Vec<Leave>,
    /// The files in the context that the step reads.
    pub(super) sources: Vec<String>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
    /// What proves it.
    pub(super) because: Vec<Evidence>,
    /// The paths in the image that are manifests.
    paths: Vec<String>,
}

impl Needed {
    /// Whether the read of `path` in the image is one of a manifest.
    pub(super) fn explains(&self, path: &str) -> bool {
        self.paths.iter().any(|known| known == path)
    }
}

/// A manifest of a step: its path in the image, and whether the step fails without it.
struct Entry {
    path: String,
    required: bool,
}

/// What `step` of instruction `at` needs, less what is in `left` or comes with earlier copies.
pub(super) fn needed(
    cx: &Cx<'_>,
    copied: &Copied,
    left: &[String],
    at: usize,
    step: &Step<'_>,
) -> Result<Needed, Refusal> {
    let Some(invocation) = &step.invocation else {
        return Ok(Needed::default());
    };
    let Some(directory) = step.directory() else {
        return Ok(Needed::default());
    };
    let mut entries = entries(&directory, &invocation.action.manifests);
    let given = invocation
        .options
        .iter()
        .filter(|option| option.role == Role::Manifest);
    for value in given
        .filter_map(|option| option.value.as_deref())
        .filter(|value| !value.contains("://"))
    {
        entries.push(Entry {
            path: join(&directory, value),
            required: true,
        });
    }
    let options: Vec<String> = invocation
        .options
        .iter()
        .map(|option| option.name.clone())
        .collect();
    let patterns = &invocation.action.unknown_context;
    resolve(
        cx, copied, left, at, &directory, entries, patterns, &options,
    )
}

fn entries(directory: &str, names: &[String]) -> Vec<Entry> {
    let entry = |name: &String| Entry {
        path: join(directory, name.trim_end_matches('?')),
        required: !name.ends_with('?'),
    };
    names.iter().map(entry).collect()
}

/// A step that fetches the dependencies of the build `step`, so that the copy itself can stay in
/// front of the build. Only with the context at hand: what it needs must exist.
pub(super) fn prefetch(
    cx: &Cx<'_>,
    copied: &Copied,
    left: &[String],
    at: usize,
    step: &Step<'_>,
) -> Option<Crossing> {
    let context = cx.context?;
    let action = step.invocation.as_ref()?.action;
    let prefetch = action.prefetch.as_ref()?;
    let directory = step.directory()?;
    if directory != cx.facts.states[at].workdir || !cx.facts.views[at].flags.is_empty() {
        return None;
    }
    let origin = copied.origin(&join(&directory, prefetch.manifests.first()?))?;
    let text = context.read(&origin)?;
    let folder = origin.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = |name: &String| context.has(&crate::context::in_folder(folder, name));
    let worth = match &prefetch.when {
        Some(pattern) => text.lines().any(|line| pattern.is_match(line)),
        None => true,
    };
    if !worth
        || prefetch.unless.iter().any(beside)
        || is_fetched_before(cx, copied, at, &prefetch.command)
    {
        return None;
    }
    let entries = entries(&directory, &prefetch.manifests);
    let needed = resolve(cx, copied, left, at, &directory, entries, &[], &[]).ok()?;
    let mut crossing = Crossing {
        gain: true,
        prefetch: Some(prefetch.command.clone()),
        leaves: needed.leaves,
        assumes: needed.assumes,
        because: needed.because,
        ..Crossing::default()
    };
    crossing.assumes.push(format!(
        "everything that {origin} names can be downloaded, whether the build needs it or not"
    ));
    Some(crossing)
}

/// Whether the stage runs `command` before the copy already.
fn is_fetched_before(cx: &Cx<'_>, copied: &Copied, at: usize, command: &str) -> bool {
    let start = cx.facts.stage_of(at).map_or(0, |stage| stage.from);
    let bodies =
        (start..copied.index).filter_map(|index| Some((index, cx.facts.runs[index].as_ref()?)));
    bodies.into_iter().any(|(index, run)| {
        run.body
            .text(&cx.facts.views[index].logical.text)
            .contains(command)
    })
}

#[allow(clippy::too_many_arguments)]
fn resolve(
    cx: &Cx<'_>,
    copied: &Copied,
    left: &[String],
    at: usize,
    directory: &str,
    entries: Vec<Entry>,
    patterns: &[String],
    options: &[String],
) -> Result<Needed, Refusal> {
    let mut needed = Needed {
        paths: entries.iter().map(|entry| entry.path.clone()).collect(),
        ..Needed::default()
    };
    let wanted: Vec<&Entry> = entries
        .iter()
        .filter(|entry| copied.origin(&entry.path).is_some())
        .collect();
    let missing = |path: &str| {
        !left.iter().any(|known| known == path) && !is_copied_before(cx, copied, at, path)
    };
    let files: Vec<(String, String)> = match cx.context {
        Some(context) => in_context(cx, context, copied, at, &wanted, options, &mut needed)?,
        None => {
            let required = wanted
                .iter()
                .filter(|entry| entry.required && missing(&entry.path));
            let names: Vec<String> = required.map(|entry| entry.path.clone()).collect();
            for path in &names {
                let origin = copied.origin(path).unwrap_or_default();
                needed.assumes.push(format!(
                    "{origin} needs no other file of the project when its packages are installed"
                ));
            }
            let patterned =
                !patterns.is_empty() && names.iter().any(|path| parent(path) == directory);
            let paths = if patterned {
                patterns.iter().map(|name| join(directory, name)).collect()
            } else {
                names
            };
            paths
                .into_iter()
                .filter_map(|path| Some((copied.origin(&path)?, path)))
                .collect()
        }
    };
    needed.sources = files.iter().map(|(source, _)| source.clone()).collect();
    needed.leaves = grouped(
        cx,
        copied,
        at,
        files.into_iter().filter(|(_, path)| missing(path)),
    );
    Ok(needed)
}

/// The files to copy, with their paths in the image, when the context is at hand.
fn in_context(
    cx: &Cx<'_>,
    context: &BuildContext,
    copied: &Copied,
    at: usize,
    wanted: &[&Entry],
    options: &[String],
    needed: &mut Needed,
) -> Result<Vec<(String, String)>, Refusal> {
    let site = cx.file.instructions()[copied.index].span;
    for entry in wanted.iter().filter(|entry| entry.required) {
        let origin = copied.origin(&entry.path).unwrap_or_default();
        if !context.has(&origin) && !is_copied_before(cx, copied, at, &entry.path) {
            let message = format!(
                "{origin} is not in the build context, but the install in line {} reads it",
                cx.file.instructions()[at].start_line
            );
            return Err(Refusal::new(site, "manifest-missing", message));
        }
    }
    let origins: Vec<String> = wanted
        .iter()
        .filter_map(|entry| copied.origin(&entry.path))
        .collect();
    let required =
        required_by(context, &cx.knowledge.manifests, &origins, options).map_err(|obstacle| {
            Refusal::new(
                site,
                obstacle_code(&obstacle.code),
                obstacle.message.clone(),
            )
            .because(Place::File(obstacle.path, obstacle.line), obstacle.message)
        })?;
    let mut files = Vec::new();
    for requirement in required {
        let Some(path) = copied.lands_at(&requirement.path) else {
            let message = format!(
                "the install reads {}, which another copy brings",
                requirement.path
            );
            return Err(Refusal::new(site, "local-dependency", message));
        };
        needed.paths.push(path.clone());
        let note = "read: the install needs nothing else of the project".to_owned();
        needed.because.push(Evidence {
            place: Place::File(requirement.path.clone(), None),
            note,
        });
        files.push((requirement.path, path));
    }
    Ok(files)
}

/// The codes that the table of manifests may use.
fn obstacle_code(code: &str) -> &'static str {
    match code {
        "lifecycle-script" => "lifecycle-script",
        "vendored" => "vendored",
        _ => "local-dependency",
    }
}

/// Whether an earlier copy of the stage brings the file that lands at `path`.
fn is_copied_before(cx: &Cx<'_>, copied: &Copied, at: usize, path: &str) -> bool {
    let start = cx.facts.stage_of(at).map_or(0, |stage| stage.from);
    (start..at)
        .filter(|index| *index != copied.index)
        .any(|index| {
            matches!(cx.facts.views[index].kind, Kind::Copy(_) | Kind::Add(_))
                && Copied::read(cx, index).ok().flatten().is_some_and(|other| {
                    other
                        .origin(path)
                        .is_some_and(|origin| cx.context.is_none_or(|context| context.has(&origin)))
                })
        })
}

/// One copy for each folder that files land in; a folder is copied by itself.
fn grouped(
    cx: &Cx<'_>,
    copied: &Copied,
    at: usize,
    files: impl Iterator<Item = (String, String)>,
) -> Vec<Leave> {
    let workdir = &cx.facts.states[at].workdir;
    let mut folders: BTreeMap<String, Leave> = BTreeMap::new();
    for (source, path) in files {
        let is_folder = cx
            .context
            .is_some_and(|context| context.kind(&source) == Some(crate::context::FileKind::Folder));
        let folder = if is_folder {
            path.as_str()
        } else {
            parent(&path)
        };
        let dest = written_folder(workdir, folder, copied.relative);
        let leave = folders.entry(folder.to_owned()).or_insert_with(|| Leave {
            sources: Vec::new(),
            dest,
            lands: Vec::new(),
        });
        leave.sources.push(source);
        leave.lands.push(path);
    }
    folders.into_values().collect()
}

//! What copies of the build context bring in front of the split, and where to.

use std::collections::BTreeSet;

use crate::analysis::commands::Invocation;
use crate::analysis::paths::{below, file_name, join};
use crate::context::{
    BuildContext, FileKind, SourceLine, folder_and_name, in_folder, matches_name,
};
use crate::syntax::{Kind, Transfer};
use crate::transforms::launched::CommandLine;

use super::Site;
use super::artefacts::{MOST_FILES, steps};
use super::roles::Role;

/// A file or folder of the context, and where a copy puts it.
struct Brought {
    path: String,
    source: String,
}

/// What the program may read of what is copied around or into its working directory: everything but sources and what
/// is for people.
pub(super) struct Data {
    /// The paths, in the image.
    pub(super) paths: Vec<String>,
    /// The folders that the copies fill.
    pub(super) folders: Vec<String>,
}

/// The copies of the context in front of the split.
pub(super) fn sources<'s>(site: &'s Site<'_>) -> impl Iterator<Item = (usize, &'s Transfer)> {
    site.roles
        .with(Role::Source)
        .take_while(|at| *at < site.roles.split)
        .filter_map(|at| match &site.cx.facts.views[at].kind {
            Kind::Copy(transfer) | Kind::Add(transfer) => Some((at, transfer)),
            _ => None,
        })
}

/// The data among what is copied, where `for_build` are the names of what only a build reads. `None`: the context does
/// not show what is copied, or the root of the file system is filled.
pub(super) fn data(site: &Site<'_>, context: &BuildContext, for_build: &[String]) -> Option<Data> {
    let never_read = site.cx.knowledge.tools.never_read();
    let keeps_folders = site.cx.knowledge.tools.keeps_folders();
    let only_for_build = |name: &str| {
        let mut patterns = never_read.iter().chain(for_build);
        patterns.any(|pattern| matches_name(pattern, name))
    };
    let workdir = site.workdir();
    let project = project(site);
    if project == "/" && workdir != "/" {
        return None;
    }
    let mut data = Data {
        paths: Vec::new(),
        folders: Vec::new(),
    };
    for (at, transfer) in sources(site) {
        let dest = site.cx.facts.destination(at, transfer);
        if below(&dest, &project).is_none() {
            continue;
        }
        let all = brought(site, context, at, transfer)?;
        let mut kept = Vec::new();
        for brought in &all {
            let inside = below(&brought.path, &workdir).or_else(|| below(&brought.path, &dest));
            let is_left = |folder| !is_named(site, context, folder, &only_for_build);
            let is_read = !inside.unwrap_or_default().split('/').any(only_for_build)
                && !marked(context, &brought.source, for_build).is_some_and(is_left);
            if is_read && holds_data(context, &brought.source, &only_for_build, keeps_folders)? {
                kept.push(brought.path.clone());
            }
        }
        let is_whole =
            kept.len() == all.len() && !kept.contains(&dest) && below(&workdir, &dest).is_none();
        if is_whole && !kept.is_empty() {
            kept = vec![dest.clone()];
        }
        kept.retain(|path| !data.paths.contains(path));
        data.paths.extend(kept);
        data.folders.push(dest);
    }
    Some(data)
}

/// The folder at or around `source` for all of which one of the names `for_build` stands: it is called so, and has the file.
fn marked<'s>(context: &BuildContext, source: &'s str, for_build: &[String]) -> Option<&'s str> {
    let is_marked = |path: &&str| {
        let mut marks = for_build.iter().filter_map(|name| name.rsplit_once('/'));
        marks.any(|(folder, file)| {
            file_name(path) == folder
                && context.kind(&in_folder(path, file)) == Some(FileKind::File)
        })
    };
    let around = source.match_indices('/').map(|(at, _)| &source[..at]);
    around.chain([source]).find(is_marked)
}

/// Whether a program of the project runs in front of the split, by itself or as part of a build: what it makes is in no
/// build context.
pub(super) fn is_made_by_the_build(site: &Site<'_>) -> bool {
    let steps = steps(site, Role::Build).filter_map(|(_, step)| step.invocation.as_ref());
    let mut actions = steps.map(|invocation| (invocation, invocation.action));
    actions.any(|(invocation, action)| {
        let files = site
            .cx
            .context
            .map(|context| context.files_called(&action.makes_data_in));
        let script = files.is_some_and(|files| files.find(&action.makes_data).is_some());
        script || action.runs_project && !makes_only_sources(site, invocation)
    })
}

/// Whether all that the sources ask a command to run makes nothing but sources.
fn makes_only_sources(site: &Site<'_>, invocation: &Invocation<'_>) -> bool {
    let language = site.cx.knowledge.tools.language_of(invocation.tool);
    let directives = invocation.action.directives.as_ref();
    let (Some(directives), Some(language), Some(context)) = (directives, language, site.cx.context)
    else {
        return false;
    };
    let sources = context.sources(language);
    let mut asked = sources
        .lines()
        .filter(|line| directives.line.is_match(line.text));
    asked.all(|line| directives.makes_sources.is_match(line.text))
}

/// Whether the file or folder `source` holds more than what `only_for_build` names, or a file that keeps an empty folder
/// for the program. `None`: there are too many files.
fn holds_data(
    context: &BuildContext,
    source: &str,
    only_for_build: &dyn Fn(&str) -> bool,
    keeps_folders: &[String],
) -> Option<bool> {
    if context.kind(source)? == FileKind::File {
        return Some(true);
    }
    let files = context.files_below(source, MOST_FILES)?;
    let mut inside = files.iter().filter_map(|file| below(file, source));
    Some(inside.any(|file| {
        let (folder, name) = folder_and_name(file);
        let is_alone = || {
            let all = files.iter().filter_map(|other| below(other, source));
            let is_in = |other: &&str| folder.is_empty() || below(other, folder).is_some();
            all.filter(is_in).count() == 1
        };
        let is_kept = keeps_folders.iter().any(|known| known == name) && is_alone();
        (is_kept || !only_for_build(name)) && !folder.split('/').any(only_for_build)
    }))
}

/// Whether something that is not in `folder` names it, for all that shows where the program runs: a source in quotes, an
/// instruction, a command of the container, or a file that the program may read, of which `only_for_build` is none.
fn is_named(
    site: &Site<'_>,
    context: &BuildContext,
    folder: &str,
    only_for_build: &dyn Fn(&str) -> bool,
) -> bool {
    let name = file_name(folder);
    let is_elsewhere = |path: &str| below(path, folder).is_none();
    let mut is_quoted = false;
    quoted_by_sources(site, context, |line, word| {
        is_quoted |= word.split('/').any(|part| part == name) && is_elsewhere(line.path);
    });
    if is_quoted || is_named_by_instructions(site, name) {
        return true;
    }
    let files = context.files_called(&["*".to_owned()]);
    let may_be_read = |path: &str| is_elsewhere(path) && !path.split('/').any(only_for_build);
    let mut read = files.files().filter(|file| may_be_read(file.path()));
    read.any(|file| has_folder(file.text(), name))
}

/// The same for the instructions that bring no files, and for the commands that the container starts.
fn is_named_by_instructions(site: &Site<'_>, name: &str) -> bool {
    let views = site.stage.body.clone().map(|at| &site.cx.facts.views[at]);
    let mut views = views.filter(|view| !matches!(view.kind, Kind::Copy(_) | Kind::Add(_)));
    let has_name = |line: &CommandLine<'_>| line.words.iter().any(|word| has_folder(word, name));
    let lines = site.command_lines();
    views.any(|view| has_folder(&view.logical.text, name))
        || lines.is_ok_and(|lines| lines.iter().any(has_name))
}

/// Whether `text` has a path through a folder called `name`.
fn has_folder(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let is_whole = !before.is_some_and(|c| c.is_alphanumeric() || "_-.".contains(c));
        is_whole && text[at + name.len()..].starts_with('/')
    })
}

/// Shows `see` what stands in quotes in the sources of the program, each with its line.
fn quoted_by_sources(
    site: &Site<'_>,
    context: &BuildContext,
    mut see: impl FnMut(&SourceLine<'_>, &str),
) {
    let language = super::sources::language(site);
    let Some(language) = language.and_then(|name| site.cx.knowledge.tools.language(name)) else {
        return;
    };
    let sources = context.sources(language);
    let of_program =
        |line: &SourceLine<'_>| language.is_of_program(line.path) && !line.is_comment();
    for line in sources.lines().filter(of_program) {
        let quoted = line.text.split(['"', '\'', '`']).skip(1).step_by(2);
        quoted.for_each(|word| see(&line, word));
    }
}

/// The files in the working directory that a source of the program names in quotes, whatever they are otherwise for: the
/// program may read its own README.
pub(super) fn named_by_sources(site: &Site<'_>, context: &BuildContext) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    quoted_by_sources(site, context, |_, word| {
        let name = word.trim_start_matches("./");
        if !name.starts_with('/') && context.kind(name) == Some(FileKind::File) {
            named.insert(name.to_owned());
        }
    });
    let workdir = site.workdir();
    let paths = named.iter().map(|name| join(&workdir, name));
    paths
        .filter(|path| has(site, context, path) == Some(true))
        .collect()
}

/// The widest folder around the working directory that a copy fills.
fn project(site: &Site<'_>) -> String {
    let workdir = site.workdir();
    let filled = sources(site).map(|(at, transfer)| site.cx.facts.destination(at, transfer));
    let around = filled.filter(|folder| below(&workdir, folder).is_some());
    around.min_by_key(String::len).unwrap_or(workdir)
}

/// Whether a copy in front of the split puts something of the context at `path`. `None`: that cannot be told.
pub(super) fn has(site: &Site<'_>, context: &BuildContext, path: &str) -> Option<bool> {
    for (at, transfer) in sources(site) {
        for brought in brought(site, context, at, transfer)? {
            let inside = below(path, &brought.path);
            if inside.is_some_and(|inside| context.has(&in_folder(&brought.source, inside))) {
                return Some(true);
            }
        }
    }
    Some(false)
}

/// What the copy `at` brings: the files that it names, and the entries of folders. A folder that holds the working
/// directory stands for its entries.
fn brought(
    site: &Site<'_>,
    context: &BuildContext,
    at: usize,
    transfer: &Transfer,
) -> Option<Vec<Brought>> {
    let view = &site.cx.facts.views[at];
    if view.flag("exclude").is_some() || view.flag("parents").is_some() {
        return None;
    }
    let dest = site.cx.facts.destination(at, transfer);
    let workdir = site.workdir();
    let is_folder = transfer.dest.raw.ends_with(['/', '.'])
        || transfer.sources.len() > 1
        || below(&workdir, &dest).is_some();
    let mut all = Vec::new();
    for word in &transfer.sources {
        let source = word.raw.trim_start_matches("./").trim_matches('/');
        let is_pattern = source.contains(['*', '?', '[']);
        let found = match is_pattern {
            true => context.glob(source),
            false if source == "." => vec![String::new()],
            false => vec![source.to_owned()],
        };
        for source in found {
            let name = file_name(&source);
            match context.kind(&source)? {
                FileKind::File
                    if matches!(view.kind, Kind::Add(_)) && context.may_be_archive(&source) =>
                {
                    return None;
                }
                FileKind::File if is_folder || is_pattern => all.push(Brought {
                    path: join(&dest, name),
                    source,
                }),
                FileKind::File => all.push(Brought {
                    path: dest.clone(),
                    source,
                }),
                FileKind::Folder => all.extend(entries(context, &source, &dest, &workdir)),
            }
        }
    }
    Some(all)
}

/// The entries of the folder `source`, whose place is `dest`.
fn entries(context: &BuildContext, source: &str, dest: &str, workdir: &str) -> Vec<Brought> {
    let entry = |name: String| {
        let (path, source) = (join(dest, &name), in_folder(source, &name));
        let is_around = below(workdir, &path).is_some();
        match context.kind(&source) {
            Some(FileKind::Folder) if is_around => entries(context, &source, &path, workdir),
            _ => vec![Brought { path, source }],
        }
    };
    context.names(source).into_iter().flat_map(entry).collect()
}

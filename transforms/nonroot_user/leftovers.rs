//! What stays root's in the working folder of the program.

use super::left_behind::history;
use super::makers::makes_folders;
use super::ownership::Territory;
use crate::analysis::commands::Invocation;
use crate::analysis::paths::{Extent, Region, below, file_name, join, parent};
use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::Stage;
use crate::context::{BuildContext, FileKind};
use crate::knowledge::installs::Installs;
use crate::knowledge::tools::{Does, Operands};
use crate::syntax::{Kind, Span};
use crate::transform::Cx;

/// An instruction that puts files or folders of root there.
pub(super) struct Leftover<'a> {
    /// How it is called in a sentence.
    pub name: String,
    /// Whether these are dependencies, which programs read.
    pub is_dependency: bool,
    /// Their absolute paths, as far as they are known.
    pub paths: Vec<String>,
    /// What puts them there.
    pub by: Maker<'a>,
}

/// What puts files of root into the working folder.
#[derive(Clone, Copy)]
pub(super) enum Maker<'a> {
    /// The copy from another stage at this index.
    Copy(usize),
    /// A command of the `RUN` at this index, with the text in which it stands.
    Step(usize, &'a Step<'a>, &'a str),
    /// `WORKDIR`, which makes folders.
    Workdir,
}

impl Leftover<'_> {
    /// The last parts of the paths.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|path| file_name(path))
    }

    /// Whether a line of a source names what it puts there. Where that is not known, it counts that the line
    /// names a file by a word of the command: `git clone …/data.git`, and `open("data/x", "w")`.
    pub(super) fn is_named_by(&self, cx: &Cx<'_>, line: &str) -> bool {
        if !self.paths.is_empty() {
            return self.names().any(|name| names_part(line, name));
        }
        let Maker::Step(_, _, command) = self.by else {
            return false;
        };
        !self.is_dependency && parts_of_paths(cx, line).any(|part| mentions(command, part))
    }
}

/// Whether a word of `line` in quotes, or a path outside of quotes, has the part `name`.
fn names_part(line: &str, name: &str) -> bool {
    let mut parts = quoted(line).flat_map(|word| word.split('/'));
    let is_apart = |at: usize| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.".contains(c))
    };
    let mut paths = line.match_indices(name);
    line.contains(name)
        && (parts.any(|part| part == name)
            || paths.any(|(at, _)| is_apart(at) && line[at + name.len()..].starts_with('/')))
}

/// The words in quotes.
pub(super) fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split(['"', '\'', '`']).skip(1).step_by(2)
}

/// The parts of the relative paths that a line names in quotes, but for folders that the build context has: these are
/// given away with it.
fn parts_of_paths<'l>(cx: &Cx<'_>, line: &'l str) -> impl Iterator<Item = &'l str> {
    let context = cx.context;
    let is_path = |word: &&str| {
        word.contains(['/', '.'])
            && !word.starts_with('/')
            && !word.contains([' ', '{', '$', '%', '(', '*', ':', '<'])
    };
    let is_there = move |part: &str| {
        let kind = |context: &BuildContext| context.kind(part) == Some(FileKind::Folder);
        context.is_some_and(kind)
    };
    quoted(line)
        .filter(is_path)
        .flat_map(|word| word.split('/'))
        .filter(move |part| part.len() > 1 && *part != ".." && !is_there(part))
}

/// Whether `name` is a word of `command`, or one without its endings.
fn mentions(command: &str, name: &str) -> bool {
    let mut words = command.split(|c: char| !c.is_alphanumeric() && !"._-".contains(c));
    words.any(|word| word == name || word.split('.').next() == Some(name))
}

/// All of them, in the order in which they run, without what `territory` gives away. Copies count where the stage has them.
pub(super) fn all<'a>(cx: &Cx<'a>, stage: &Stage, territory: &Territory) -> Vec<Leftover<'a>> {
    let Some(folder) = territory.workdir.clone().map(Region::new) else {
        return Vec::new();
    };
    let installed = installed(cx);
    let mut found = Vec::new();
    for index in history(cx, stage) {
        if !stage.body.contains(&index) {
            found.extend(of_steps(cx, index, &folder, territory));
            continue;
        }
        for dest in copied_by_root(cx, index, territory) {
            let name = file_name(&dest);
            if below(&dest, folder.path()).is_some() {
                found.push(Leftover {
                    name: "`COPY --from`".to_owned(),
                    is_dependency: installed.contains(&name),
                    paths: (dest != folder.path())
                        .then_some(dest)
                        .into_iter()
                        .collect(),
                    by: Maker::Copy(index),
                });
            }
        }
        found.extend(of_steps(cx, index, &folder, territory));
        found.extend(of_workdir(cx, index, &folder, territory));
    }
    found
}

/// What the commands of the `RUN` at `index` leave in `folder`.
fn of_steps<'a>(
    cx: &Cx<'a>,
    index: usize,
    folder: &Region,
    territory: &Territory,
) -> Vec<Leftover<'a>> {
    let Some((run, text)) = cx.facts.script(index) else {
        return Vec::new();
    };
    let is_given = |path: &String| territory.has(path) || territory.gives_contents(index, path);
    let steps = run.steps.iter().filter(|step| makes_files(step, folder));
    let left = steps.filter_map(|step| {
        let all = made_by(cx, step, folder.path());
        let is_known = !all.is_empty();
        let paths: Vec<String> = all.into_iter().filter(|path| !is_given(path)).collect();
        (!paths.is_empty() || !is_known).then(|| Leftover {
            name: format!("`{}`", short(step)),
            is_dependency: step.does() == Some(Does::InstallDependencies),
            paths,
            by: Maker::Step(index, step, words_of(run, step).text(text)),
        })
    });
    left.collect()
}

/// Where the words stand that tell what `step` works on: all of its script, where a variable or a list has them.
fn words_of(run: &Run<'_>, step: &Step<'_>) -> Span {
    let is_known = step.args.iter().all(|arg| arg.text.is_some());
    if is_known { step.span } else { run.body }
}

/// The folders in `folder` that the `WORKDIR` at `index` makes and nothing has given away.
fn of_workdir<'a>(
    cx: &Cx<'a>,
    index: usize,
    folder: &Region,
    territory: &Territory,
) -> Option<Leftover<'a>> {
    let Kind::Workdir(_) = cx.facts.views[index].kind else {
        return None;
    };
    let entered = cx.facts.state_behind(index).workdir;
    let is_new = |path: &&str| {
        let inside = below(path, folder.path()).unwrap_or_default();
        let kind = |context: &BuildContext| context.kind(inside);
        cx.context.and_then(kind).is_none() && !territory.has(path)
    };
    let is_inside = |path: &&str| below(path, folder.path()).is_some_and(|rest| !rest.is_empty());
    let around = std::iter::successors(Some(&*entered), |path| Some(parent(path)));
    let mut paths: Vec<String> = around
        .take_while(is_inside)
        .filter(is_new)
        .map(str::to_owned)
        .collect();
    paths.reverse();
    (!paths.is_empty()).then(|| Leftover {
        name: "`WORKDIR`".to_owned(),
        is_dependency: false,
        paths,
        by: Maker::Workdir,
    })
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
    let names: Option<Vec<&str>> = sources
        .map(|source| name_with_ending(&source.raw))
        .collect();
    match names {
        Some(names) if transfer.dest.raw.ends_with(['/', '.']) => {
            names.into_iter().map(|name| join(&dest, name)).collect()
        }
        _ => vec![dest],
    }
}

/// The name of what lies at `path`, if it is a file by its ending: a folder would bring what is in it.
fn name_with_ending(path: &str) -> Option<&str> {
    let name = file_name(path);
    let has_ending = name.trim_start_matches('.').contains('.');
    (has_ending && !name.contains('*')).then_some(name)
}

/// The names of the folders that installs of any stage make.
fn installed<'a>(cx: &Cx<'a>) -> Vec<&'a str> {
    let steps = (0..cx.facts.runs.len()).flat_map(|at| cx.facts.steps(at));
    let installs = steps.filter_map(|step| step.invocation.as_ref());
    let folders =
        installs.flat_map(|install| install.action.installs.iter().flat_map(Installs::usual));
    folders
        .map(|folder| file_name(folder.trim_end_matches('/')))
        .collect()
}

/// The paths in `folder` that `step` makes, as far as they are known: those it installs into, those of its operands, or all
/// that it writes.
fn made_by(cx: &Cx<'_>, step: &Step<'_>, folder: &str) -> Vec<String> {
    let installs = step.invocation.as_ref().and_then(|known| {
        let usual = known.action.installs.as_ref()?.usual().first()?;
        Some(join(step.cwd.as_deref()?, usual))
    });
    if let Some(path) = installs {
        return vec![path];
    }
    let placed = step.invocation.as_ref().and_then(|known| {
        let moves = matches!(
            known.action.operands,
            Operands::Move | Operands::ReadThenWrite
        );
        placed(cx, step, known, folder).filter(|_| moves)
    });
    let written = || match &step.effects.writes {
        Extent::Regions(regions) => regions
            .iter()
            .map(|region| region.path().to_owned())
            .collect(),
        Extent::Everything => Vec::new(),
    };
    let is_inside = |path: &String| {
        let inside = below(path, folder);
        !path.contains('*') && inside.is_some_and(|inside| !inside.is_empty())
    };
    let mut paths = placed.unwrap_or_else(written);
    paths.retain(is_inside);
    paths
}

/// What `cp` or `mv` puts where; `None` when the shell decides on it.
fn placed(
    cx: &Cx<'_>,
    step: &Step<'_>,
    known: &Invocation<'_>,
    folder: &str,
) -> Option<Vec<String>> {
    let cwd = step.cwd.as_deref()?;
    let words: Option<Vec<&str>> = known
        .operands
        .iter()
        .map(|&at| step.args[at].text.as_deref())
        .collect();
    let words = words?;
    let (dest, sources) = words.split_last()?;
    let place = join(cwd, dest);
    let kind = |context: &BuildContext| context.kind(below(&place, folder)?);
    let is_folder = place == folder
        || dest.ends_with(['/', '.'])
        || sources.len() > 1
        || cx.context.and_then(kind) == Some(FileKind::Folder);
    let landed = |source: &&str| {
        let name = file_name(source.trim_end_matches('/'));
        (is_folder && !matches!(name, "." | ".." | "*")).then(|| join(&place, name))
    };
    match sources.iter().map(landed).collect::<Option<Vec<String>>>() {
        Some(paths) if !paths.is_empty() => Some(paths),
        _ => Some(vec![place]),
    }
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
    let keeps_owner = step.invocation.as_ref().is_some_and(|known| {
        let is_link = known.action.operands == Operands::Link;
        known.action.removes || known.tool.works_on_what_is_there || is_link
    });
    // What these make for the program is given away where it is known.
    let is_seen_to = makes_folders(step) && matches!(step.effects.writes, Extent::Regions(_));
    let is_quiet = quiet && !step.redirected;
    !is_quiet && !keeps_owner && !is_seen_to && touches(step, folder)
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

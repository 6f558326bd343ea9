//! What a copy of the build context brings, and where it puts it.

use crate::analysis::paths::{self, Extent, Region, file_name, join};
use crate::analysis::sources::looks_like_file;
use crate::analysis::stages::Stage;
use crate::context::{BuildContext, FileKind, folder_and_name, in_folder, matches_name};
use crate::syntax::{Expander, Kind, Lookup, Span, Transfer, Word};
use crate::transform::{Cx, Refusal};
use crate::transforms::added::{self, Added};

/// Flags that a copy may have and still move; they are repeated on the copies of manifests.
const MOVABLE_FLAGS: [&str; 3] = ["chown", "chmod", "link"];

/// A copy of the build context that could move.
#[derive(Clone)]
pub(super) struct Copied {
    /// The instruction.
    pub(super) index: usize,
    /// What is copied, by source.
    sources: Vec<Source>,
    /// The patterns among what is copied: a file that the context lacks would come from one, if it were there.
    patterns: Vec<Source>,
    /// The destination, resolved.
    pub(super) dest: String,
    /// The destination, as written.
    pub(super) written_dest: String,
    /// The flags, as written.
    pub(super) flags: Vec<String>,
    /// Whether the destination is a folder, whatever is copied.
    into_folder: bool,
}

/// One source of a copy.
#[derive(Clone)]
struct Source {
    /// In the context; `""` is its root.
    path: String,
    /// Whether the source is a folder, whose contents are copied.
    is_folder: bool,
    /// Whether it is one of the files that a pattern of the copy matches.
    by_pattern: bool,
}

impl Copied {
    /// Reads the copy at `index`. `None` when it is none of the build context.
    pub(super) fn read(cx: &Cx<'_>, index: usize) -> Result<Option<Self>, Refusal> {
        let (view, instruction) = (&cx.facts.views[index], &cx.file.instructions()[index]);
        let site = instruction.span;
        let transfer = match &view.kind {
            Kind::Copy(transfer) => transfer,
            Kind::Add(transfer) => match is_copy(cx, transfer) {
                Some(true) => transfer,
                Some(false) => return Ok(None),
                None => {
                    let message = "ADD unpacks archives, and it cannot be seen whether there are any; say COPY if there are none";
                    return Err(Refusal::new(site, "adds-unknown-files", message));
                }
            },
            _ => return Ok(None),
        };
        if view.flag("from").is_some() || !instruction.heredocs.is_empty() {
            return Ok(None);
        }
        let movable = |name: &str| MOVABLE_FLAGS.contains(&name);
        if let Some(flag) = view.flags.iter().find(|flag| !movable(&flag.name)) {
            let message = format!(
                "--{} decides what is copied, and dfopt does not take it apart",
                flag.name
            );
            return Err(Refusal::new(site, "copy-flags", message));
        }
        let Some(dest) = resolved(cx, index, transfer) else {
            let message = "the paths of this copy are quoted, or known only to the build";
            return Err(Refusal::new(site, "variable-path", message));
        };
        let mut sources = Vec::new();
        for word in &transfer.sources {
            sources.extend(named_by(cx, word, site)?);
        }
        let written_dest = transfer.dest.raw.clone();
        let is_one_file = transfer.sources.len() == 1 && !is_pattern(&transfer.sources[0].raw);
        let workdir = &cx.facts.states[index].workdir;
        let flags = view.flags.iter().map(|flag| view.text(flag.span));
        Ok(Some(Self {
            index,
            sources,
            patterns: patterns(transfer),
            into_folder: !is_one_file
                || matches!(file_name(&written_dest), "" | "." | "..")
                || paths::below(workdir, &dest).is_some()
                || cx.facts.is_folder_of_copy(index, &dest),
            dest,
            written_dest,
            flags: flags.map(str::to_owned).collect(),
        }))
    }

    /// The same with an absolute destination, so that it means the same behind a `WORKDIR`. `None` when that is
    /// not known for every build.
    pub(super) fn with_absolute_destination(&self, cx: &Cx<'_>, stage: &Stage) -> Option<Self> {
        let is_open = |at: usize| {
            let view = &cx.facts.views[at];
            matches!(view.kind, Kind::Workdir(_)) && view.text(view.body).contains('$')
        };
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &cx.facts.views[self.index].kind else {
            return None;
        };
        let is_known =
            self.dest.starts_with('/') && !transfer.exec && !(stage.from..self.index).any(is_open);
        let is_known = is_known && is_plain(cx, &self.dest);
        let end = if self.into_folder && self.dest != "/" {
            "/"
        } else {
            ""
        };
        (self.is_relative() && is_known).then(|| Self {
            written_dest: format!("{}{end}", self.dest),
            ..self.clone()
        })
    }

    /// Whether its destination is a folder, and was written as what could be a file: the copy depends on what makes the
    /// folder.
    pub(super) fn depends_on_folder(&self, workdir: &str) -> bool {
        self.into_folder
            && self.sources.len() == 1
            && !matches!(file_name(&self.written_dest), "" | "." | "..")
            && paths::below(workdir, &self.dest).is_none()
    }

    /// How messages call it.
    pub(super) fn title(&self, cx: &Cx<'_>) -> String {
        let view = &cx.facts.views[self.index];
        let keyword = cx.file.instructions()[self.index].keyword_span;
        let words = view.text(view.body).split_whitespace();
        let words: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
        format!("`{} {}`", keyword.text(cx.file.text()), words.join(" "))
    }

    /// Whether the destination is relative to the working directory.
    pub(super) fn is_relative(&self) -> bool {
        !self.written_dest.starts_with(['/', '$'])
    }

    /// Whether it brings a folder: the source of a program, and not just files that were picked.
    pub(super) fn brings_folder(&self) -> bool {
        self.sources.iter().any(|source| source.is_folder)
    }

    /// Whether it brings the whole context.
    pub(super) fn brings_everything(&self) -> bool {
        self.sources
            .iter()
            .any(|source| source.is_folder && source.path.is_empty())
    }

    /// Whether what it brings belongs to another user, or has another mode, than what a command
    /// makes.
    pub(super) fn sets_owner(&self) -> bool {
        self.flags.iter().any(|flag| !flag.starts_with("--link"))
    }

    /// The paths in the context that it copies.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.path.as_str())
    }

    /// Those of its sources that neither are nor hold what lands at one of `places` in the image.
    pub(super) fn picked_beside(&self, places: &[&str]) -> impl Iterator<Item = &str> {
        let brings = |source: &Source| {
            let mut places = places.iter();
            places.any(|place| self.origin_in(source, place).is_some())
        };
        let others = self.sources.iter().filter(move |source| !brings(source));
        others.map(|source| source.path.as_str())
    }

    /// The files that it copies, if it copies no folder.
    pub(super) fn files(&self) -> Option<Vec<&str>> {
        (!self.brings_folder()).then(|| self.sources().collect())
    }

    /// Whether one of its patterns brings the file `path` of the context.
    pub(super) fn picks_by_pattern(&self, path: &str) -> bool {
        let mut sources = self.sources.iter().filter(|source| source.by_pattern);
        sources.any(|source| source.path == path)
    }

    /// Whether it copies one folder and nothing else.
    pub(super) fn is_one_folder(&self) -> bool {
        self.sources.len() == 1 && self.brings_folder()
    }

    /// Whether it may write something in `extent`.
    pub(super) fn meets(&self, extent: &Extent) -> bool {
        self.regions().iter().any(|region| extent.meets(region))
    }

    /// Everything that it may write: the files, if it copies nothing else, or the destination.
    pub(super) fn regions(&self) -> Vec<Region> {
        let only_files = self.into_folder && !self.sources.is_empty() && !self.brings_folder();
        if !only_files {
            return vec![Region::new(self.dest.clone())];
        }
        let names = self.sources.iter().map(|source| file_name(&source.path));
        names
            .map(|name| Region::new(join(&self.dest, name)))
            .collect()
    }

    /// Whether `region` is more than a part of what lands in the destination.
    pub(super) fn is_within(&self, region: &Region) -> bool {
        region.path().contains(['*', '?', '['])
            || paths::below(region.path(), &self.dest).is_none_or(str::is_empty)
    }

    /// The path in the context of what it brings to `path` in the image: with the context at hand,
    /// if there is something.
    pub(super) fn brings(&self, context: Option<&BuildContext>, path: &str) -> Option<String> {
        let exists = |origin: &String| context.is_none_or(|context| context.has(origin));
        self.origins(path).find(exists)
    }

    /// The paths in the context from which `path` in the image may come; what is copied last first.
    pub(super) fn origins(&self, path: &str) -> impl Iterator<Item = String> {
        let sources = self.sources.iter().rev().chain(&self.patterns);
        sources.filter_map(move |source| self.origin_in(source, path))
    }

    fn origin_in(&self, source: &Source, path: &str) -> Option<String> {
        if source.is_folder {
            let rest = paths::below(path, &self.dest)?;
            return Some(joined(&source.path, rest));
        }
        if !self.into_folder && path == self.dest {
            return Some(source.path.clone());
        }
        let (folder, pattern) = folder_and_name(&source.path);
        let name = file_name(path);
        let named = join(&self.dest, name) == path && matches_name(pattern, name);
        named.then(|| in_folder(folder, name))
    }

    /// The source, as written, that picks the file at `path` in the image, and where it lands.
    pub(super) fn picked(&self, path: &str) -> Option<(String, String)> {
        let mut sources = self.sources.iter().rev();
        let source = sources.find(|source| self.origin_in(source, path).is_some())?;
        Some((source.path.clone(), self.lands_at(&source.path)?))
    }

    /// Where the file or folder `path` of the context lands in the image, if this copy brings it.
    pub(super) fn lands_at(&self, path: &str) -> Option<String> {
        self.sources.iter().rev().find_map(|source| {
            if source.is_folder && source.path.is_empty() {
                return Some(join(&self.dest, path));
            }
            if source.is_folder {
                return paths::below(path, &source.path).map(|rest| join(&self.dest, rest));
            }
            let name = file_name(path);
            let dest = if self.into_folder { name } else { "" };
            (source.path == path).then(|| join(&self.dest, dest))
        })
    }

    /// Where the files of the context that `pattern`, a path in the image, matches land.
    pub(super) fn landing(&self, context: &BuildContext, pattern: &str) -> Vec<String> {
        let of_folder = |source: &Source| match paths::below(pattern, &self.dest) {
            Some(rest) if source.is_folder => context.glob(&joined(&source.path, rest)),
            _ => vec![source.path.clone()],
        };
        let found = self.sources.iter().flat_map(of_folder);
        found.filter_map(|path| self.lands_at(&path)).collect()
    }

    /// Whether it brings nothing but what is in `paths` of the context, and files at `places` in the
    /// image.
    pub(super) fn brings_only(&self, paths: &[&str], places: &[&str]) -> bool {
        let lands = |source: &Source, place: &str| {
            !source.is_folder && self.origin_in(source, place).is_some()
        };
        self.sources.iter().all(|source| {
            paths.contains(&source.path.as_str()) || places.iter().any(|place| lands(source, place))
        })
    }

    /// The folder `path` of the image, which is the destination or below it, as the author writes it.
    pub(super) fn written_folder(&self, path: &str) -> String {
        let rest = paths::below(path, &self.dest).unwrap_or_default();
        let dest = self.written_dest.trim_end_matches('/');
        match (dest, rest) {
            ("." | "", "") => format!("{dest}/"),
            (".", _) => format!("{rest}/"),
            (_, "") => format!("{dest}/"),
            _ => format!("{dest}/{rest}/"),
        }
    }
}

/// `rest` below `folder`, either of which may be empty.
fn joined(folder: &str, rest: &str) -> String {
    if rest.is_empty() {
        folder.to_owned()
    } else {
        in_folder(folder, rest)
    }
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Whether an `ADD` does with all of its sources what `COPY` does; `None` when that cannot be seen. What was picked by its
/// name, and is not at hand, is taken for an archive.
fn is_copy(cx: &Cx<'_>, transfer: &Transfer) -> Option<bool> {
    let at_hand = cx.context.is_some();
    let mut result = Some(true);
    for word in &transfer.sources {
        match added::read(cx, &word.raw) {
            Added::Unpacked => return Some(false),
            Added::CopiedByName | Added::Variable if !at_hand => return Some(false),
            Added::Pattern if !at_hand => result = None,
            // The paths with variables are looked at where all paths are.
            Added::Copied(_) | Added::CopiedByName | Added::Pattern | Added::Variable => {}
        }
    }
    result
}

/// The absolute destination, if all paths are known and need no quotes.
fn resolved(cx: &Cx<'_>, index: usize, transfer: &Transfer) -> Option<String> {
    let sources_are_plain = transfer
        .sources
        .iter()
        .all(|word| is_plain(cx, &word.raw) && !word.raw.contains('$'));
    let state = &cx.facts.states[index];
    let lookup = |name: &str| match state.fixed_value(name) {
        Some(value) => Lookup::Set(value.to_owned()),
        None => Lookup::Unknown,
    };
    let raw = &transfer.dest.raw;
    let dest = Expander::new(cx.file.escape())
        .expand(raw, &lookup)
        .value()?;
    let known = !raw.starts_with('$') || dest.starts_with('/');
    (sources_are_plain && is_plain(cx, raw) && is_plain(cx, &dest) && known)
        .then(|| join(&state.workdir, &dest))
}

/// Whether a copy that has `word` between its blanks means what is written there.
pub(super) fn is_plain(cx: &Cx<'_>, word: &str) -> bool {
    let is_special = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\');
    !word.contains(is_special) && !word.contains(cx.file.escape()) && !word.starts_with("--")
}

/// A source as a path in the context: `./src/` is `src`, `.` is `""`.
fn clean(raw: &str) -> String {
    let parts: Vec<&str> = raw
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    parts.join("/")
}

/// The files and folders that one word of the copy names.
fn named_by(cx: &Cx<'_>, word: &Word, site: Span) -> Result<Vec<Source>, Refusal> {
    let path = clean(&word.raw);
    let Some(context) = cx.context else {
        let is_file = looks_like_file(cx.facts, cx.knowledge, &path);
        let is_folder = path.is_empty() || word.raw.ends_with('/') || !is_file;
        // A pattern that nobody has resolved is left in place as it is.
        return Ok(vec![Source {
            path,
            is_folder,
            by_pattern: false,
        }]);
    };
    let by_pattern = is_pattern(&path);
    let found = if by_pattern {
        context.glob(&path)
    } else {
        vec![path]
    };
    let source = |path: String| match context.kind(&path) {
        // What a link leads to is copied, a file or a folder.
        Some(_) if context.is_linked(&path) => Err(linked(site, &path)),
        Some(kind) => Ok(Source {
            is_folder: kind == FileKind::Folder,
            path,
            by_pattern,
        }),
        None => {
            let message = format!(
                "{} is not in the build context that dfopt looks at: name the right one with --context",
                word.raw
            );
            Err(Refusal::new(site, "not-in-context", message))
        }
    };
    found.into_iter().map(source).collect()
}

/// The patterns of `transfer`.
fn patterns(transfer: &Transfer) -> Vec<Source> {
    let paths = transfer.sources.iter().map(|word| clean(&word.raw));
    let pattern = |path| Source {
        path,
        is_folder: false,
        by_pattern: true,
    };
    paths.filter(|path| is_pattern(path)).map(pattern).collect()
}

/// Refuses a copy for the symbolic link at or above `path` in the context.
pub(super) fn linked(site: Span, path: &str) -> Refusal {
    let message = format!(
        "{path} is or lies behind a symbolic link: a copy of it by name brings what it leads to, and the copy of the folder brings the link"
    );
    Refusal::new(site, "symbolic-link", message)
}

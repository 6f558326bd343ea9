//! What a copy of the build context brings, and where it puts it.

use crate::analysis::paths::{self, Region, join};
use crate::context::{FileKind, in_folder, matches_name};
use crate::syntax::{Kind, Span, Transfer, Word};
use crate::transform::{Cx, Refusal};

/// Flags that a copy may have and still move; they are repeated on the copies of manifests.
const MOVABLE_FLAGS: [&str; 3] = ["chown", "chmod", "link"];

/// A copy of the build context that could move.
pub(super) struct Copied {
    /// The instruction.
    pub(super) index: usize,
    /// What is copied, by source.
    pub(super) sources: Vec<Source>,
    /// The destination, resolved.
    pub(super) dest: String,
    /// Whether the destination is written relative to the working directory.
    pub(super) relative: bool,
}

/// One source of a copy.
pub(super) struct Source {
    /// In the context; `""` is its root.
    pub(super) path: String,
    /// Whether the source is a folder, whose contents are copied.
    pub(super) is_folder: bool,
}

impl Copied {
    /// Reads the copy at `index`. `None` when it is none of the build context.
    pub(super) fn read(cx: &Cx<'_>, index: usize) -> Result<Option<Self>, Refusal> {
        let view = &cx.facts.views[index];
        let site = cx.file.instructions()[index].span;
        let (transfer, is_add) = match &view.kind {
            Kind::Copy(transfer) => (transfer, false),
            Kind::Add(transfer) => (transfer, true),
            _ => return Ok(None),
        };
        if view.flags.iter().any(|flag| flag.name == "from")
            || !cx.file.instructions()[index].heredocs.is_empty()
        {
            return Ok(None);
        }
        if is_add && !adds_folders(cx, transfer) {
            return Ok(None);
        }
        if let Some(flag) = view
            .flags
            .iter()
            .find(|flag| !MOVABLE_FLAGS.contains(&flag.name.as_str()))
        {
            let message = format!(
                "--{} decides what is copied, and dfopt does not take it apart",
                flag.name
            );
            return Err(Refusal::new(site, "copy-flags", message));
        }
        let words = || {
            transfer
                .sources
                .iter()
                .chain(std::iter::once(&transfer.dest))
        };
        if words().any(|word| word.raw.contains(['$', '"', '\''])) {
            return Err(Refusal::new(
                site,
                "variable-path",
                "the paths of this copy are known only to the build",
            ));
        }
        let workdir = &cx.facts.states[index].workdir;
        let sources: Result<Vec<Vec<Source>>, Refusal> = transfer
            .sources
            .iter()
            .map(|word| sources(cx, word, site))
            .collect();
        let sources = sources?.into_iter().flatten().collect();
        let dest = &transfer.dest.raw;
        Ok(Some(Self {
            index,
            sources,
            dest: join(workdir, dest),
            relative: !dest.starts_with('/'),
        }))
    }

    /// How messages call it.
    pub(super) fn title(&self, cx: &Cx<'_>) -> String {
        let view = &cx.facts.views[self.index];
        format!(
            "{} {}",
            cx.file.instructions()[self.index]
                .keyword_span
                .text(cx.file.text()),
            view.body.text(&view.logical.text)
        )
    }

    /// The flags, as written.
    pub(super) fn flags(&self, cx: &Cx<'_>) -> Vec<String> {
        let view = &cx.facts.views[self.index];
        view.flags
            .iter()
            .map(|flag| flag.span.text(&view.logical.text).to_owned())
            .collect()
    }

    /// Everything below which it may write.
    pub(super) fn target(&self) -> Region {
        Region::new(self.dest.clone())
    }

    /// The path in the context of what lands at `path` in the image, if this copy would bring it.
    pub(super) fn origin(&self, path: &str) -> Option<String> {
        self.sources.iter().find_map(|source| {
            if source.is_folder {
                return paths::below(path, &self.dest)
                    .map(|rest| in_folder_path(&source.path, rest));
            }
            let (folder, pattern) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
            let name = path.rsplit('/').next()?;
            let named = join(&self.dest, name) == path && matches_name(pattern, name);
            (named || path == self.dest).then(|| in_folder(folder, name))
        })
    }

    /// Where the file or folder `path` of the context lands in the image, if this copy brings it.
    pub(super) fn lands_at(&self, path: &str) -> Option<String> {
        self.sources.iter().find_map(|source| {
            if source.is_folder {
                let rest = if source.path.is_empty() {
                    Some(path)
                } else {
                    paths::below(path, &source.path)
                };
                return rest.map(|rest| join(&self.dest, rest));
            }
            let name = path.rsplit('/').next()?;
            (source.path == path).then(|| join(&self.dest, name))
        })
    }

    /// Whether it brings nothing but the files in `paths` (in the context).
    pub(super) fn brings_only(&self, paths: &[String]) -> bool {
        self.sources
            .iter()
            .all(|source| !source.is_folder && paths.contains(&source.path))
    }
}

fn in_folder_path(folder: &str, rest: &str) -> String {
    if rest.is_empty() {
        folder.to_owned()
    } else {
        in_folder(folder, rest)
    }
}

/// `ADD` unpacks archives and downloads; of folders it is a `COPY`.
fn adds_folders(cx: &Cx<'_>, transfer: &Transfer) -> bool {
    transfer.sources.iter().all(|word| {
        let path = clean(&word.raw);
        path.is_empty()
            || cx
                .context
                .is_some_and(|context| context.kind(&path) == Some(FileKind::Folder))
    })
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
fn sources(cx: &Cx<'_>, word: &Word, site: Span) -> Result<Vec<Source>, Refusal> {
    let path = clean(&word.raw);
    let is_pattern = path.contains(['*', '?', '[']);
    let Some(context) = cx.context else {
        let is_folder = path.is_empty() || !is_pattern && !looks_like_file(&path);
        return Ok(vec![Source { path, is_folder }]);
    };
    let found = if is_pattern {
        context.glob(&path)
    } else {
        vec![path]
    };
    let source = |path: String| match context.kind(&path) {
        Some(kind) => Ok(Source {
            is_folder: kind == FileKind::Folder,
            path,
        }),
        None => Err(Refusal::new(
            site,
            "not-in-context",
            format!(
                "{} is not in the build context that dfopt looks at: name the right one with --context",
                word.raw
            ),
        )),
    };
    found.into_iter().map(source).collect()
}

/// A guess for when the context is not at hand: names of files have an ending.
fn looks_like_file(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|name| name.trim_start_matches('.').contains('.'))
}

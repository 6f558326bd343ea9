//! The folder that a Dockerfile is built from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result};
use dfopt::analysis::named::{self, Named};
use dfopt::context::{BuildContext, Disk, matches_name};
use dfopt::knowledge::Knowledge;
use dfopt::project;
use dfopt::report::NamedContext;
use dfopt::syntax::Dockerfile;

use crate::discover::{self, Source};
use crate::files;

/// How many folders above that of the Dockerfile may be the one that it is built from.
const MOST_LEVELS: usize = 3;

/// What goes along with Dockerfiles and is about no program: texts, and settings of the repository.
const ABOUT_DOCKERFILES: [&str; 10] = [
    "*.md",
    "readme*",
    "license*",
    "licence*",
    "copying*",
    ".git*",
    ".editorconfig",
    ".hadolint*",
    ".pre-commit*",
    "dfopt.toml",
];

/// A Dockerfile and what is around it.
pub(crate) struct Place<'a> {
    pub(crate) source: &'a Source,
    /// What it says, which need not be what is on the disk.
    pub(crate) file: &'a Dockerfile<'a>,
    pub(crate) disk: &'a Disk,
    pub(crate) knowledge: &'a Knowledge,
}

impl Place<'_> {
    /// The folder of the build context: the one that the user names, else the one that the project builds from, else that
    /// of the Dockerfile, or one above it if that alone has what the Dockerfile copies. None where the Dockerfile is kept apart
    /// from what it copies.
    ///
    /// # Errors
    /// When the current folder is not known.
    pub(crate) fn context_root(
        &self,
        chosen: Option<&Path>,
    ) -> io::Result<(Option<PathBuf>, Option<NamedContext>)> {
        if let Some(folder) = chosen {
            return Ok((Some(absolute(folder)?), None));
        }
        let Some(path) = self.source.path() else {
            return Ok((None, None));
        };
        let own = self.source.folder()?;
        let uses = self.disk.projects().uses_of(&absolute(path)?, None);
        let folders = uses.iter().filter(|used| used.is_certain);
        let folders = folders.filter_map(|used| Some((used, used.context.clone()?)));
        let folders: Vec<(&project::Use, PathBuf)> = folders.collect();
        let is_own =
            |folder: &PathBuf| fs::canonicalize(folder).ok() == fs::canonicalize(&own).ok();
        if folders.iter().any(|(_, folder)| is_own(folder)) {
            return Ok((Some(own), None));
        }
        let other = folders.into_iter().find(|(_, folder)| folder.is_dir());
        let named = match other {
            Some((used, folder)) => Some((files::shown(&used.file), used.line, folder)),
            None => self
                .folder_above(&own)
                .map(|(folder, line)| (self.source.name(), Some(line), folder)),
        };
        Ok(match named {
            None if self.is_kept_apart(&own) => (None, None),
            None => (Some(own), None),
            Some((by, line, root)) => {
                let folder = Some(files::shown(&root)).filter(|folder| !folder.is_empty());
                let folder = folder.unwrap_or_else(|| ".".to_owned());
                (Some(root), Some(NamedContext { folder, by, line }))
            }
        })
    }

    /// Whether the folder has more than what goes with a Dockerfile: then it may be built from by itself, whatever has to be
    /// made there before.
    fn is_of_project(&self, folder: &Path) -> bool {
        let tools = &self.knowledge.tools;
        let endings: Vec<&String> = tools
            .languages()
            .iter()
            .flat_map(|language| &language.sources)
            .collect();
        let is_source = |name: &str| endings.iter().any(|end| name.ends_with(end.as_str()));
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_folder =
                entry.file_type().is_ok_and(|kind| kind.is_dir()) && !name.starts_with('.');
            is_folder || name == ".dockerignore" || tools.knows_manifest(&name) || is_source(&name)
        })
    }

    /// Whether the folder `own` is the root of the file system, or has nothing that could be copied but Dockerfiles and texts about
    /// them, and the Dockerfile copies something: no build of it that works is built from there.
    fn is_kept_apart(&self, own: &Path) -> bool {
        let is_about = |name: &str| {
            let lower = name.to_ascii_lowercase();
            let mut about = ABOUT_DOCKERFILES.iter();
            about.any(|pattern| matches_name(pattern, &lower))
        };
        let goes_along = |name: &str| discover::is_dockerfile_name(name) || is_about(name);
        // The folder is looked through once for all of its Dockerfiles.
        own.parent().is_none() || self.disk.holds_only(own, goes_along) && named::copies(self.file)
    }

    /// The folder above `own`, in the same repository, that has all that the Dockerfile names, when `own` has not: one from
    /// which it names `own` itself (`COPY apps/api apps/api`), or else the nearest (the next one, where there is no repository)
    /// when `own` has nothing of it; and the first line that names something.
    fn folder_above(&self, own: &Path) -> Option<(PathBuf, usize)> {
        let is_top = |folder: &Path| folder.join(".git").exists();
        let file = self.file;
        let named = named::paths(file);
        let first = file.instructions()[named.first()?.at].span.start;
        let is_in = |folder: &Path, named: &Named| is_in(self.disk, folder, named);
        if is_top(own) || named.iter().all(|named| is_in(own, named)) {
            return None;
        }
        // The root of the file system has a `bin` and a `lib`, and is no project.
        let has_all = |folder: &&Path| {
            folder.parent().is_some() && named.iter().all(|named| is_in(folder, named))
        };
        let top = own.ancestors().take(1 + MOST_LEVELS).position(is_top);
        let above = |levels| own.ancestors().skip(1).take(levels).filter(has_all);
        let is_missing = |named: &&Named| !is_in(own, named);
        let missing: Vec<&Named> = named.iter().filter(is_missing).collect();
        let names_own = |folder: &&Path| names(own, folder, &named, &missing);
        // What is missing beside files that are there may be made before the build. Whether the folder is a project is looked
        // up last, because it may be one of thousands of Dockerfiles.
        let has_none = || !named.iter().any(|named| is_in(own, named)) && !self.is_of_project(own);
        let names = above(top.unwrap_or(MOST_LEVELS)).find(names_own);
        let above = names.or_else(|| {
            let nearest = above(top.unwrap_or(1)).next();
            nearest.filter(|_| has_none())
        })?;
        Some((above.to_owned(), file.line_col(first).0))
    }
}

/// Whether the folder `own`, seen from `folder` above, or something in it is among what is `named`. A single name (`COPY api /api`)
/// may be that of a program as well which is called like its folder and made there before the build, unless something else is
/// `missing` there, too.
fn names(own: &Path, folder: &Path, named: &[Named], missing: &[&Named]) -> bool {
    let inside = own.strip_prefix(folder).unwrap_or(own);
    let may_be_program = |named: &Named| {
        let others = missing.iter().any(|other| other.path != named.path);
        !named.is_folder && !named.path.contains('/') && !others
    };
    let leads_to = |named: &&Named| Path::new(&named.path).starts_with(inside);
    let mut leading = named.iter().filter(leads_to);
    leading.any(|named| !may_be_program(named))
}

/// Whether `folder` has what is named. A wildcard stands for at least one name of its folder.
fn is_in(disk: &Disk, folder: &Path, named: &Named) -> bool {
    let (inside, name) = named.path.rsplit_once('/').unwrap_or(("", &named.path));
    if inside.contains(['*', '?', '[']) {
        return true;
    }
    if !name.contains(['*', '?', '[']) {
        return folder.join(&named.path).exists();
    }
    disk.holds(&folder.join(inside), name)
}

/// The build context in the folder `root`.
///
/// # Errors
/// When it cannot be opened.
pub(crate) fn open_context(disk: &Disk, root: &Path, source: &Source) -> Result<BuildContext> {
    let dockerfile = source.path().map(absolute).transpose()?;
    let context = BuildContext::open_in(disk, root, dockerfile.as_deref());
    context.with_context(|| format!("the build context {} cannot be opened", files::shown(root)))
}

//! The build context: the files that a `COPY` can see.
//!
//! Nothing is read before it is asked for, so a context with a million files costs nothing. Paths
//! are relative to the root of the context, with `/` between their parts and no `./` in front.

mod archive;
mod builds;
mod dependencies;
mod disk;
mod dockerignore;
mod documents;
mod glob;
mod listing;
mod manifests;
mod package_scripts;
mod scripts;
mod source_line;
mod sources;
mod values;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use archive::is_named_like_archive;
pub use builds::OtherBuild;
pub use dependencies::{dependencies, extras_of, named_extras, pinned, required_with};
pub(crate) use disk::ByPath;
pub use disk::Disk;
use disk::Kept;
pub use dockerignore::Dockerignore;
pub use glob::matches_name;
pub use manifests::{Assumed, Entry, Obstacle, Required, required_by};
pub use package_scripts::{PACKAGE_JSON, all_scripts, scripts_around};
pub use scripts::interpreter_of;
pub use source_line::{Addresses, SourceLine};
pub use sources::{Source, Sources};

use serde_json::Value;

use crate::project::Use;

/// The files below a folder, without those that `.dockerignore` hides.
#[derive(Debug)]
pub struct BuildContext {
    root: PathBuf,
    disk: Disk,
    dockerfile: Option<String>,
    ignored: Dockerignore,
    ignore_file: String,
    uses: Vec<Use>,
    other_builds: Vec<OtherBuild>,
    texts: Kept<String, Option<Arc<str>>>,
    /// The programs that read scripts.
    interpreters: Kept<String, Option<Arc<str>>>,
    /// Of JSON and TOML files.
    documents: Kept<String, Option<Arc<Value>>>,
    /// Of manifests.
    dependencies: Kept<String, Arc<[String]>>,
    /// By the ends of their names.
    sources: Kept<Vec<String>, Arc<Sources>>,
    /// By their names.
    called: Kept<Vec<String>, Arc<Sources>>,
}

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A file, or a link.
    File,
    /// A folder.
    Folder,
}

impl BuildContext {
    /// The context in the folder `root` for the Dockerfile at `dockerfile`.
    ///
    /// `<Dockerfile>.dockerignore` beside the Dockerfile is used instead of `.dockerignore` in the
    /// root when it exists, as BuildKit does.
    ///
    /// # Errors
    /// When `root` is no folder, or an ignore file exists and cannot be read.
    pub fn open(root: &Path, dockerfile: Option<&Path>) -> std::io::Result<Self> {
        Self::open_in(&Disk::new(), root, dockerfile)
    }

    /// The same, with what other contexts of this run have read already.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in(disk: &Disk, root: &Path, dockerfile: Option<&Path>) -> std::io::Result<Self> {
        let of_root = root.join("Dockerfile");
        let path = std::path::absolute(dockerfile.unwrap_or(&of_root))?;
        let uses = disk.projects().uses_of(&path, Some(root));
        Ok(Self {
            other_builds: OtherBuild::among(&uses, disk, root, &path),
            uses,
            ..Self::alone(disk, root, dockerfile)?
        })
    }

    /// The folder `root`, whatever other files of the project say.
    fn alone(disk: &Disk, root: &Path, dockerfile: Option<&Path>) -> std::io::Result<Self> {
        if !fs::metadata(root)?.is_dir() {
            return Err(std::io::Error::new(
                std::io::ErrorKind::NotADirectory,
                "the build context is no folder",
            ));
        }
        let absolute = |path: &Path| std::path::absolute(path);
        let (folder, file) = (absolute(root)?, dockerfile.map(absolute).transpose()?);
        let inside = file
            .as_deref()
            .and_then(|file| file.strip_prefix(&folder).ok());
        let own = dockerfile.map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".dockerignore");
            PathBuf::from(name)
        });
        let (path, shown) = match own.filter(|path| path.is_file()) {
            Some(path) => {
                let shown = path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .display()
                    .to_string();
                (path, shown)
            }
            None => (root.join(".dockerignore"), ".dockerignore".to_owned()),
        };
        Ok(Self {
            uses: Vec::new(),
            other_builds: Vec::new(),
            root: root.to_owned(),
            disk: disk.clone(),
            dockerfile: inside.map(|path| path.display().to_string()),
            ignored: Dockerignore::new(&disk.ignore_file(&path)?),
            ignore_file: shown,
            texts: Kept::default(),
            interpreters: Kept::default(),
            documents: Kept::default(),
            dependencies: Kept::default(),
            sources: Kept::default(),
            called: Kept::default(),
        })
    }

    /// What other files of the project do with the Dockerfile.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// The ways in which the project builds the Dockerfile, besides a plain `docker build` of this context.
    #[must_use]
    pub fn other_builds(&self) -> &[OtherBuild] {
        &self.other_builds
    }

    /// The same for a user who has chosen the context: builds of others do not count.
    #[must_use]
    pub fn chosen(mut self) -> Self {
        self.other_builds.retain(|build| build.context.is_none());
        self
    }

    /// The folder that it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The Dockerfile, relative to the root, when it is one of the files below.
    #[must_use]
    pub fn dockerfile(&self) -> Option<&str> {
        self.dockerfile.as_deref()
    }

    /// The ignore file in force, relative to the root. It need not exist.
    #[must_use]
    pub fn ignore_file(&self) -> &str {
        &self.ignore_file
    }

    /// Whether `.dockerignore` hides `path`, whether it exists or not.
    #[must_use]
    pub fn is_ignored(&self, path: &str) -> bool {
        self.ignored.hides(path)
    }

    /// Whether an exception (`!…`) in the ignore file is about `path` or what is below it.
    #[must_use]
    pub fn has_exceptions_for(&self, path: &str) -> bool {
        self.ignored.may_show_below(path)
    }

    /// What a `COPY` sees at `path`; `None` when there is nothing, or when it is hidden.
    #[must_use]
    pub fn kind(&self, path: &str) -> Option<FileKind> {
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .collect();
        let Some((name, folder)) = parts.split_last() else {
            return Some(FileKind::Folder);
        };
        if parts.contains(&"..") {
            return None;
        }
        let folder = folder.join("/");
        let entries = self.disk.entries(&self.root.join(&folder));
        let at = entries
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
            .ok()?;
        self.shown(&in_folder(&folder, name), entries[at].1)
    }

    /// `kind`, if `.dockerignore` does not hide what is at `path`.
    fn shown(&self, path: &str, kind: FileKind) -> Option<FileKind> {
        let hidden = self.is_ignored(path) && !(kind == FileKind::Folder && self.shows_below(path));
        (!hidden).then_some(kind)
    }

    /// Whether an exception in `.dockerignore` brings back something in the hidden folder `path`.
    fn shows_below(&self, path: &str) -> bool {
        let mut folders = vec![path.to_owned()];
        while let Some(folder) = folders.pop() {
            if !self.ignored.may_show_below(&folder) {
                continue;
            }
            for entry in fs::read_dir(self.root.join(&folder)).into_iter().flatten() {
                let Ok(entry) = entry else { continue };
                let path = in_folder(&folder, &entry.file_name().to_string_lossy());
                if !self.is_ignored(&path) {
                    return true;
                }
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                }
            }
        }
        false
    }

    /// Whether `path` or a folder above it is a symbolic link.
    #[must_use]
    pub fn is_linked(&self, path: &str) -> bool {
        let mut at = self.root.clone();
        path.split('/').filter(|part| !part.is_empty()).any(|part| {
            at.push(part);
            fs::symlink_metadata(&at).is_ok_and(|metadata| metadata.is_symlink())
        })
    }

    /// Whether a `COPY` of `path` finds something.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.kind(path).is_some()
    }

    /// The first file at or below `path` that its mode lets nobody but its owner read. A `COPY` keeps modes.
    #[must_use]
    pub fn private_file(&self, path: &str, most: usize) -> Option<String> {
        let files = match self.kind(path)? {
            FileKind::File => vec![path.to_owned()],
            FileKind::Folder => self.files_below(path, most)?,
        };
        files
            .into_iter()
            .find(|file| is_private(&self.root.join(file)))
    }

    /// The text of the file at `path`, whatever its encoding; `None` when a `COPY` does not see it.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<Arc<str>> {
        if self.kind(path)? != FileKind::File {
            return None;
        }
        self.texts.get(path, || {
            let bytes = fs::read(self.root.join(path)).ok()?;
            Some(decoded(&bytes).into())
        })
    }

    /// The names of the packages that the manifest at `path` asks for, as [`dependencies`] tells them; none when a `COPY`
    /// does not see it.
    #[must_use]
    pub fn dependencies(&self, path: &str) -> Arc<[String]> {
        self.dependencies.get(path, || {
            let text = self.read(path).unwrap_or_default();
            let names = match documents::is_json(path, &text) {
                true => self.document(path).map(|tree| dependencies::of_tree(&tree)),
                false => Some(dependencies(path, &text)),
            };
            names.unwrap_or_default().into()
        })
    }

    /// Whether `ADD` may unpack the file at `path`: it goes by the content. A file that cannot be read may be one.
    #[must_use]
    pub fn may_be_archive(&self, path: &str) -> bool {
        match self.kind(path) {
            Some(FileKind::File) => archive::may_be_at(&self.root.join(path)),
            _ => false,
        }
    }

    /// The text of the file at `path` below the root, whether a `COPY` sees it or not: what it says of the project.
    #[must_use]
    pub fn read_hidden(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.root.join(path)).ok()?;
        Some(decoded(&bytes))
    }

    /// Whether a `COPY` sees what is listed at `path`.
    fn is_seen(&self, path: &str, kind: FileKind) -> bool {
        self.ignored.is_empty() || self.shown(path, kind).is_some()
    }
}

/// Whether the mode of the file at `path` lets only its owner, or its group, read it.
#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map(|metadata| metadata.permissions().mode());
    mode.is_ok_and(|mode| mode & 0o004 == 0)
}

/// Where files have no such modes, `BuildKit` lets everybody read them.
#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    false
}

/// `name` in `folder`, where `""` is the root of the context.
#[must_use]
pub fn in_folder(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        [folder, "/", name].concat()
    }
}

/// The place of the last slash in `path`. Paths are short: a loop over their bytes beats `str::rfind`.
pub(crate) fn last_slash(path: &str) -> Option<usize> {
    path.bytes().rposition(|byte| byte == b'/')
}

/// The folder and the name of what is at `path`, where `""` is the root of the context.
#[must_use]
pub fn folder_and_name(path: &str) -> (&str, &str) {
    match last_slash(path) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    }
}

/// The text in `bytes`. Files that Windows tools wrote may be UTF-16 and say so in a mark.
fn decoded(bytes: &[u8]) -> String {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return String::from_utf8_lossy(bytes).into_owned(),
    };
    let units = bytes[2..]
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]));
    let units: Vec<u16> = units.collect();
    String::from_utf16_lossy(&units)
}

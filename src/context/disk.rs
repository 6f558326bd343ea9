//! What has been read of the disk, once for all files of a run.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fs;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{FileKind, matches_name};
use crate::knowledge::tools::Language;
use crate::project::Projects;

/// What stands in a folder: the name, and what it is.
pub(super) type Entry = (String, FileKind);

/// Folders and files that several build contexts share, so that a thousand Dockerfiles in one project do not read
/// its folders a thousand times. What changes on the disk afterwards is not seen: what is said of one Dockerfile does
/// not depend on what has been written for another.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    listings: ByPath<Arc<[Entry]>>,
    /// The entries with some names, by the patterns for these.
    called: ByPath<Arc<Picked>>,
    /// The entries that may be sources, by the ends of the names of these.
    sources: ByPath<Arc<Picked>>,
    /// Whether a folder holds no more than what was asked for first.
    bare: ByPath<bool>,
    ignore_files: ByPath<Arc<str>>,
    projects: Projects,
}

/// The entries of a folder that are folders, or files that were asked for, by the words of that question.
type Picked = Kept<Vec<String>, Arc<[Entry]>>;

impl Disk {
    /// Nothing is read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What Compose files, CI and the like say.
    #[must_use]
    pub fn projects(&self) -> &Projects {
        &self.0.projects
    }

    /// The entries of the folder at `path`, sorted by name; none when it cannot be read. Names that
    /// are not UTF-8 are left out.
    pub(super) fn entries(&self, path: &Path) -> Arc<[Entry]> {
        self.0.listings.get(path, || list(path))
    }

    /// Whether the folder at `path` holds nothing but files with names that `is_known` accepts, which is asked once for each
    /// folder, and folders whose names start with a dot.
    #[must_use]
    pub fn holds_only(&self, path: &Path, is_known: impl Fn(&str) -> bool) -> bool {
        self.0.bare.get(path, || {
            let entries = self.entries(path);
            let mut entries = entries.iter();
            entries.all(|(name, kind)| match kind {
                FileKind::File => is_known(name),
                FileKind::Folder => name.starts_with('.'),
            })
        })
    }

    /// Whether the folder at `path` holds something with a name that matches `pattern`.
    #[must_use]
    pub fn holds(&self, path: &Path, pattern: &str) -> bool {
        let entries = self.entries(path);
        entries.iter().any(|(name, _)| matches_name(pattern, name))
    }

    /// The folders in the folder at `path`, and the files whose names match one of `names`, sorted by name.
    pub(super) fn entries_called(&self, path: &Path, names: &[String]) -> Arc<[Entry]> {
        let is_called = |name: &str| names.iter().any(|pattern| matches_name(pattern, name));
        let picked = self.0.called.get(path, Arc::default);
        picked.get(names, || self.pick(path, is_called))
    }

    /// The folders in the folder at `path`, and the files that may be sources in `language` by their names, sorted by name.
    pub(super) fn entries_in(&self, path: &Path, language: &Language) -> Arc<[Entry]> {
        // A script without an ending may be one.
        let may_be = |name: &str| language.is_source(name) || !name.contains('.');
        let picked = self.0.sources.get(path, Arc::default);
        picked.get(&language.sources[..], || self.pick(path, may_be))
    }

    fn pick(&self, path: &Path, is_wanted: impl Fn(&str) -> bool) -> Arc<[Entry]> {
        let is_wanted = |(name, kind): &&Entry| *kind == FileKind::Folder || is_wanted(name);
        let entries = self.entries(path);
        entries.iter().filter(is_wanted).cloned().collect()
    }

    /// The text of the ignore file at `path`; empty when there is none.
    pub(super) fn ignore_file(&self, path: &Path) -> io::Result<Arc<str>> {
        self.0.ignore_files.try_get(path, || match fs::read(path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok("".into()),
            Err(error) => Err(error),
        })
    }
}

/// Values that are made once for each path, for threads to share.
pub(crate) type ByPath<V> = Kept<PathBuf, V>;

/// Values that are made once for each key, for threads to share.
#[derive(Debug)]
pub(crate) struct Kept<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The value for `key`; `make` is asked the first time.
    pub(crate) fn get<Q>(&self, key: &Q, make: impl FnOnce() -> V) -> V
    where
        K: Borrow<Q>,
        Q: ?Sized + Eq + Hash + ToOwned<Owned = K>,
    {
        let known = self.lock().get(key).cloned();
        known.unwrap_or_else(|| self.keep(key, make()))
    }

    /// The same where `make` can fail; a failure is not kept.
    pub(crate) fn try_get<Q>(&self, key: &Q, make: impl FnOnce() -> io::Result<V>) -> io::Result<V>
    where
        K: Borrow<Q>,
        Q: ?Sized + Eq + Hash + ToOwned<Owned = K>,
    {
        let known = self.lock().get(key).cloned();
        known.map_or_else(|| Ok(self.keep(key, make()?)), Ok)
    }

    /// Values are made without the lock, so that threads do not wait for the disk together. When two have made the
    /// same, the first counts.
    fn keep<Q: ?Sized + ToOwned<Owned = K>>(&self, key: &Q, value: V) -> V {
        let mut known = self.lock();
        known.entry(key.to_owned()).or_insert(value).clone()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        // A value is put there whole, so it is good even if another thread has failed meanwhile.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn list(path: &Path) -> Arc<[Entry]> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        let kind = if entry.file_type().ok()?.is_dir() {
            FileKind::Folder
        } else {
            FileKind::File
        };
        Some((entry.file_name().into_string().ok()?, kind))
    };
    let mut entries: Vec<Entry> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(entry)
        .collect();
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    entries.into()
}

//! The folders of the disk, each listed once.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::FileKind;

/// What stands in a folder: the name, and what it is.
pub(super) type Entry = (String, FileKind);

/// Listings that several build contexts share, so that a thousand Dockerfiles in one project do not
/// read its folders a thousand times. What changes on the disk afterwards is not seen.
#[derive(Clone, Debug, Default)]
pub struct Folders(Arc<Mutex<HashMap<PathBuf, Arc<[Entry]>>>>);

impl Folders {
    /// Nothing is listed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The entries of the folder at `path`, sorted by name; none when it cannot be read. Names that
    /// are not UTF-8 are left out.
    pub(super) fn entries(&self, path: &Path) -> Arc<[Entry]> {
        // A listing is put there whole, so it is good even if another thread has failed meanwhile.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = known.get(path) {
            return Arc::clone(entries);
        }
        let entries = list(path);
        known.insert(path.to_owned(), Arc::clone(&entries));
        entries
    }
}

fn list(path: &Path) -> Arc<[Entry]> {
    let entry = |entry: std::io::Result<fs::DirEntry>| {
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

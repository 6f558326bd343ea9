//! What the folders of the build context hold.

use std::path::Path;
use std::sync::Arc;

use super::{BuildContext, FileKind, disk, in_folder, matches_name};

impl BuildContext {
    /// The names in the folder `path` (`""` is the root) that a `COPY` sees, sorted.
    #[must_use]
    pub fn names(&self, path: &str) -> Vec<String> {
        self.entries(path)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// The paths that match `pattern`, sorted. A `*` stands for part of one name, `**` for any
    /// number of folders.
    #[must_use]
    pub fn glob(&self, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for part in pattern
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
        {
            found = if part == "**" {
                found
                    .iter()
                    .flat_map(|folder| self.folders_below(folder))
                    .collect()
            } else {
                found
                    .iter()
                    .flat_map(|folder| self.matching(folder, part))
                    .collect()
            };
        }
        found.retain(|path| !path.is_empty());
        found
    }

    /// The folder `path` and all below it.
    fn folders_below(&self, path: &str) -> Vec<String> {
        let mut folders = vec![path.to_owned()];
        let mut at = 0;
        while let Some(folder) = folders.get(at).cloned() {
            let inner = self
                .entries(&folder)
                .into_iter()
                .filter(|(_, kind)| *kind == FileKind::Folder);
            folders.extend(inner.map(|(name, _)| in_folder(&folder, &name)));
            at += 1;
        }
        folders
    }

    fn matching(&self, folder: &str, part: &str) -> Vec<String> {
        if !part.contains(['*', '?', '[']) {
            let path = in_folder(folder, part);
            return if self.has(&path) {
                vec![path]
            } else {
                Vec::new()
            };
        }
        self.entries_called(folder, |name| matches_name(part, name))
            .into_iter()
            .map(|(name, _)| in_folder(folder, &name))
            .collect()
    }

    /// Every file that a `COPY` of the folder `path` brings, sorted, at most `most`. `None` when
    /// there are more.
    #[must_use]
    pub fn files_below(&self, path: &str, most: usize) -> Option<Vec<String>> {
        let is_seen = |path: &str, kind| self.is_seen(path, kind);
        self.files_in(path, most, |folder| self.disk.entries(folder), is_seen)
    }

    /// The files below the folder `path` that `list` lists and whose paths `wanted` takes, sorted; folders that it does not take
    /// are not looked into. `most` is about all entries that are listed.
    pub(super) fn files_in(
        &self,
        path: &str,
        most: usize,
        list: impl Fn(&Path) -> Arc<[disk::Entry]>,
        wanted: impl Fn(&str, FileKind) -> bool,
    ) -> Option<Vec<String>> {
        let mut folders = vec![path.trim_matches('/').to_owned()];
        let mut files = Vec::new();
        let mut looked_at = 0;
        while let Some(folder) = folders.pop() {
            let entries = list(&self.root.join(&folder));
            looked_at += entries.len();
            if looked_at > most {
                return None;
            }
            for (name, kind) in entries.iter() {
                let path = in_folder(&folder, name);
                match kind {
                    _ if !wanted(&path, *kind) => {}
                    FileKind::Folder => folders.push(path),
                    FileKind::File => files.push(path),
                }
            }
        }
        files.sort_unstable();
        Some(files)
    }

    /// What a `COPY` sees in the folder `path`, sorted by name.
    fn entries(&self, path: &str) -> Vec<(String, FileKind)> {
        self.entries_called(path, |_| true)
    }

    /// Those of the entries whose names `wanted` takes.
    fn entries_called(&self, path: &str, wanted: impl Fn(&str) -> bool) -> Vec<(String, FileKind)> {
        let entries = self.disk.entries(&self.root.join(path));
        let seen = entries
            .iter()
            .filter(|(name, kind)| wanted(name) && self.is_seen(&in_folder(path, name), *kind));
        seen.cloned().collect()
    }
}

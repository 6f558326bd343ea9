//! Paths as other files write them.

use std::path::{Component, Path, PathBuf};

/// `path` from `folder`, without `.` and `..`; `None` for a URL.
pub(super) fn resolve(folder: &Path, path: &str) -> Option<PathBuf> {
    (!is_remote(path)).then(|| tidy(&folder.join(path)))
}

/// Whether `path` is a URL.
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://") || path.starts_with("git@")
}

/// `path` without `.` and `..`, whether it exists or not.
pub(super) fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use std::path::{Path, PathBuf};

    #[test]
    fn paths_are_resolved_by_their_names() {
        let resolve = |path| resolve(Path::new("/a/b"), path);
        assert_eq!(resolve("./c/../d"), Some(PathBuf::from("/a/b/d")));
        assert_eq!(resolve(".."), Some(PathBuf::from("/a")));
        assert_eq!(resolve("https://github.com/a/b.git"), None);
    }
}

//! Which files to look at.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use dfopt::report::Problem;
use ignore::{DirEntry, WalkBuilder};

/// A text to rewrite.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// What the search came to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What to read: in the order of the arguments, sorted within each folder, each once.
    pub(crate) sources: Vec<Source>,
    /// Paths that could not be searched, and why.
    pub(crate) errors: Vec<(String, Problem)>,
    /// Folders in which there is no Dockerfile.
    pub(crate) barren: Vec<PathBuf>,
    seen: HashSet<Source>,
}

/// Finds the files that `paths` name, and those in the folders that they name.
///
/// A file that is named is taken whatever it is called.
pub(crate) fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Source::Stdin);
            continue;
        }
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => found.search(path),
            Ok(_) => found.push(Source::File(path.clone())),
            Err(error) => found.fail(path, error),
        }
    }
    found
}

impl Found {
    fn push(&mut self, source: Source) {
        if self.seen.insert(source.clone()) {
            self.sources.push(source);
        }
    }

    fn fail(&mut self, path: &Path, error: impl Display) {
        self.errors
            .push((path.display().to_string(), Problem::new(error.to_string())));
    }

    fn search(&mut self, folder: &Path) {
        let mut files = Vec::new();
        for entry in walk(folder) {
            match entry {
                Ok(entry) if is_dockerfile(&entry) => files.push(tidy(entry.path())),
                Ok(_) => {}
                Err(error) => self.fail(folder, error),
            }
        }
        if files.is_empty() {
            self.barren.push(folder.to_owned());
        }
        for file in files {
            self.push(Source::File(file));
        }
    }
}

/// All files below `folder` that no `.gitignore` hides, hidden folders such as `.devcontainer`
/// included, in a fixed order.
fn walk(folder: &Path) -> ignore::Walk {
    WalkBuilder::new(folder)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_name(OsStr::cmp)
        .build()
}

fn is_dockerfile(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
        && entry.file_name().to_str().is_some_and(is_dockerfile_name)
}

fn is_dockerfile_name(name: &str) -> bool {
    if name.ends_with(".dockerignore") {
        return false;
    }
    matches!(name, "Dockerfile" | "Containerfile")
        || name.starts_with("Dockerfile.")
        || name.ends_with(".Dockerfile")
}

/// `./app/Dockerfile` as people write it.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::is_dockerfile_name;

    #[test]
    fn knows_the_names_of_dockerfiles() {
        for name in [
            "Dockerfile",
            "Dockerfile.dev",
            "api.Dockerfile",
            "Containerfile",
        ] {
            assert!(is_dockerfile_name(name), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "dev.Dockerfile.dockerignore",
            "MyDockerfile",
            "Dockerfile2",
            ".dockerignore",
        ] {
            assert!(!is_dockerfile_name(name), "{name}");
        }
    }
}

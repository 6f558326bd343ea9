//! Which files to look at.

use std::collections::HashSet;
use std::fmt::Display;
use std::fs;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf, absolute};
use std::sync::mpsc;

use anyhow::{Context, Result, ensure};
use dfopt::report::Problem;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::cli::Args;
use crate::{files, since};

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

/// Finds the files that `args` name, and those in the folders that they name.
///
/// A file that is named is taken whatever it is called.
///
/// # Errors
/// When the list of files cannot be read, a pattern is malformed, or Git cannot tell what has changed.
pub(crate) fn find(args: &Args) -> Result<Found> {
    let search = Search {
        excludes: Excludes::new(&args.exclude)?,
        jobs: args.jobs(),
    };
    let mut found = Found::default();
    for path in paths(args)? {
        search.take(&path, &mut found);
    }
    if let Some(revision) = &args.since {
        found.sources = since::changed(found.sources, revision)?;
    }
    Ok(found)
}

/// The paths on the command line and in `--files-from`; the current folder when there are none.
fn paths(args: &Args) -> Result<Vec<PathBuf>> {
    let Some(list) = &args.files_from else {
        let here = || vec![PathBuf::from(".")];
        return Ok(Some(args.paths.clone())
            .filter(|paths| !paths.is_empty())
            .unwrap_or_else(here));
    };
    let is_stdin = list.as_os_str() == "-";
    ensure!(
        !is_stdin || !args.paths.iter().any(|path| path.as_os_str() == "-"),
        "standard input is either a Dockerfile or the list of files: give `-` once"
    );
    let mut bytes = Vec::new();
    let read = if is_stdin {
        io::stdin().read_to_end(&mut bytes)
    } else {
        fs::File::open(list).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.with_context(|| format!("--files-from {} cannot be read", list.display()))?;
    let mut paths = args.paths.clone();
    paths.extend(listed(&bytes));
    Ok(paths)
}

/// The paths in a list: between NULs when there is one, else one a line.
fn listed(bytes: &[u8]) -> impl Iterator<Item = PathBuf> {
    let is_end: fn(&u8) -> bool = if bytes.contains(&0) {
        |&byte| byte == 0
    } else {
        |&byte| byte == b'\n'
    };
    let names = bytes.split(is_end).map(move |name| match name {
        [name @ .., b'\r'] if !bytes.contains(&0) => name,
        name => name,
    });
    names.filter(|name| !name.is_empty()).map(files::path_of)
}

/// How folders are searched.
struct Search {
    excludes: Excludes,
    jobs: NonZeroUsize,
}

impl Search {
    fn take(&self, path: &Path, found: &mut Found) {
        if path.as_os_str() == "-" {
            found.push(Source::Stdin);
            return;
        }
        match fs::metadata(path) {
            Ok(metadata) if self.excludes.hide(path, metadata.is_dir()) => {}
            Ok(metadata) if metadata.is_dir() => self.search(path, found),
            Ok(_) => found.push(Source::File(path.to_owned())),
            Err(error) => found.fail(path, error),
        }
    }

    /// All Dockerfiles below `folder` that no `.gitignore` hides, those in hidden folders such as `.devcontainer`
    /// included, sorted.
    fn search(&self, folder: &Path, found: &mut Found) {
        let mut files = Vec::new();
        let mut failures = Vec::new();
        for entry in self.walk(folder) {
            match entry {
                Ok(path) => files.push(path),
                Err(error) => failures.push(error.to_string()),
            }
        }
        if files.is_empty() {
            found.barren.push(folder.to_owned());
        }
        files.sort_unstable();
        failures.sort_unstable();
        for failure in failures {
            found.fail(folder, failure);
        }
        for file in files {
            found.push(Source::File(tidy(file)));
        }
    }

    /// The Dockerfiles below `folder`, and what cannot be read, in the order in which the threads come across them.
    fn walk(&self, folder: &Path) -> mpsc::IntoIter<Result<PathBuf, ignore::Error>> {
        let (out, entries) = mpsc::channel();
        let excludes = self.excludes.clone();
        let walk = WalkBuilder::new(folder)
            .hidden(false)
            .require_git(false)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                entry.file_name() != ".git" && !excludes.hide(entry.path(), is_folder)
            })
            .threads(self.jobs.get())
            .build_parallel();
        walk.run(|| {
            let out = out.clone();
            Box::new(move |entry| {
                let entry = match entry {
                    Ok(entry) if !is_dockerfile(&entry) => return WalkState::Continue,
                    entry => entry.map(DirEntry::into_path),
                };
                // The other end is there as long as the walk is.
                let _ = out.send(entry);
                WalkState::Continue
            })
        });
        entries.into_iter()
    }
}

/// The patterns of `--exclude`.
#[derive(Clone)]
struct Excludes(Gitignore);

impl Excludes {
    /// Patterns as `.gitignore` has them, from the current folder.
    fn new(patterns: &[String]) -> Result<Self> {
        let mut builder = GitignoreBuilder::new(absolute(".")?);
        for pattern in patterns {
            let added = builder.add_line(None, pattern);
            added.with_context(|| format!("--exclude {pattern}"))?;
        }
        Ok(Self(builder.build()?))
    }

    fn hide(&self, path: &Path, is_folder: bool) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let path = absolute(path).unwrap_or_else(|_| path.to_owned());
        // Outside of the current folder, patterns without a place still mean something.
        let below = path
            .strip_prefix(self.0.path())
            .or_else(|_| path.strip_prefix("/"));
        let below = below.unwrap_or(&path);
        below.is_relative()
            && self
                .0
                .matched_path_or_any_parents(below, is_folder)
                .is_ignore()
    }
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
}

fn is_dockerfile(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file())
        && entry.file_name().to_str().is_some_and(is_dockerfile_name)
}

/// How names end that begin like that of a Dockerfile and are none: ignore files, and copies that tools leave.
const NO_DOCKERFILE: [&str; 6] = [".dockerignore", ".orig", ".rej", ".bak", ".swp", "~"];

pub(crate) fn is_dockerfile_name(name: &str) -> bool {
    let is_copy = NO_DOCKERFILE.iter().any(|end| name.ends_with(end));
    if is_copy {
        return false;
    }
    // docker build falls back to `dockerfile`, and editors know `web.dockerfile`; `dockerfile.go` is a source.
    let lower = name.to_ascii_lowercase();
    matches!(&*lower, "dockerfile" | "containerfile")
        || name.starts_with("Dockerfile.")
        || lower.ends_with(".dockerfile")
}

/// `./app/Dockerfile` as people write it.
fn tidy(path: PathBuf) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(tidied) => tidied.to_owned(),
        Err(_) => path,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Excludes, is_dockerfile_name, listed};

    #[test]
    fn lists_are_split_at_nuls_or_lines() {
        let list = |text: &str| listed(text.as_bytes()).collect::<Vec<PathBuf>>();
        assert_eq!(list("a b\nc\r\n\n"), [PathBuf::from("a b"), "c".into()]);
        assert_eq!(list("a\nb\0c\0"), [PathBuf::from("a\nb"), "c".into()]);
        assert!(list("").is_empty());
    }

    #[test]
    fn patterns_exclude_as_in_gitignore() {
        let patterns = ["vendor/", "/old/*.dev", "!vendor/ours"].map(str::to_owned);
        let excludes = Excludes::new(&patterns).expect("they are well-formed");
        let hides = |path: &str| excludes.hide(path.as_ref(), false);
        assert!(hides("a/vendor/b/Dockerfile") && hides("./vendor/Dockerfile"));
        assert!(hides("old/Dockerfile.dev") && !hides("a/old/Dockerfile.dev"));
        assert!(hides("/elsewhere/vendor/Dockerfile") && !hides("Dockerfile"));
    }

    #[test]
    fn knows_the_names_of_dockerfiles() {
        for name in [
            "Dockerfile",
            "Dockerfile.dev",
            "api.Dockerfile",
            "Containerfile",
            "dockerfile",
            "api.dockerfile",
        ] {
            assert!(is_dockerfile_name(name), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "dev.Dockerfile.dockerignore",
            "MyDockerfile",
            "Dockerfile2",
            "dockerfile.go",
            ".dockerignore",
            "Dockerfile.orig",
            "Dockerfile~",
        ] {
            assert!(!is_dockerfile_name(name), "{name}");
        }
    }
}

//! Which files have changed since a revision, as Git sees it.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::discover::Source;
use crate::files;

/// Those of `sources` that are not as they were when the current branch and `revision` parted, committed or not, or that
/// are new. An ignore file beside a Dockerfile counts as part of it.
///
/// # Errors
/// When a file is in no work tree of Git, or Git knows no such revision.
pub(crate) fn changed(sources: Vec<Source>, revision: &str) -> Result<Vec<Source>> {
    let mut repositories = Repositories::new(revision);
    let mut kept = Vec::new();
    for source in sources {
        if repositories.is_changed(&source)? {
            kept.push(source);
        }
    }
    Ok(kept)
}

/// What has changed in each work tree.
struct Repositories<'a> {
    revision: &'a str,
    /// The root of the work tree that a folder is in.
    roots: HashMap<PathBuf, PathBuf>,
    /// The changed files of a work tree.
    changed: HashMap<PathBuf, HashSet<PathBuf>>,
}

impl<'a> Repositories<'a> {
    fn new(revision: &'a str) -> Self {
        Self {
            revision,
            roots: HashMap::new(),
            changed: HashMap::new(),
        }
    }

    fn is_changed(&mut self, source: &Source) -> Result<bool> {
        let Some(path) = source.path() else {
            // Nobody knows what standard input was before.
            return Ok(true);
        };
        let (Some(name), target) = (path.file_name(), fs::canonicalize(path)) else {
            return Ok(true);
        };
        let folder = fs::canonicalize(source.folder()?)?;
        let mut own_ignore_file = name.to_owned();
        own_ignore_file.push(".dockerignore");
        let parts = [name, &own_ignore_file, OsStr::new(".dockerignore")];
        let mut parts: Vec<PathBuf> = parts.iter().map(|part| folder.join(part)).collect();
        parts.extend(target.ok());
        let changed = self.in_work_tree_of(&folder)?;
        Ok(parts.iter().any(|part| changed.contains(part)))
    }

    fn in_work_tree_of(&mut self, folder: &Path) -> Result<&HashSet<PathBuf>> {
        let root = match self.roots.get(folder) {
            Some(root) => root.clone(),
            None => {
                let is_root = |folder: &&Path| folder.join(".git").exists();
                let root = folder.ancestors().find(is_root).with_context(|| {
                    format!("--since: {} is in no Git work tree", files::shown(folder))
                })?;
                self.roots.insert(folder.to_owned(), root.to_owned());
                root.to_owned()
            }
        };
        if !self.changed.contains_key(&root) {
            let changed = changed_in(&root, self.revision)?;
            self.changed.insert(root.clone(), changed);
        }
        Ok(&self.changed[&root])
    }
}

/// The files in the work tree `root` that differ from where `revision` and `HEAD` parted, and those that Git does not track.
fn changed_in(root: &Path, revision: &str) -> Result<HashSet<PathBuf>> {
    let commit = format!("{revision}^{{commit}}");
    let commit = git(
        root,
        &["rev-parse", "--verify", "--end-of-options", &commit],
    )
    .with_context(|| {
        format!(
            "--since: {} has no revision `{revision}`",
            files::shown(root)
        )
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let diff = [
        "diff",
        "--name-only",
        "--no-renames",
        "-z",
        "--merge-base",
        &commit,
        "--",
    ];
    let tracked = git(root, &diff).with_context(|| {
        format!("--since: `{revision}` cannot be compared (a shallow clone needs its history: git fetch --unshallow)")
    })?;
    let untracked = git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = tracked
        .split(|&byte| byte == 0)
        .chain(untracked.split(|&byte| byte == 0));
    let names = names.filter(|name| !name.is_empty());
    Ok(names.map(|name| root.join(files::path_of(name))).collect())
}

fn git(root: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let run = Command::new("git").arg("-C").arg(root).args(args).output();
    let output = run.context("git cannot be run")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("git {}: {}", args[0], said.trim());
    }
    Ok(output.stdout)
}

//! Replacing a file so that at every moment it is either the old one or the new one.

use std::collections::HashSet;
use std::fs::{self, DirEntry, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::{Builder, NamedTempFile};

use crate::files;

/// How the names of our temporary files begin and end.
const TEMPORARY: (&str, &str) = (".dfopt-", ".tmp");

/// A temporary file that is older than this belongs to no run that is still under way.
const LEFT_OVER: Duration = Duration::from_secs(60 * 60);

/// Replaces files.
#[derive(Default)]
pub(crate) struct Writer {
    /// What the name of a copy of the old file ends with, if one is kept.
    backup: Option<String>,
    /// Folders in which nothing is left over of a run that was killed.
    clean: Mutex<HashSet<PathBuf>>,
}

impl Writer {
    /// A writer that keeps the old file under its name with `backup` at the end.
    pub(crate) fn new(backup: Option<String>) -> Self {
        Self {
            backup,
            clean: Mutex::default(),
        }
    }

    /// Puts `new` in the place of the file at `path`, which held `old` when it was read.
    ///
    /// A link is followed, mode and owner are kept. Nothing is written when the file is read-only or
    /// has changed since it was read.
    pub(crate) fn replace(&self, path: &Path, old: &str, new: &str) -> Result<()> {
        let path = fs::canonicalize(path).context("cannot be found any more")?;
        let metadata = fs::metadata(&path).context("cannot be read any more")?;
        ensure!(
            !metadata.permissions().readonly(),
            "is read-only; left as it is"
        );
        // Renaming asks only for leave to write the folder: ask for leave to write the file as well.
        OpenOptions::new()
            .write(true)
            .open(&path)
            .context("cannot be written")?;
        let like_it = || {
            let mut builder = Builder::new();
            builder.permissions(metadata.permissions());
            builder
        };
        let file = self.prepare(&path, new, &mut like_it())?;
        keep_owner(file.as_file(), &metadata).context("its owner cannot be kept; left as it is")?;
        let now = fs::read(&path).context("cannot be read any more")?;
        ensure!(
            now == old.as_bytes(),
            "has changed since it was read; left as it is"
        );
        if let Some(suffix) = &self.backup {
            let backup = self.prepare(&path, old, &mut like_it())?;
            keep(backup, &with_suffix(&path, suffix), old)?;
        }
        file.persist(&path)
            .map_err(|error| error.error)
            .context("cannot be replaced")?;
        sync_folder(&path);
        Ok(())
    }

    /// Makes a new file at `path`.
    pub(crate) fn create(&self, path: &Path, text: &str) -> Result<()> {
        let file = self.prepare(path, text, &mut new_file())?;
        match file.persist_noclobber(path) {
            Ok(_) => sync_folder(path),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                bail!("has been made by someone else in the meantime; left as it is")
            }
            Err(error) => return Err(error.error).context("cannot be created"),
        }
        Ok(())
    }

    /// A temporary file beside `path` with `text`, on the disk.
    fn prepare(
        &self,
        path: &Path,
        text: &str,
        builder: &mut Builder<'_, '_>,
    ) -> Result<NamedTempFile> {
        let folder = folder_of(path);
        self.clean_up(folder);
        let (prefix, suffix) = TEMPORARY;
        let mut file = builder
            .prefix(prefix)
            .suffix(suffix)
            .tempfile_in(folder)
            .context("no temporary file can be made beside it")?;
        write_through(file.as_file_mut(), text).context("its new text cannot be written")?;
        Ok(file)
    }

    /// Removes what a run that was killed has left in `folder`, the first time.
    fn clean_up(&self, folder: &Path) {
        // A set of names is good even if another thread has failed meanwhile.
        let mut clean = self.clean.lock().unwrap_or_else(PoisonError::into_inner);
        if !clean.insert(folder.to_owned()) {
            return;
        }
        drop(clean);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if is_left_over(&entry) {
                // Whoever cannot remove it can still write beside it.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Whether a run that was killed has left `entry`.
fn is_left_over(entry: &DirEntry) -> bool {
    let (prefix, suffix) = TEMPORARY;
    let name = entry.file_name();
    let is_ours = name
        .to_str()
        .is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix));
    let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
    is_ours && age().is_some_and(|age| age > LEFT_OVER)
}

/// Gives the copy of the old file its name. One that is there already and holds something else is someone's only copy.
fn keep(copy: NamedTempFile, path: &Path, old: &str) -> Result<()> {
    match copy.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            let same = fs::read(path).is_ok_and(|known| known == old.as_bytes());
            ensure!(
                same,
                "its backup {} exists already; remove that or choose another --backup=SUFFIX",
                files::shown(path)
            );
            Ok(())
        }
        Err(error) => Err(error.error).context("its backup cannot be kept; left as it is"),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn write_through(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A builder for files with the mode that the user's umask gives.
#[cfg(unix)]
fn new_file() -> Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    let mut builder = Builder::new();
    builder.permissions(fs::Permissions::from_mode(0o666));
    builder
}

#[cfg(not(unix))]
fn new_file() -> Builder<'static, 'static> {
    Builder::new()
}

/// Gives `file` the owner of the file that it replaces, and its mode free of the umask.
#[cfg(unix)]
fn keep_owner(file: &File, replaced: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let made = file.metadata()?;
    if (made.uid(), made.gid()) != (replaced.uid(), replaced.gid()) {
        fchown(file, Some(replaced.uid()), Some(replaced.gid()))?;
    }
    file.set_permissions(replaced.permissions())
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _replaced: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Makes the new name last through a power cut, where the system can do that for a folder.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        // The file itself is safe already; some file systems cannot sync a folder.
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect()
    }

    #[test]
    fn leaves_a_file_alone_that_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Dockerfile");
        fs::write(&path, "FROM b\n").expect("written");
        let error = Writer::default()
            .replace(&path, "FROM a\n", "FROM c\n")
            .expect_err("it changed");
        assert_eq!(
            format!("{error:#}"),
            "has changed since it was read; left as it is"
        );
        assert_eq!(fs::read_to_string(&path).expect("read"), "FROM b\n");
        assert_eq!(
            names(folder.path()),
            ["Dockerfile"],
            "no temporary file stays behind"
        );
    }

    #[test]
    fn never_creates_over_another_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(".dockerignore");
        fs::write(&path, ".git\n").expect("written");
        Writer::default()
            .create(&path, "node_modules\n")
            .expect_err("it exists");
        assert_eq!(fs::read_to_string(&path).expect("read"), ".git\n");
        assert_eq!(names(folder.path()), [".dockerignore"]);
    }

    #[cfg(unix)]
    #[test]
    fn keeps_the_mode_whatever_the_umask() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Dockerfile");
        fs::write(&path, "FROM a\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("the mode is set");
        Writer::default()
            .replace(&path, "FROM a\n", "FROM b\n")
            .expect("replaced");
        assert_eq!(
            fs::metadata(&path).expect("metadata").permissions().mode() & 0o777,
            0o666
        );
    }

    #[test]
    fn a_folder_that_has_gone_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app/Dockerfile");
        let replaced = Writer::default().replace(&path, "FROM a\n", "FROM b\n");
        let error = replaced.expect_err("there is nothing to replace");
        assert!(
            format!("{error:#}").starts_with("cannot be found any more"),
            "{error:#}"
        );
        let created = Writer::default().create(&path, "FROM b\n");
        created.expect_err("folders are not made");
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_backup_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Dockerfile");
        let backup = folder.path().join("Dockerfile.orig");
        let writer = Writer::new(Some(".orig".to_owned()));
        fs::write(&path, "FROM a\n").expect("written");
        writer
            .replace(&path, "FROM a\n", "FROM b\n")
            .expect("replaced");
        assert_eq!(fs::read_to_string(&backup).expect("kept"), "FROM a\n");
        let error = writer.replace(&path, "FROM b\n", "FROM c\n");
        let error = error.expect_err("the first backup would be lost");
        assert!(format!("{error:#}").contains("exists already"), "{error:#}");
        assert_eq!(fs::read_to_string(&path).expect("read"), "FROM b\n");
        assert_eq!(fs::read_to_string(&backup).expect("kept"), "FROM a\n");
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[test]
    fn what_a_killed_run_has_left_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Dockerfile");
        fs::write(&path, "FROM a\n").expect("written");
        for name in [".dfopt-old.tmp", ".dfopt-new.tmp", ".dfopt-old.txt"] {
            let file = File::create(folder.path().join(name)).expect("created");
            let two_hours_ago = std::time::SystemTime::now() - 2 * LEFT_OVER;
            if name.contains("old") {
                file.set_modified(two_hours_ago).expect("the time is set");
            }
        }
        let writer = Writer::default();
        writer
            .replace(&path, "FROM a\n", "FROM b\n")
            .expect("replaced");
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, [".dfopt-new.tmp", ".dfopt-old.txt", "Dockerfile"]);
    }
}

//! Replacing a file so that at every moment it is either the old one or the new one.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use dfopt::report::FileReport;
use tempfile::{Builder, NamedTempFile};

/// Writes all that `report` has for the file at `path`.
///
/// What goes into other files is written first: alone it does no harm, and the rewrite needs it.
pub(crate) fn result(path: &Path, report: &FileReport) -> Result<()> {
    for companion in &report.companions {
        let after = companion.after();
        let written = match &companion.before {
            Some(before) => replace(&companion.path, before, &after),
            None => create(&companion.path, &after),
        };
        written.with_context(|| companion.diff_path.clone())?;
    }
    if report.outcome.text == report.source {
        return Ok(());
    }
    replace(path, &report.source, &report.outcome.text)
}

/// Puts `new` in the place of the file at `path`, which held `old` when it was read.
///
/// A link is followed, mode and owner are kept. Nothing is written when the file is read-only or
/// has changed since it was read.
fn replace(path: &Path, old: &str, new: &str) -> Result<()> {
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
    let file = prepare(
        &path,
        new,
        Builder::new().permissions(metadata.permissions()),
    )?;
    keep_owner(file.as_file(), &metadata).context("its owner cannot be kept; left as it is")?;
    let now = fs::read(&path).context("cannot be read any more")?;
    ensure!(
        now == old.as_bytes(),
        "has changed since it was read; left as it is"
    );
    file.persist(&path)
        .map_err(|error| error.error)
        .context("cannot be replaced")?;
    sync_folder(&path);
    Ok(())
}

/// Makes a new file at `path`.
fn create(path: &Path, text: &str) -> Result<()> {
    let file = prepare(path, text, &mut new_file())?;
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
fn prepare(path: &Path, text: &str, builder: &mut Builder<'_, '_>) -> Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = builder
        .prefix(".dfopt-")
        .tempfile_in(folder)
        .context("no temporary file can be made beside it")?;
    write_through(file.as_file_mut(), text).context("its new text cannot be written")?;
    Ok(file)
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
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
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
        let error = replace(&path, "FROM a\n", "FROM c\n").expect_err("it changed");
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
        create(&path, "node_modules\n").expect_err("it exists");
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
        replace(&path, "FROM a\n", "FROM b\n").expect("replaced");
        assert_eq!(
            fs::metadata(&path).expect("metadata").permissions().mode() & 0o777,
            0o666
        );
    }
}

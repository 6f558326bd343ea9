//! A copy of the build context, in which files may be changed: the user's own are never touched.

use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::{Files, interrupt};
use crate::context::{BuildContext, in_folder, matches_name};
use crate::knowledge::Knowledge;

/// What is built: the same context, with one text of the Dockerfile or the other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Variant {
    /// The Dockerfile.
    pub dockerfile: String,
    /// Other files with what rewrites have added to them, by their paths in the context: `.dockerignore`.
    pub others: Files,
}

/// The copy.
pub struct Workspace {
    folder: TempDir,
    /// Where the Dockerfile stands, in the folder.
    dockerfile: PathBuf,
    /// The other files of the variant that was put here last, with what was there before.
    replaced: Vec<(PathBuf, Option<Vec<u8>>)>,
}

/// The names of files that configure a tool in its own language.
const CONFIGURATION: &str = "*.config.*";

/// The name of the copy of the context in the folder.
const CONTEXT: &str = "context";

/// Of more files than this, none is chosen as the one that changes.
const MOST_FILES: usize = 20_000;

/// Folders whose files are not what people change when they work on a program.
const NOT_SOURCE: [&str; 6] = [
    "node_modules",
    "vendor",
    "test",
    "tests",
    "docs",
    "examples",
];

impl Workspace {
    /// Copies what `context` has and its ignore file does not hide.
    ///
    /// # Errors
    /// When a file cannot be read or the copy cannot be written; `ErrorKind::Interrupted` after an interrupt.
    pub fn new(context: &BuildContext, dockerfile: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("dfopt-prove-").tempdir()?;
        let copy = folder.path().join(CONTEXT);
        fs::create_dir(&copy)?;
        copy_folder(context, "", &copy)?;
        let inside = fs::canonicalize(dockerfile)?;
        let inside = inside
            .strip_prefix(fs::canonicalize(context.root())?)
            .ok()
            .map(Path::to_owned);
        let name = dockerfile.file_name().unwrap_or_default();
        let place = match inside {
            Some(path) => Path::new(CONTEXT).join(path),
            None => PathBuf::from(name),
        };
        let workspace = Self {
            folder,
            dockerfile: place,
            replaced: Vec::new(),
        };
        let ignore = context.ignore_file();
        let source = context.root().join(ignore);
        if source.is_file() {
            let own = ignore != ".dockerignore";
            let target = if own {
                own_ignore_file(&workspace.dockerfile())
            } else {
                copy.join(ignore)
            };
            make_folder_of(&target)?;
            fs::copy(source, target)?;
        }
        Ok(workspace)
    }

    /// The folder of the context.
    #[must_use]
    pub fn context(&self) -> PathBuf {
        self.folder.path().join(CONTEXT)
    }

    /// Where the Dockerfile is.
    #[must_use]
    pub fn dockerfile(&self) -> PathBuf {
        self.folder.path().join(&self.dockerfile)
    }

    /// Puts the files of `variant` in the places of those that were put there before.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn put(&mut self, variant: &Variant) -> io::Result<()> {
        for (path, before) in self.replaced.drain(..) {
            match before {
                Some(bytes) => fs::write(path, bytes)?,
                None => fs::remove_file(path)?,
            }
        }
        for (path, text) in &variant.others {
            let is_own = path.file_name() == own_ignore_file(&self.dockerfile).file_name();
            let target = if is_own {
                own_ignore_file(&self.dockerfile())
            } else {
                self.context().join(path)
            };
            make_folder_of(&target)?;
            let before = match fs::read(&target) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                read => Some(read?),
            };
            fs::write(&target, text)?;
            self.replaced.push((target, before));
        }
        make_folder_of(&self.dockerfile())?;
        fs::write(self.dockerfile(), &variant.dockerfile)
    }

    /// A path beside the context for a file that builds do not see.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the file at `path` in the copy: blank lines and spaces at its end that no build has seen. Answers with
    /// what undoes it.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be written.
    pub fn change(&self, path: &str) -> io::Result<Changed> {
        let path = self.context().join(path);
        let before = fs::read(&path)?;
        let mut file = fs::OpenOptions::new().append(true).open(&path)?;
        file.write_all(unseen_blanks().as_bytes())?;
        Ok(Changed { path, before })
    }
}

/// A file that has been changed, and becomes what it was when this is dropped.
pub struct Changed {
    path: PathBuf,
    before: Vec<u8>,
}

impl Drop for Changed {
    fn drop(&mut self) {
        // It is a copy, and the next build of it notices when it stays changed.
        let _ = fs::write(&self.path, &self.before);
    }
}

/// The time of day in blanks: a space is a one.
fn unseen_blanks() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let bits = now.as_millis() as u32;
    let blanks = (0..32).map(|at| if bits >> at & 1 == 1 { ' ' } else { '\n' });
    std::iter::once('\n').chain(blanks).chain(['\n']).collect()
}

/// `Dockerfile.dockerignore`, which stands in for `.dockerignore` beside `Dockerfile`.
fn own_ignore_file(dockerfile: &Path) -> PathBuf {
    let mut name = dockerfile.as_os_str().to_owned();
    name.push(".dockerignore");
    name.into()
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn copy_folder(context: &BuildContext, folder: &str, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(context.root().join(folder))? {
        if interrupt::has_come() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let entry = entry?;
        let path = in_folder(folder, &entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            // A folder with something below it that is not hidden is shown.
            if context.kind(&path).is_some() {
                fs::create_dir(&target)?;
                copy_folder(context, &path, &target)?;
                fs::set_permissions(&target, entry.metadata()?.permissions())?;
            }
        } else if context.is_ignored(&path) {
        } else if kind.is_symlink() {
            copy_link(&entry.path(), &target)?;
        } else if kind.is_file() {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Copies a file with its mode and its time, by which builds tell what is new.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", from.display())))?;
    let modified = fs::metadata(from)?.modified()?;
    match File::options().append(true).open(to) {
        Ok(file) => file.set_times(FileTimes::new().set_modified(modified)),
        // A file that nobody may write is as good with another time.
        Err(_) => Ok(()),
    }
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

/// The file of the context that stands for a source that somebody works on: written in a language that
/// the tables know if there is one, near the root, and neither a manifest nor a test.
#[must_use]
pub fn source_to_change(context: &BuildContext, knowledge: &Knowledge) -> Option<String> {
    let files = context.files_below("", MOST_FILES)?;
    let tools = &knowledge.tools;
    let is_unread = |name: &str| {
        let mut patterns = tools.never_read().iter();
        patterns.any(|pattern| matches_name(pattern, name))
    };
    let may_change = |path: &&String| {
        let mut parts = path.rsplit('/');
        let name = parts.next().unwrap_or_default();
        let hidden = name.starts_with('.')
            || parts.any(|part| part.starts_with('.') || NOT_SOURCE.contains(&part));
        !hidden
            && !matches_name(CONFIGURATION, name)
            && !is_unread(name)
            && !tools.knows_manifest(name)
    };
    let ends: Vec<&String> = tools
        .languages()
        .iter()
        .flat_map(|language| &language.sources)
        .collect();
    let rank = |path: &String| {
        let is_source = ends.iter().any(|end| path.ends_with(end.as_str()));
        (!is_source, path.matches('/').count(), path.clone())
    };
    let is_text = |path: &&String| {
        let bytes = fs::read(context.root().join(path)).unwrap_or_default();
        !bytes.contains(&0) && String::from_utf8(bytes).is_ok()
    };
    let mut files: Vec<&String> = files.iter().filter(may_change).collect();
    files.sort_by_key(|path| rank(path));
    files.into_iter().find(is_text).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_leaves_nothing_for_the_next() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let dockerfile = folder.path().join("Dockerfile");
        fs::write(&dockerfile, "FROM scratch\n")?;
        fs::write(folder.path().join("old"), "1")?;
        let context = BuildContext::open(folder.path(), Some(&dockerfile))?;
        let mut workspace = Workspace::new(&context, &dockerfile)?;
        let others = [(".dockerignore", "old\n"), ("old", "2")];
        let changed = Variant {
            dockerfile: "FROM busybox\n".to_owned(),
            others: others
                .map(|(path, text)| (path.into(), text.to_owned()))
                .into(),
        };
        workspace.put(&changed)?;
        let read = |name: &str| fs::read_to_string(workspace.context().join(name));
        assert_eq!(
            (read("old")?, read(".dockerignore")?),
            ("2".to_owned(), "old\n".to_owned())
        );
        let original = Variant {
            dockerfile: "FROM scratch\n".to_owned(),
            ..Variant::default()
        };
        workspace.put(&original)?;
        let read = |name: &str| fs::read_to_string(workspace.context().join(name));
        assert_eq!(
            (read("old")?, read("Dockerfile")?),
            ("1".to_owned(), "FROM scratch\n".to_owned())
        );
        assert!(read(".dockerignore").is_err());
        Ok(())
    }
}

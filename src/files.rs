//! Reading files, and naming them.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf, absolute};
use std::sync::LazyLock;

use dfopt::report::{Position, Problem};

use crate::discover::Source;

/// The name under which a text from standard input is reported.
const STDIN_NAME: &str = "<stdin>";

/// The name of a text from standard input in a diff, so that the diff can be applied.
const STDIN_DIFF_NAME: &str = "Dockerfile";

impl Source {
    /// The file, unless it is standard input.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdin => None,
            Self::File(path) => Some(path),
        }
    }

    /// The folder that it is in; the current one for standard input.
    pub(crate) fn folder(&self) -> io::Result<PathBuf> {
        let folder = self.path().and_then(Path::parent).unwrap_or(Path::new(""));
        absolute(Path::new(".").join(folder))
    }

    /// As it is named in reports.
    pub(crate) fn name(&self) -> String {
        self.path()
            .map_or_else(|| STDIN_NAME.to_owned(), |path| path.display().to_string())
    }

    /// As it is named in diffs.
    pub(crate) fn diff_name(&self) -> String {
        self.path()
            .map_or_else(|| STDIN_DIFF_NAME.to_owned(), diff_name)
    }

    /// Its text. What is no UTF-8 is a problem: a Dockerfile must be.
    pub(crate) fn read(&self) -> Result<String, Problem> {
        let bytes = match self {
            Self::Stdin => {
                let mut bytes = Vec::new();
                io::stdin().read_to_end(&mut bytes).map(|_| bytes)
            }
            Self::File(path) => fs::read(path),
        };
        let bytes = bytes.map_err(|error| Problem::new(format!("cannot be read: {error}")))?;
        String::from_utf8(bytes)
            .map_err(|error| not_utf8(error.as_bytes(), error.utf8_error().valid_up_to()))
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> Problem {
    let valid = String::from_utf8_lossy(&bytes[..at]);
    let Position { line, column } = Position::of(&valid, valid.len());
    Problem::new(format!(
        "is not UTF-8: byte 0x{:02X} at line {line}, column {column}",
        bytes[at]
    ))
    .advise("save the file as UTF-8; dfopt leaves it as it is")
}

/// `path` as a diff names it: from the current folder, links followed, with `/` between its parts.
pub(crate) fn diff_name(path: &Path) -> String {
    static HERE: LazyLock<Option<PathBuf>> = LazyLock::new(|| resolve(Path::new(".")));
    let (Some(target), Some(here)) = (resolve(path), &*HERE) else {
        return path.display().to_string();
    };
    let relative = relative(&target, here);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// The path that a program has written as bytes.
#[cfg(unix)]
pub(crate) fn path_of(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(name).into()
}

#[cfg(not(unix))]
pub(crate) fn path_of(name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).into_owned().into()
}

/// `path` with its links followed, as far as it exists.
fn resolve(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).or_else(|_| absolute(path)).ok()
}

/// `path` in messages: below the current folder without its name.
pub(crate) fn shown(path: &Path) -> String {
    let here = absolute(".").unwrap_or_default();
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// `path` as it is seen from the folder `from`. Both are absolute.
fn relative(path: &Path, from: &Path) -> PathBuf {
    let shared = path
        .components()
        .zip(from.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths_from_a_folder() {
        let seen = |path: &str, from: &str| relative(Path::new(path), Path::new(from));
        assert_eq!(seen("/a/b/c", "/a/b"), Path::new("c"));
        assert_eq!(seen("/a/x/c", "/a/b"), Path::new("../x/c"));
    }

    #[test]
    fn says_where_a_byte_is_no_utf8() {
        let problem = not_utf8(b"FROM a\n# \xE9t\xE9\n", 9);
        assert_eq!(
            problem.message,
            "is not UTF-8: byte 0xE9 at line 2, column 3"
        );
    }
}

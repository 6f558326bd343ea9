//! The files beside Dockerfiles that rewrites add lines to. Several Dockerfiles may share one.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use dfopt::report::Companion;
use dfopt::transform::Addition;

use crate::files;
use crate::write::Writer;

/// What this run knows of such files.
///
/// Lines are planned against the text that a file had at first, so that what is said of one Dockerfile does not depend
/// on which others have been written already. They are written to the text that it has then.
#[derive(Default)]
pub(crate) struct Companions(Mutex<HashMap<PathBuf, Texts>>);

/// A text; `None` when there is no such file.
type Text = Option<String>;

struct Texts {
    at_first: Text,
    now: Text,
}

impl Companions {
    /// What `addition` comes to in the build context `root`; `None` when the lines are there already.
    pub(crate) fn plan(&self, root: &Path, addition: Addition) -> Result<Option<Companion>> {
        let path = root.join(&addition.path);
        let before = self.text_at_first(&path)?;
        let lines = missing(addition.lines, before.as_deref());
        let diff_path = files::diff_name(&path);
        Ok((!lines.is_empty()).then_some(Companion {
            path,
            diff_path,
            before,
            lines,
        }))
    }

    /// Adds the lines of `companion` that this run has not added yet.
    pub(crate) fn write(&self, companion: &Companion, writer: &Writer) -> Result<()> {
        let mut files = self.lock();
        let texts = files
            .entry(companion.path.clone())
            .or_insert_with(|| Texts::new(companion.before.clone()));
        let lines = missing(companion.lines.clone(), texts.now.as_deref());
        if lines.is_empty() {
            return Ok(());
        }
        let current = Companion {
            before: texts.now.clone(),
            lines,
            ..companion.clone()
        };
        let after = current.after();
        match &texts.now {
            Some(now) => writer.replace(&companion.path, now, &after)?,
            None => writer.create(&companion.path, &after)?,
        }
        texts.now = Some(after);
        Ok(())
    }

    fn text_at_first(&self, path: &Path) -> Result<Text> {
        let mut files = self.lock();
        if let Some(texts) = files.get(path) {
            return Ok(texts.at_first.clone());
        }
        let text = read(path).with_context(|| format!("{} cannot be read", files::shown(path)))?;
        files.insert(path.to_owned(), Texts::new(text.clone()));
        Ok(text)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Texts>> {
        // An entry is put there whole, so it is good even if another thread has failed meanwhile.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Texts {
    fn new(text: Text) -> Self {
        Self {
            at_first: text.clone(),
            now: text,
        }
    }
}

fn read(path: &Path) -> io::Result<Text> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Those of `lines` that `text` does not have.
fn missing(mut lines: Vec<String>, text: Option<&str>) -> Vec<String> {
    let present = |line: &str| text.is_some_and(|text| text.lines().any(|known| known == line));
    lines.retain(|line| !present(line));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addition(lines: &[&str]) -> Addition {
        Addition {
            path: ".dockerignore".to_owned(),
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
        }
    }

    #[test]
    fn two_dockerfiles_add_to_one_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(".dockerignore");
        fs::write(&path, ".git\n").expect("written");
        let companions = Companions::default();
        let plan = |lines: &[&str]| {
            let planned = companions.plan(folder.path(), addition(lines));
            planned.expect("it can be read").expect("lines are missing")
        };
        let first = plan(&["node_modules", ".git"]);
        assert_eq!(first.lines, ["node_modules"]);
        companions
            .write(&first, &Writer::default())
            .expect("written");
        let second = plan(&["node_modules", "dist"]);
        assert_eq!(
            second.lines,
            ["node_modules", "dist"],
            "planned as if alone"
        );
        companions
            .write(&second, &Writer::default())
            .expect("written");
        let text = fs::read_to_string(&path).expect("read");
        assert_eq!(text, ".git\nnode_modules\ndist\n");
    }

    #[test]
    fn a_file_that_someone_else_changed_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(".dockerignore");
        fs::write(&path, ".git\n").expect("written");
        let companions = Companions::default();
        let planned = companions.plan(folder.path(), addition(&["dist"]));
        let companion = planned.expect("it can be read").expect("a line is missing");
        fs::write(&path, "secret\n").expect("written");
        let error = companions.write(&companion, &Writer::default());
        error.expect_err("it has changed");
        assert_eq!(fs::read_to_string(&path).expect("read"), "secret\n");
    }
}

//! The files of a folder that tell of builds.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use super::commands::Commands;
use super::setting::Location;
use super::settings::{self, Setting};
use super::started::Started;
use super::{Use, bake, compose};
use crate::context::matches_name;
use crate::knowledge::{packed, unpack};

/// Files beyond this many bytes are not written by people.
const LARGEST: u64 = 1024 * 1024;

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "file")]
    files: Vec<File>,
    pub(super) commands: Commands,
    pub(super) started: Started,
}

/// Files that tell of builds in the same way.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    folder: String,
    names: Vec<String>,
    #[serde(default)]
    from_file: bool,
    #[serde(default)]
    commands: bool,
    #[serde(default)]
    apart: bool,
    #[serde(default)]
    markdown: bool,
    #[serde(default, rename = "setting")]
    settings: Vec<Setting>,
}

impl Table {
    /// The built-in table: a test reads it.
    pub(super) fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Table> = OnceLock::new();
        BUILTIN.get_or_init(|| unpack(packed!(files)))
    }
}

/// What the files in `folder`, and those in its folders for CI and scripts, build.
pub(super) fn uses(folder: &Path) -> Vec<Use> {
    let names = names(folder);
    let services = compose::uses(folder, &names);
    let mut uses = services.clone();
    uses.extend(bake::uses(folder, &names));
    let table = Table::builtin();
    for file in &table.files {
        let (first, _) = file.folder.split_once('/').unwrap_or((&file.folder, ""));
        if first.is_empty() {
            uses.extend(file.uses(table, folder, folder, &names, &services));
        } else if names.iter().any(|name| name == first) {
            let inner = folder.join(&file.folder);
            let names = self::names(&inner);
            uses.extend(file.uses(table, folder, &inner, &names, &services));
        }
    }
    uses
}

impl File {
    /// The builds that the files among the `names` in `own` tell of, with paths from `folder`, and the containers that
    /// they start of these images or of `services`.
    fn uses(
        &self,
        table: &Table,
        folder: &Path,
        own: &Path,
        names: &[String],
        services: &[Use],
    ) -> Vec<Use> {
        let is_one = |name: &&String| self.names.iter().any(|known| matches_name(known, name));
        let mut uses = Vec::new();
        for path in names.iter().filter(is_one).map(|name| own.join(name)) {
            let Some(mut text) = read(&path) else {
                continue;
            };
            if self.markdown {
                // Backquotes stand around commands there, not in them.
                text = text.replace('`', " ; ");
            }
            let from = if self.from_file { own } else { folder };
            let base = Location::of(from);
            let mut found = settings::uses(&self.settings, &base, &path, &text);
            if self.commands {
                let built = table.commands.builds(&base, &text, self.apart);
                let started = &table.started;
                found.extend(started.uses(from, &text, &built, services));
                found.extend(built.into_iter().map(|built| built.used));
            }
            uses.extend(found.into_iter().map(|found| Use {
                file: path.clone(),
                ..found
            }));
        }
        uses
    }
}

/// The text of the file at `path`; `None` when it is not one that people wrote.
pub(super) fn read(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let is_text = metadata.is_file() && metadata.len() <= LARGEST;
    is_text.then(|| fs::read_to_string(path).ok()).flatten()
}

/// The names in `folder`, sorted; none when it cannot be read.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    names
}

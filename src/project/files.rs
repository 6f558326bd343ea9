//! The files of a folder that tell of builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::children::Children;
use super::commands::Commands;
use super::compose::Service;
use super::images::{self, Built, Known};
use super::setting::Location;
use super::settings::{self, Setting};
use super::started::Started;
use super::workplaces::Workplace;
use super::{Container, Use, bake, compose, pods};
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
    children: Children,
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
    #[serde(default)]
    pods: bool,
    #[serde(default, rename = "workplace")]
    workplaces: Vec<Workplace>,
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

/// What a file says.
struct Told {
    path: PathBuf,
    text: String,
    /// The folder that paths in it start from.
    from: PathBuf,
    /// Whether it holds command lines.
    commands: bool,
    built: Vec<Built>,
    /// The services of Compose files in which people work.
    services: Vec<String>,
    /// The containers that it starts, by their images.
    pods: Vec<(String, Use)>,
}

/// What the files in `folder`, and those in its folders for CI and scripts, build, and the containers that they start of it.
pub(super) fn uses(folder: &Path) -> Vec<Use> {
    let names = names(folder);
    let table = Table::builtin();
    let (built, started) = of_services(compose::services(folder, &names));
    let told: Vec<Told> = table
        .files
        .iter()
        .flat_map(|file| file.told(table, folder, &names))
        .collect();
    let all = || built.iter().chain(told.iter().flat_map(|told| &told.built));
    let pods = told.iter().flat_map(|told| &told.pods);
    let by_image = started.iter().chain(pods).filter_map(|(image, used)| {
        let all: Vec<&Built> = all().collect();
        match images::of(&all, image) {
            Some(build) => Some(used.of_build(&build.used)),
            None => used.has_mounts().then(|| used.clone().of_unknown_image()),
        }
    });
    let mut uses: Vec<Use> = built.iter().map(|built| built.used.clone()).collect();
    uses.extend(by_image);
    let mut known = Known {
        built: all().collect(),
        services: uses.clone(),
        ..Known::default()
    };
    let baked = bake::uses(folder, &names);
    uses.extend(table.children.uses(folder, &names, &known.built, &baked));
    uses.extend(baked);
    known.containers = told
        .iter()
        .flat_map(|told| told.started(table, &known))
        .collect();
    let others: Vec<Use> = told
        .iter()
        .flat_map(|told| told.uses(table, &known))
        .collect();
    uses.extend(others);
    uses.append(&mut known.containers);
    uses
}

/// The services that build a Dockerfile, and those that start an image by its name.
fn of_services(services: Vec<Service>) -> (Vec<Built>, Vec<(String, Use)>) {
    let (mut built, mut started) = (Vec::new(), Vec::new());
    for service in services {
        if service.is_built {
            built.push(Built {
                used: service.used,
                tags: service.image.into_iter().collect(),
            });
        } else {
            started.extend(service.image.map(|image| (image, service.used)));
        }
    }
    (built, started)
}

impl File {
    /// What these files say that are in `folder`, in which the `names` are.
    fn told(&self, table: &Table, folder: &Path, names: &[String]) -> Vec<Told> {
        let (first, _) = self.folder.split_once('/').unwrap_or((&self.folder, ""));
        if first.is_empty() {
            return self.told_in(table, folder, folder, names);
        }
        if !names.iter().any(|name| name == first) {
            return Vec::new();
        }
        let inner = folder.join(&self.folder);
        let names = self::names(&inner);
        self.told_in(table, folder, &inner, &names)
    }

    /// The same for those among the `names` in `own`, with paths from `folder`.
    fn told_in(&self, table: &Table, folder: &Path, own: &Path, names: &[String]) -> Vec<Told> {
        let is_one = |name: &&String| self.names.iter().any(|known| matches_name(known, name));
        let paths = names.iter().filter(is_one).map(|name| own.join(name));
        let told = paths.filter_map(|path| {
            let mut text = read(&path)?;
            if self.markdown {
                text = without_backquotes(&text);
            }
            let from = if self.from_file { own } else { folder };
            let base = Location::of(from);
            let mut built = settings::builds(&self.settings, &base, &path, &text);
            if self.commands {
                text = table.commands.spelled_out(&text).into_owned();
                built.extend(table.commands.builds(&base, &text, self.apart));
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let workplaces = self.workplaces.iter();
            built.extend(workplaces.flat_map(|one| one.uses(&base, &name, &text)));
            for built in &mut built {
                built.used.file.clone_from(&path);
            }
            let pods = if self.pods {
                pods::containers(&path, &text)
            } else {
                Vec::new()
            };
            Some(Told {
                services: settings::services(&self.settings, &path, &text),
                path,
                text,
                from: from.to_owned(),
                commands: self.commands,
                built,
                pods,
            })
        });
        told.collect()
    }
}

impl Told {
    /// The containers that it starts of images that are known.
    fn started(&self, table: &Table, known: &Known<'_>) -> Vec<Use> {
        let started = &table.started;
        self.here(started.of_images(&self.from, self.commands(), known))
    }

    /// What it builds, and runs in services and containers.
    fn uses(&self, table: &Table, known: &Known<'_>) -> Vec<Use> {
        let mut uses: Vec<Use> = self.built.iter().map(|built| built.used.clone()).collect();
        let started = &table.started;
        let found = started.in_containers(&self.from, self.commands(), &self.built, known);
        let is_worked_in = |used: &&Use| self.services.contains(&used.name);
        let worked_in = known.services.iter().filter(is_worked_in);
        let worked_in = worked_in.map(|used| Use {
            container: Some(Container::with_prompt()),
            ..used.clone()
        });
        uses.extend(self.here(found.into_iter().chain(worked_in).collect()));
        uses
    }

    /// The command lines in it, among other text.
    fn commands(&self) -> &str {
        if self.commands { &self.text } else { "" }
    }

    fn here(&self, uses: Vec<Use>) -> Vec<Use> {
        let here = |used| Use {
            file: self.path.clone(),
            ..used
        };
        uses.into_iter().map(here).collect()
    }
}

/// `text` as one of people for people, in which backquotes stand around commands, and in them around the folder of the caller
/// alone.
pub(super) fn without_backquotes(text: &str) -> String {
    text.replace("`pwd`", "$(pwd)").replace('`', " ; ")
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

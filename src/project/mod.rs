//! How other files of the project use a Dockerfile: Compose and bake files beside it and above it.
//!
//! They say from which folder it is built, which of its stages is meant, and what a container of it is
//! given. A file that cannot be read says nothing.

mod bake;
mod compose;
mod hcl;
mod paths;
mod words;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::context::ByPath;

/// The Compose files, each with those that are laid over it: the first that exists counts.
const COMPOSE: [(&str, &[&str]); 4] = [
    ("compose.yaml", &COMPOSE_OVER),
    ("compose.yml", &COMPOSE_OVER),
    ("docker-compose.yml", &DOCKER_COMPOSE_OVER),
    ("docker-compose.yaml", &DOCKER_COMPOSE_OVER),
];
const COMPOSE_OVER: [&str; 2] = ["compose.override.yml", "compose.override.yaml"];
const DOCKER_COMPOSE_OVER: [&str; 2] = [
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

const BAKE: [&str; 2] = ["docker-bake.hcl", "docker-bake.json"];

/// How many folders above that of the Dockerfile are looked into.
const MOST_LEVELS: usize = 3;

/// One service or target that builds a Dockerfile.
#[derive(Clone, Debug)]
pub struct Use {
    /// The file that says so.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The name of the service or target.
    pub name: String,
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// The folder that it is built from.
    pub context: PathBuf,
    /// The stage that is built; the last one when none is named.
    pub target: Option<String>,
    /// How a container of the image is started, where the file says.
    pub container: Option<Container>,
}

/// What a container is given when it starts.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// The user, as written.
    pub user: Option<String>,
    /// Whether it may do everything on the host.
    pub privileged: bool,
    /// Whether it shares the network of the host.
    pub host_network: bool,
    /// Whether it gets rights that root in a container does not have.
    pub capabilities: bool,
    /// Whether it gets devices of the host.
    pub devices: bool,
    /// Folders that are mounted.
    pub mounts: Vec<Mount>,
    /// What replaces `ENTRYPOINT`, and `CMD` with it.
    pub entrypoint: Option<Vec<String>>,
    /// What replaces `CMD`.
    pub command: Option<Vec<String>>,
}

/// A mounted folder or file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// The path on the host; `None` for a volume.
    pub host: Option<PathBuf>,
    /// The path in the container.
    pub target: String,
    /// Whether it is a single file of the host.
    pub is_file: bool,
    /// Whether nothing can be written there.
    pub read_only: bool,
}

impl Container {
    /// What is started instead of what the image says, if `entrypoint` is that of the image; `None` when it is
    /// the same.
    #[must_use]
    pub fn command_line(&self, entrypoint: Option<Vec<String>>) -> Option<Vec<String>> {
        let first = match (&self.entrypoint, &self.command) {
            (None, None) => return None,
            (Some(own), _) => Some(own.clone()),
            (None, Some(_)) => entrypoint,
        };
        let rest = self.command.iter().flatten().cloned();
        let words: Vec<String> = first.into_iter().flatten().chain(rest).collect();
        (!words.is_empty()).then_some(words)
    }
}

impl Use {
    /// The file as it is seen from the folder `root`: `../compose.yaml`.
    #[must_use]
    pub fn shown_from(&self, root: &Path) -> String {
        let mut up = String::new();
        for folder in root.ancestors() {
            if let Ok(below) = self.file.strip_prefix(folder) {
                return format!("{up}{}", below.display());
            }
            up.push_str("../");
        }
        self.file.display().to_string()
    }
}

/// The Compose and bake files of folders, each read once.
#[derive(Debug, Default)]
pub struct Projects(ByPath<Arc<Level>>);

/// What is known of a folder.
#[derive(Debug)]
struct Level {
    /// What its Compose and bake files say.
    uses: Vec<Use>,
    /// Whether it is that of the whole project.
    is_top: bool,
}

impl Projects {
    /// The uses of the Dockerfile at the absolute path `dockerfile` that files beside it, above it, in the build
    /// context `root` or above that tell of, in a fixed order.
    #[must_use]
    pub fn uses_of(&self, dockerfile: &Path, root: Option<&Path>) -> Vec<Use> {
        let dockerfile = paths::tidy(dockerfile);
        let mut folders = self.above(dockerfile.parent());
        folders.extend(root.into_iter().flat_map(|root| root.ancestors().take(2)));
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut uses = Vec::new();
        for folder in folders.into_iter().map(paths::tidy) {
            if !seen.contains(&folder) {
                let level = self.level(&folder);
                let own = level.uses.iter();
                uses.extend(own.filter(|found| found.dockerfile == dockerfile).cloned());
                seen.push(folder);
            }
        }
        uses
    }

    /// `folder` and those above it, up to that of the whole project.
    fn above<'p>(&self, folder: Option<&'p Path>) -> Vec<&'p Path> {
        let mut folders = Vec::new();
        for folder in folder
            .into_iter()
            .flat_map(Path::ancestors)
            .take(1 + MOST_LEVELS)
        {
            folders.push(folder);
            if self.level(folder).is_top {
                break;
            }
        }
        folders
    }

    fn level(&self, folder: &Path) -> Arc<Level> {
        self.0.get(folder, || {
            Arc::new(Level {
                uses: uses_in(folder),
                is_top: folder.join(".git").exists(),
            })
        })
    }
}

fn uses_in(folder: &Path) -> Vec<Use> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let mut uses = Vec::new();
    for (name, overs) in COMPOSE {
        if let Some(text) = read(name) {
            let over = overs.iter().find_map(|over| read(over));
            uses.extend(compose::uses(folder, name, &text, over.as_deref()));
        }
    }
    for name in BAKE {
        if let Some(text) = read(name) {
            uses.extend(bake::uses(folder, name, &text));
        }
    }
    uses
}

/// The line on which `name` is declared: `name:`, `"name": {` or `target "name" {`.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let declares = |line: &str| {
        let line = line.trim().trim_start_matches("target ");
        let rest = line.trim_start_matches('"').strip_prefix(name);
        rest.is_some_and(|rest| {
            rest.trim_start_matches('"')
                .trim_start()
                .starts_with([':', '{'])
        })
    };
    text.lines().position(declares).map(|at| at + 1)
}

//! How other files of the project use a Dockerfile: Compose and bake files, CI, scripts and settings beside it and
//! above it.
//!
//! They say from which folder it is built, which of its stages is meant, and what a container of it is
//! given. A file that cannot be read says nothing; a use that variables decide about is never dropped: it may be one of
//! any file, or of any stage, that fits.

mod bake;
mod children;
mod commands;
mod comments;
mod compose;
mod container;
mod dockerfiles;
mod files;
mod images;
mod paths;
mod pods;
mod setting;
mod settings;
mod spelled;
mod started;
mod words;
mod workplaces;
mod yaml;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use children::Child;
pub use comments::started_by_comments;
pub use container::{Container, Mount, Runs, Sharer};

use crate::context::ByPath;
use setting::Location;

/// How many folders above that of the Dockerfile are looked into.
const MOST_LEVELS: usize = 3;

/// One service, target or command that builds a Dockerfile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Use {
    /// The file that says so; empty where that is the Dockerfile itself.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The name of the service or target; what builds it where there is no name.
    pub name: String,
    /// The Dockerfile.
    dockerfile: Location,
    /// The folder that it is built from, where that is known.
    pub context: Option<PathBuf>,
    /// The stage that is built; the last one when none is named.
    pub target: Option<Target>,
    /// The arguments of the build that are given values, when nobody sets a variable.
    pub arguments: Vec<(String, String)>,
    /// Names that mean something else than the stage or image of that name.
    pub named_contexts: Vec<String>,
    /// What these mean, where that is another image: `service:web`, `target:web`, `docker-image://web`.
    context_images: Vec<(String, String)>,
    /// How a container of the image is started, where the file says.
    pub container: Option<Container>,
    /// Whether a command line tells of it, of which `name` is the start.
    pub is_command: bool,
    /// What another Dockerfile, or a command that copies files, takes from the image.
    pub child: Option<Child>,
    /// Whether it is of the Dockerfile in question for sure; else variables decide which file is built.
    pub is_certain: bool,
    /// Whether it starts an image of which no file says how it is built: perhaps this one.
    pub is_guess: bool,
}

/// Which stage is built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The stage that is meant when nobody sets a variable; `None` is the last one.
    pub stage: Option<String>,
    /// Whether a variable decides, so that it may be any stage.
    pub is_open: bool,
}

impl Target {
    /// The target that a setting names.
    fn of_setting(setting: &str) -> Option<Self> {
        let (stage, is_open) = (setting::value(setting), setting::is_open(setting));
        // What stands around a variable that nobody sets names no stage.
        let stage = Some(stage).filter(|stage| !stage.is_empty());
        (is_open || stage.is_some()).then_some(Self { stage, is_open })
    }
}

impl Use {
    /// A use by `name` of the Dockerfile at `dockerfile`.
    fn new(name: &str, dockerfile: Location) -> Self {
        Self {
            file: PathBuf::new(),
            line: None,
            name: name.to_owned(),
            dockerfile,
            context: None,
            target: None,
            arguments: Vec::new(),
            named_contexts: Vec::new(),
            context_images: Vec::new(),
            container: None,
            is_command: false,
            child: None,
            is_certain: false,
            is_guess: false,
        }
    }

    /// One that starts an image of which no file says how it is built.
    fn of_unknown_image(self) -> Self {
        Self {
            is_guess: true,
            ..self
        }
    }

    /// The same for a container that the command line `name` starts.
    fn by_command(&self, name: String) -> Self {
        Self {
            name,
            is_command: true,
            ..self.clone()
        }
    }

    /// The same of what `build` builds.
    fn of_build(&self, build: &Self) -> Self {
        Self {
            file: self.file.clone(),
            line: self.line,
            name: self.name.clone(),
            container: self.container.clone(),
            ..build.clone()
        }
    }

    /// Whether something is mounted in its container.
    fn has_mounts(&self) -> bool {
        let container = self.container.as_ref();
        container.is_some_and(|container| !container.mounts.is_empty())
    }

    /// What it is, for messages: "the service web".
    #[must_use]
    pub fn described(&self) -> String {
        let is_action = self
            .container
            .as_ref()
            .is_some_and(|container| container.files_of_root);
        match &self.name {
            name if self.is_command => format!("`{name}`"),
            name if is_action => format!("the action {name}"),
            name => format!("the service {name}"),
        }
    }

    /// The stage that is named when nobody sets a variable.
    #[must_use]
    pub fn stage(&self) -> Option<&str> {
        self.target.as_ref()?.stage.as_deref()
    }

    /// Whether a variable decides which stage is built.
    #[must_use]
    pub fn may_be_any_stage(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.is_open)
    }

    /// The use as one of the Dockerfile that may be called as `paths` say; `None` when it is of another.
    fn of_one(&self, paths: &[PathBuf]) -> Option<Self> {
        paths.iter().find_map(|path| self.of(path))
    }

    /// The use as one of the Dockerfile at `path`; `None` when it is of another.
    fn of(&self, path: &Path) -> Option<Self> {
        let is_certain = self.dockerfile.path() == Some(path);
        (is_certain || self.dockerfile.may_be(path)).then(|| Self {
            is_certain,
            ..self.clone()
        })
    }

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

/// The files of folders that tell of uses, each read once.
#[derive(Debug, Default)]
pub struct Projects(ByPath<Arc<Level>>);

/// What is known of a folder.
#[derive(Debug)]
struct Level {
    /// What its files say.
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
        let called = as_called(&dockerfile);
        let mut folders = self.above(dockerfile.parent());
        folders.extend(root.into_iter().flat_map(|root| root.ancestors().take(2)));
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut uses = Vec::new();
        for folder in folders.into_iter().map(paths::tidy) {
            if !seen.contains(&folder) {
                let level = self.level(&folder);
                let own = level.uses.iter();
                uses.extend(own.filter_map(|found| found.of_one(&called)));
                seen.push(folder);
            }
        }
        uses
    }

    /// `folder` and those above it, up to that of the whole project. The root of the disk holds the system: it counts
    /// only for what lies in it.
    fn above<'p>(&self, folder: Option<&'p Path>) -> Vec<&'p Path> {
        let mut folders = Vec::new();
        let ancestors = folder.into_iter().flat_map(Path::ancestors);
        for above in ancestors.take(1 + MOST_LEVELS) {
            if above.parent().is_none() && folder != Some(above) {
                break;
            }
            folders.push(above);
            if self.level(above).is_top {
                break;
            }
        }
        folders
    }

    fn level(&self, folder: &Path) -> Arc<Level> {
        self.0.get(folder, || {
            Arc::new(Level {
                uses: files::uses(folder),
                is_top: folder.join(".git").exists(),
            })
        })
    }
}

/// The paths by which builders find `dockerfile`: where nobody names a file and there is no `Dockerfile`, they take
/// `dockerfile` (BuildKit's `dockerui`, moby/moby#10858).
fn as_called(dockerfile: &Path) -> Vec<PathBuf> {
    let mut paths = vec![dockerfile.to_owned()];
    if dockerfile.file_name() == Some(OsStr::new("dockerfile")) {
        let entries = dockerfile.parent().map(std::fs::read_dir);
        let mut entries = entries.into_iter().flatten().flatten().flatten();
        let is_there = entries.any(|entry| entry.file_name() == "Dockerfile");
        paths.extend((!is_there).then(|| dockerfile.with_file_name("Dockerfile")));
    }
    paths
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

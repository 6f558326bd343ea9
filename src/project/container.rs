//! What is known of the containers of an image.

use std::path::PathBuf;

/// What a container is given when it starts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Container {
    /// What it is called, if somebody says.
    pub name: Option<String>,
    /// The user, as written.
    pub user: Option<String>,
    /// Whether it may do everything on the host.
    pub privileged: bool,
    /// Whether it shares the network of the host.
    pub host_network: bool,
    /// Whether it sees the processes of the host.
    pub host_processes: bool,
    /// Whether it gets rights that root in a container does not have.
    pub capabilities: bool,
    /// Whether it gets devices of the host.
    pub devices: bool,
    /// Whether it is given files of root to work on.
    pub files_of_root: bool,
    /// Folders that are mounted.
    pub mounts: Vec<Mount>,
    /// Folders in memory that say neither whose they are nor who may write there: where the image has that folder, they
    /// have its mode and belong to root.
    pub memory: Vec<String>,
    /// Variables that it is given.
    pub environment: Vec<(String, String)>,
    /// The folder in which its program starts, in place of that of the image.
    pub workdir: Option<String>,
    /// What replaces `ENTRYPOINT`, and `CMD` with it.
    pub entrypoint: Option<Vec<String>>,
    /// What replaces `CMD`.
    pub command: Option<Vec<String>>,
    /// What runs beside that: a check of its health, in place of that of the image, and what is done behind its start and in
    /// front of its end.
    pub beside: Vec<Vec<String>>,
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
    /// The volume, if it has a name.
    pub volume: Option<String>,
    /// Other services that write into the same volume.
    pub shared: Vec<Sharer>,
}

/// A service that writes into a volume of another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sharer {
    /// Its name.
    pub service: String,
    /// What it runs.
    pub runs: Runs,
}

/// What a service runs, seen from another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Runs {
    /// A stage of the same Dockerfile; the last one when none is named.
    Stage(Option<String>),
    /// What another Dockerfile builds, on this image where that is known.
    Built(Option<String>),
    /// An image that no file builds.
    Image(String),
}

impl Container {
    /// One in which people work.
    pub(super) fn with_prompt() -> Self {
        Self {
            entrypoint: Some(vec!["/bin/sh".to_owned()]),
            ..Self::default()
        }
    }

    /// One that works on files which belong to root.
    pub(super) fn with_files_of_root() -> Self {
        Self {
            files_of_root: true,
            ..Self::default()
        }
    }

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

/// The command line with which `script` is run.
pub(super) fn for_shell(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
}

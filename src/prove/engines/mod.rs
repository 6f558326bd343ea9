//! The engines that build images and run containers: the user's own, driven by their command lines.
//!
//! Everything that is made here has a name with the session in it, and goes when its guard is dropped, also
//! after an interrupt. The build cache of the engine stays, as it does after any build.
//!
//! | module | |
//! |---|---|
//! | `driver` | what differs from engine to engine, and Docker's language, which others have taken over |
//! | `docker`, `podman`, `buildah` | the drivers |
//! | `log` | what builds print |
//! | `engine`, `image` | an engine that answers, and what it has made |

mod buildah;
mod docker;
mod driver;
mod engine;
mod image;
mod log;
mod podman;

use std::path::Path;
use std::time::Duration;

use super::configuration::Configuration;

pub use engine::Engine;
pub use image::Image;
pub use log::{Log, Step};

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The build context.
    pub context: &'a Path,
    /// The Dockerfile. An ignore file of its own stands beside it.
    pub dockerfile: &'a Path,
    /// The stage; the last one by default.
    pub target: Option<&'a str>,
    /// Further arguments, as the engine takes them.
    pub arguments: &'a [String],
    /// Whether to do without the cache.
    pub afresh: bool,
    /// The builder of buildx.
    pub builder: Option<&'a str>,
}

/// Why something could not be done.
#[derive(Debug)]
pub enum Error {
    /// The user has interrupted.
    Interrupted,
    /// The engine is not there, does not answer, or fails at something that is not a build.
    Engine(String),
    /// A build failed.
    Build {
        /// The base image that could not be had, in the words of the engine, if that was it.
        missing_base: Option<String>,
        /// The end of its log.
        log: String,
    },
}

/// What is asked of an engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `docker`, `podman` or `buildah`; the first that is there by default.
    pub name: Option<String>,
    /// The builder of buildx.
    pub builder: Option<String>,
    /// How long a build may be silent, and anything else may take.
    pub patience: Duration,
}

/// What an engine knows about an image.
#[derive(Clone, Debug, Default)]
pub struct Inspected {
    /// The configuration.
    pub configuration: Configuration,
    /// The size in bytes, if the engine tells.
    pub bytes: Option<u64>,
    /// The number of layers.
    pub layers: usize,
}

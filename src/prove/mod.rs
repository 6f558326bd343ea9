//! Proof by builds: the user's own engine builds the file before and after, and the images are compared.
//!
//! | module | |
//! |---|---|
//! | [`engines`] | docker, podman and buildah, driven by their command lines ([`process`], [`interrupt`]) |
//! | [`workspace`] | a copy of the build context in which files may change |
//! | [`tree`], [`elf`] | the files of an image, read from a stream |
//! | [`configuration`], [`files`], [`libraries`], [`programs`] | what is compared ([`examine`], [`side`]) |
//! | [`declared`], [`accounts`], [`base`] | what explains differences |
//! | [`smoke`] | commands that run in both images |
//! | [`start`] | both images, started as they are |
//! | [`trial`], [`journal`] | one build and its comparison; which rewrite is to blame when it fails |
//!
//! What comes out is a [`Proof`](crate::report::Proof), which `report` shows.

pub mod accounts;
pub mod base;
pub mod configuration;
pub mod declared;
pub mod elf;
pub mod engines;
pub mod examine;
pub mod files;
pub mod interrupt;
pub mod journal;
pub mod libraries;
pub mod process;
pub mod programs;
mod secrets;
pub mod side;
pub mod smoke;
pub mod start;
pub mod tree;
pub mod trial;
pub mod workspace;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::context::BuildContext;
use crate::engine::{Outcome, Unwanted};
use crate::knowledge::Knowledge;
use crate::transform::Addition;

pub use engines::{Engine, Error, Settings};
pub use journal::prove;
pub use side::Side;
pub use smoke::Smoke;

/// Paths in the build context, and texts.
pub type Files = Vec<(PathBuf, String)>;

/// What is to be proven.
pub struct Subject<'a> {
    /// The Dockerfile.
    pub dockerfile: &'a Path,
    /// Its text.
    pub text: &'a str,
    /// The build context.
    pub context: &'a BuildContext,
    /// The tables.
    pub knowledge: &'a Knowledge,
    /// Rewrites the text again, without some of the rewrites.
    pub optimize: &'a dyn Fn(&[Unwanted]) -> Outcome,
    /// The other files of the build context with these additions, by their paths there.
    pub others: &'a dyn Fn(&[Addition]) -> io::Result<Files>,
    /// How it is built and run.
    pub wishes: &'a Wishes,
}

/// What the user asks for beyond the proof itself.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The stage to build.
    pub target: Option<String>,
    /// Further arguments of the build.
    pub arguments: Vec<String>,
    /// The file whose change is measured, from the root of the build context; by default one is chosen.
    pub change: Option<String>,
    /// Commands that have to do the same before and after.
    pub smokes: Vec<Smoke>,
    /// How long each of them may take.
    pub smoke_limit: Duration,
    /// For how long both images are started as they are, if they are.
    pub start: Option<Duration>,
    /// Whether the image is measured after each rewrite, and not only after all of them.
    pub each: bool,
}

/// Is told what is going on.
pub trait Progress {
    /// Something begins that may take a while: `building it as it is, without a cache`.
    fn begin(&mut self, what: &str);

    /// A step of it: `[2/5] RUN make`.
    fn step(&mut self, name: &str);
}

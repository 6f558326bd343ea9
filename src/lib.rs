//! Rewrites a Dockerfile the way an expert would: dependencies before source, one clean package layer, a builder and
//! a runtime stage, a user that is not root. Every rewrite is proven, or says what it takes for granted; everything
//! else is refused, with the reason. Nothing is executed and no network is used.
//!
//! ```
//! use dfopt::{Options, Safety, optimize};
//!
//! let text = "\
//! FROM debian:12
//! RUN apt-get update
//! RUN apt-get install -y --no-install-recommends jq
//! CMD [\"jq\", \"--version\"]
//! ";
//! let outcome = optimize(text, &Options { safety: Safety::Assumed, ..Options::default() });
//!
//! // The file after all rewrites,
//! assert!(outcome.text.contains("RUN apt-get update \\\n    && apt-get install"));
//! // what was done, and how far it can be trusted,
//! let merged = &outcome.journal[0];
//! assert_eq!((merged.id, merged.rewrite.safety()), ("merge-apt", Safety::Safe));
//! // and what was left alone, and why.
//! for refused in &outcome.refusals {
//!     println!("{}/{}: {}", refused.id, refused.refusal.code, refused.refusal.message);
//! }
//! ```
//!
//! A rewrite can be proven further when the files that a `COPY` sees are at hand: hand over a [`BuildContext`].
//!
//! ```no_run
//! use std::path::Path;
//! use dfopt::{BuildContext, Options, optimize};
//!
//! # fn main() -> std::io::Result<()> {
//! let path = Path::new("app/Dockerfile");
//! let context = BuildContext::open(Path::new("app"), Some(path))?;
//! let text = std::fs::read_to_string(path)?;
//! let outcome = optimize(&text, &Options { context: Some(&context), ..Options::default() });
//! std::fs::write(path, &outcome.text)?;
//! // Some rewrites need lines in other files of the context as well, such as `.dockerignore`.
//! assert!(outcome.additions().is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! Those who only want to read Dockerfiles, without losing a byte and as `BuildKit` reads them, use [`syntax`].
//!
//! # How it works
//!
//! The pipeline, in the order in which a file passes through it:
//!
//! 1. [`syntax`] reads the text: tokens that tile it, instructions, shell scripts. It never fails.
//! 2. [`analysis`] computes facts once: stages, the state before each instruction, what each `RUN`
//!    reads and writes, looked up in the tables of [`knowledge`], in the build [`context`] and in
//!    the files of the [`project`] that use the image.
//! 3. [`transforms`] plan: each answers with rewrites and refusals ([`transform`]).
//! 4. [`engine`] applies one rewrite as text edits ([`edit`]), reads the result again, has it
//!    checked by [`verify`], and repeats until nothing changes. Comments can forbid
//!    a rewrite ([`suppress`]).
//! 5. `report` says what was done and why: a unified diff, words, or JSON.
//!
//! `prove` stands beside it: it has the user's own engine build the file before and after, and compares the images.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `cli` (default) | the program `dfopt`; a library has no use for it |
//! | `prove` | the module `prove`: proof by builds with docker, podman or buildah |
//! | `report` | the module `report`: results as words, unified diffs and documents for other programs |
//!
//! A library depends on `dfopt` with `default-features = false`.

pub mod analysis;
pub mod context;
pub mod edit;
pub mod engine;
pub mod knowledge;
pub mod project;
#[cfg(feature = "prove")]
pub mod prove;
#[cfg(feature = "report")]
pub mod report;
pub mod suppress;
pub mod syntax;
pub mod transform;
pub mod verify;

#[path = "../transforms/mod.rs"]
pub mod transforms;

pub use context::BuildContext;
pub use engine::{Options, Outcome, optimize};
pub use knowledge::Knowledge;
pub use transform::Safety;

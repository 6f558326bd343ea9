//! Rewrites a Dockerfile the way an expert would.
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
//! 5. [`report`] says what was done and why: a unified diff, words, or JSON.

pub mod analysis;
pub mod context;
pub mod edit;
pub mod engine;
pub mod knowledge;
pub mod project;
pub mod report;
pub mod suppress;
pub mod syntax;
pub mod transform;
pub mod verify;

#[path = "../transforms/mod.rs"]
pub mod transforms;

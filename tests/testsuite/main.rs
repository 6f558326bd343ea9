//! One binary for all integration tests, so that they link once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod book;
mod builds;
mod cases;
mod caught;
mod cli;
mod configuration;
mod contexts;
mod corpus;
mod diffs;
mod dockerfile_conformance;
mod docs;
mod expand;
mod files;
mod findings;
mod formats;
mod guides;
mod hidden;
mod invariants;
mod limits;
mod lsp;
mod mutations;
mod packaging;
mod project;
mod properties;
mod prove;
mod prove_real;
mod results;
mod review;
mod sandbox;
mod selection;
mod shell_conformance;
mod shell_properties;
mod syntax;
mod views;
mod writing;

//! One binary for all integration tests, so that they link once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod cli;
mod corpus;
mod docs;

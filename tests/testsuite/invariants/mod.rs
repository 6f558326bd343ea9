//! What holds for every input, whatever it is.
//!
//! Each `check` panics when a promise is broken. The property tests feed them with random pieces
//! ([`recipes`] makes whole Dockerfiles of these), the fuzz targets of `fuzz/` with what libFuzzer
//! comes up with.

pub(crate) mod dockerfile;
pub(crate) mod pipeline;
pub(crate) mod recipes;
pub(crate) mod shell;

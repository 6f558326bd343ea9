//! Packages.

/// Packages.
#[derive(Debug, Default)]
pub struct Packages;

//! What builds make that needs nothing else of the project when it runs.

use serde::Deserialize;

/// A folder of which a program needs nothing else of the project than what it reads as data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// What the container starts of it, relative to the working directory.
    pub starts: String,
    /// The folder, relative to the working directory.
    pub folder: String,
    /// Patterns for the names of files and folders of the project that went into it.
    pub sources: Vec<String>,
    /// Where that is documented.
    pub source: String,
}

/// A program that serves the files of one folder, and reads nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileServer {
    /// Its names.
    pub programs: Vec<String>,
    /// Its options that take a value.
    pub values: Vec<String>,
    /// Where that is documented.
    pub source: String,
}

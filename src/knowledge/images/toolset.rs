//! What the full variants of images have and the slim ones have not.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What the full variant of an image has and the slim one has not.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolset {
    /// Programs that are run by name, and the package each is in.
    pub programs: BTreeMap<String, String>,
    /// Texts in the names of files that a source may open, and the package each is in.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Files of the system that programs in a language open without their names in a source.
    #[serde(default)]
    pub opened: Vec<Opened>,
    /// Packages with headers that programs may have been built against.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Where the facts come from.
    pub source: String,
}

/// Files of the system that programs in a language open.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The language.
    pub language: String,
    /// The package that they are in.
    pub package: String,
    /// Texts in the lines of a source, a variable or a command that opens them.
    pub by: Vec<String>,
    /// Texts in the lines of a source that serves files of the project, and opens them for some.
    #[serde(default)]
    pub served_by: Vec<String>,
    /// The endings of these.
    #[serde(default)]
    pub endings: Vec<String>,
}

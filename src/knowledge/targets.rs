//! The programs that a tool makes of a project, as its manifest and the places of its sources tell.

use serde::Deserialize;

/// Where a project says which programs are made of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// The manifest, a TOML file, in the folder in which the tool is called.
    pub manifest: String,
    /// The source of the program that is called like the project, beside the manifest.
    pub main: String,
    /// Where the manifest says what the project is called: a table and a key.
    pub name: (String, String),
    /// The sources of other programs, beside the manifest. One is called like what stands for the `*`.
    pub others: Vec<String>,
    /// The tables of the manifest in which programs are listed.
    pub listed: String,
    /// The key of one of those for its name.
    pub listed_name: String,
    /// The key for its source.
    pub listed_source: String,
    /// A key with which one of those is not always made.
    pub unless: String,
    /// The switch of the manifest with which only what is listed is made: a table and a key.
    pub automatic: (String, String),
    /// The key without which the same goes for a project that lists a program: in the first edition of the language.
    pub edition: (String, String),
    /// The table of a manifest for several projects.
    pub workspace: String,
    /// Its key for the patterns of their folders.
    pub members: String,
    /// Its key for those that are built when nothing else is asked for.
    pub usual_members: String,
    /// Its key for folders that are none.
    pub left_out: String,
    /// Options with which all of them are built.
    pub all_by: Vec<String>,
    /// Options with which only some of them are made, or those of another project.
    pub chosen_by: Vec<String>,
}

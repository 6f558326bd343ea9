//! Commands that build a program and start it at once, and how the program is built alone.

use serde::Deserialize;

use super::pattern::Pattern;

/// How the program is built that a command builds and starts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ahead {
    /// The verb that builds it and does not start it.
    pub verb: String,
    /// Options without a value that mean the same for both.
    pub flag: Vec<String>,
    /// Those of them that make no difference to what is built.
    #[serde(default)]
    pub quiet: Vec<String>,
    /// The same as `flag` for options with a value.
    pub value: Vec<String>,
    /// A regular expression for operands that are sources of the program. If the first is none, it is the folder of the
    /// sources. Without it, no operand is, and the tool knows the sources.
    pub source: Option<Pattern>,
    /// The manifest, in the folder in which the command is called.
    pub manifest: String,
    /// What the sources are called.
    pub sources: Vec<String>,
    /// What stands between the operands and the arguments of the program, if something may.
    pub divider: Option<String>,
    /// The option that says where the program is put.
    pub output: Option<String>,
    /// Where the program is put otherwise, from the working directory: the folder of the program by the options, of which
    /// the last entry that fits counts. None is needed for the first.
    #[serde(default)]
    pub folders: Vec<FolderBy>,
    /// The option that names the program.
    pub chosen_by: Option<String>,
    /// Where the manifest names the one that is started when none is named: a table and a key.
    pub default: Option<(String, String)>,
    /// Files, from the working directory, that may say that the program is put somewhere else.
    #[serde(default)]
    pub unless_beside: Vec<String>,
    /// Words with which the Dockerfile may say so.
    #[serde(default)]
    pub unless_mentioned: Vec<String>,
    /// What the build writes a mark of into the program, if that is in the image: it has to belong to root there.
    pub stamped_from: Option<String>,
    /// Regular expressions for lines of the manifest that lead out of the folder of the project.
    #[serde(default)]
    pub elsewhere: Vec<Pattern>,
    /// Regular expressions for lines of sources that look at what the command alone tells the program.
    #[serde(default)]
    pub told: Vec<Pattern>,
    /// For those lines of them that are read when the program is built.
    #[serde(default)]
    pub told_except: Vec<Pattern>,
    /// The names of sources that the build itself runs, which is told the same.
    #[serde(default)]
    pub of_build: Vec<String>,
    /// The same for lines that need something of the running container to be compiled.
    #[serde(default)]
    pub compiled_there: Vec<Pattern>,
    /// What has to be taken for granted about the program that is started without the command.
    pub assumes: String,
}

/// A folder for programs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderBy {
    /// The options, of which one must be there; none for what holds without any.
    #[serde(default)]
    pub option: Vec<String>,
    /// The folder, from the working directory.
    pub at: String,
}

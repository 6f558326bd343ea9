//! What tools keep between two runs, and would find again in a cache mount.

use serde::Deserialize;

use super::tools::Does;

/// What one tool keeps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The tool, by its id in `tools.toml`.
    pub tool: String,
    /// The kinds of its actions that use the cache.
    pub used_by: Vec<Does>,
    /// The folders that it is in.
    #[serde(rename = "folder")]
    pub folders: Vec<Folder>,
    /// Whether it holds what builds use in place, and not only copies of downloads: then every step that uses it
    /// needs the mount.
    #[serde(default)]
    pub store: bool,
    /// Whether the tool can only install what an earlier call has listed: `apt-get update`.
    #[serde(default)]
    pub needs_refresh: bool,
    /// Options that keep the tool from using it.
    #[serde(default)]
    pub off_options: Vec<String>,
    /// Variables of the environment that do so, whatever their value.
    #[serde(default)]
    pub off_variables: Vec<String>,
    /// Options with which it is somewhere else.
    #[serde(default)]
    pub moving_options: Vec<String>,
    /// Variables with which it is somewhere else, or is no cache any more.
    #[serde(default)]
    pub moving_variables: Vec<String>,
    /// Regular expressions for words of a command line that do so.
    #[serde(default, deserialize_with = "super::regexes")]
    pub moving_words: Vec<regex_lite::Regex>,
    /// Options with which nothing is downloaded that is missing in it.
    #[serde(default)]
    pub offline_options: Vec<String>,
    /// Variables that do so.
    #[serde(default)]
    pub offline_variables: Vec<String>,
    /// Programs that find there what they run: an image that starts one of them needs it.
    #[serde(default)]
    pub needed_by: Vec<String>,
    /// A command that has to run before the tool keeps anything there.
    pub before: Option<String>,
    /// Only when none of these is in the build context: they mean another version of the tool, with another cache.
    #[serde(default)]
    pub unless_files: Vec<String>,
    /// What has to be taken for granted.
    #[serde(default)]
    pub assumes: Vec<String>,
    /// The same unless the environment has this `NAME=value`.
    pub assumes_unless: Option<String>,
}

/// One folder of a cache.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// Where it is. `{home}` stands for the home folder of the user.
    pub at: String,
    /// Where it is for root, if that is another place.
    pub at_for_root: Option<String>,
    /// Where it is else; the first that holds counts.
    #[serde(default)]
    pub when: Vec<When>,
    /// How steps that run at the same time share it: `locked` where the tool does not see to that itself.
    pub sharing: Option<Sharing>,
    /// Whether it holds what was compiled in the image, which another image may not be able to run.
    #[serde(default)]
    pub compiled: bool,
}

/// A place that an image or a variable gives a folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// A variable of the environment; `{value}` in `at` stands for its value.
    pub variable: Option<String>,
    /// In images that are made for this language, as `provides` in `images.toml` names it.
    pub provides: Option<String>,
    /// Where it is then.
    pub at: String,
}

/// How several steps use one cache mount.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// One after the other.
    Locked,
}

/// All caches.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caches {
    #[serde(rename = "cache")]
    caches: Vec<Cache>,
}

impl Caches {
    /// Adds the entries of another table, which come first.
    pub(super) fn extend(&mut self, more: Self) {
        self.caches.splice(0..0, more.caches);
    }

    /// The caches, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Cache> {
        self.caches.iter()
    }
}

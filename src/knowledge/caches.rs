//! What tools keep between two runs, and would find again in a cache mount.

use serde::Deserialize;

use super::pattern::Pattern;
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
    /// Whether what is installed is a copy of what is in the store: then only the tool itself looks there again, and it
    /// downloads what it does not find.
    #[serde(default)]
    pub copies: bool,
    /// Whether the tool can only install what an earlier call has listed: `apt-get update`.
    #[serde(default)]
    pub needs_refresh: bool,
    /// Options that keep the tool from using it.
    #[serde(default)]
    pub off_options: Vec<String>,
    /// Variables of the environment that do so.
    #[serde(default)]
    pub off_variables: Vec<Variable>,
    /// Options with which it is somewhere else.
    #[serde(default)]
    pub moving_options: Vec<String>,
    /// Variables with which it is somewhere else, or is no cache any more.
    #[serde(default)]
    pub moving_variables: Vec<Variable>,
    /// Regular expressions for words of a command line that do so.
    #[serde(default)]
    pub moving_words: Vec<Pattern>,
    /// Options with which nothing is downloaded that is missing in it.
    #[serde(default)]
    pub offline_options: Vec<String>,
    /// Variables that do so.
    #[serde(default)]
    pub offline_variables: Vec<Variable>,
    /// Programs that find there what they run: an image that starts one of them needs it.
    #[serde(default)]
    pub needed_by: Vec<String>,
    /// A command that has to run before the tool keeps anything there.
    pub before: Option<String>,
    /// Only when none of these is in the build context: they mean another version of the tool, with another cache.
    #[serde(default)]
    pub unless_files: Vec<String>,
    /// The same of lines of files.
    #[serde(default)]
    pub unless_lines: Vec<FileLine>,
    /// The folder of the project that the tool builds in, if what it finds there spares it work.
    pub workshop: Option<Workshop>,
}

/// A folder that a tool builds in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workshop {
    /// Where it is, from the folder in which the tool works.
    pub folder: String,
    /// A variable of the environment with which it is somewhere else.
    pub variable: String,
    /// A command without which the tool may take what it built of another source for up to date.
    pub rebuild: String,
    /// What has to be taken for granted.
    pub assumes: String,
}

/// A line of a file of the build context.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLine {
    /// The file, from the root of the context.
    pub file: String,
    /// A regular expression for the line.
    pub line: Option<Pattern>,
}

/// One folder of a cache.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// Where it is, if that is known without any of `when`. `{home}` stands for the home folder of the user.
    pub at: Option<String>,
    /// Where it is for root, if that is another place.
    pub at_for_root: Option<String>,
    /// Where it is else; the first that holds counts.
    #[serde(default)]
    pub when: Vec<When>,
    /// How steps that run at the same time share it: `locked` where the tool does not see to that itself.
    pub sharing: Option<Sharing>,
    /// The kinds of actions that use it, where not all of those that use the cache do.
    #[serde(default)]
    pub used_by: Vec<Does>,
    /// What has to be taken for granted.
    pub assumes: Option<String>,
    /// The setting (`NAME=value`) of the environment with which it need not.
    pub assumes_unless: Option<String>,
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

/// A variable of the environment that changes what a tool does with its cache.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// A regular expression for the values that do so; without one, all but `0` and `false`.
    #[serde(default)]
    pub value: Option<Pattern>,
}

impl Variable {
    /// Whether the value `value` does so.
    #[must_use]
    pub fn holds_for(&self, value: &str) -> bool {
        match &self.value {
            Some(pattern) => pattern.is_match(value),
            None => !matches!(
                value.to_ascii_lowercase().as_str(),
                "" | "0" | "false" | "no" | "off"
            ),
        }
    }
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

    /// Whether `path` lies in a folder where a tool keeps what it could download again.
    #[must_use]
    pub fn hold(&self, path: &str) -> bool {
        let folders = self.caches.iter().flat_map(|cache| &cache.folders);
        let of_root = |at: &String| at.replace("{home}", "/root");
        let mut paths = folders.flat_map(|folder| {
            let images = folder.when.iter().filter(|when| when.provides.is_some());
            let own = folder.at.iter().chain(&folder.at_for_root);
            own.chain(images.map(|when| &when.at)).map(of_root)
        });
        paths.any(|folder| {
            let rest = path.strip_prefix(folder.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The caches, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Cache> {
        self.caches.iter()
    }
}

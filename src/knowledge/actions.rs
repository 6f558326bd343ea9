//! What a tool does when it is called: the verbs, and what each means for files and programs.

use serde::Deserialize;

use super::ahead::Ahead;
use super::installs::Installs;
use super::pattern::Pattern;
use super::prefetch::Prefetch;
use super::tools::OptionTable;

/// One thing that a tool does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The words that ask for it, behind the tool's own options: `install`, `mod download`. Empty:
    /// the tool has no verbs, or this is what it does without one.
    #[serde(default)]
    pub verbs: Vec<String>,
    /// What kind of thing it is.
    pub does: Does,
    /// Further options.
    #[serde(default)]
    pub options: OptionTable,
    /// What the words that are no options mean.
    #[serde(default)]
    pub operands: Operands,
    /// A regular expression that every operand matches, or it is not this action.
    #[serde(default)]
    pub operands_match: Option<Pattern>,
    /// With fewer operands it is not this action.
    #[serde(default)]
    pub least_operands: usize,
    /// Options without which it is not this action: `-t` for a `tar` that only lists.
    #[serde(default)]
    pub only_with: Vec<String>,
    /// Options with which it is not this action.
    #[serde(default)]
    pub never_with: Vec<String>,
    /// The manifests that it reads in its working directory. With `?` at the end: if there is one.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// Options that name a file which it reads in place of the first of them; the others are looked for beside it.
    #[serde(default)]
    pub first_manifest_by: Vec<String>,
    /// Whether it fails when none of them is there.
    #[serde(default)]
    pub needs_a_manifest: bool,
    /// The name under which the table of manifests knows those that its options and operands name.
    pub reads_as: Option<String>,
    /// The manifests of a project that an operand, or an option which names what is read, names by its folder.
    #[serde(default)]
    pub project_manifests: Vec<String>,
    /// Why it needs more of the project than its manifests, whatever they say.
    pub needs_source: Option<String>,
    /// What has to be taken for granted when it runs before the source is there.
    #[serde(default)]
    pub assumes: Vec<String>,
    /// Further paths that it reads. `@name` is an area, what is relative starts at the working directory.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Paths that it writes.
    #[serde(default)]
    pub writes: Vec<String>,
    /// Of the manifests: those that it brings up to date, and for which the copy from the host does
    /// as well.
    #[serde(default)]
    pub regenerates: Vec<String>,
    /// What to copy when the build context is not at hand: patterns that match the manifests that
    /// exist. Without it, the manifests that must exist.
    #[serde(default)]
    pub unknown_context: Vec<String>,
    /// What it makes in its working directory that a copy from the host must not lie over.
    #[serde(default)]
    pub host_artefacts: Vec<String>,
    /// What a program needs of it when it runs in another image. Without it, that is not known.
    pub installs: Option<Installs>,
    /// The entry of `[installs]` that says so, when several actions have the same.
    pub installs_as: Option<String>,
    /// Whether it makes an environment, for which the tool may bring its `interpreter` along.
    #[serde(default)]
    pub makes_environment: bool,
    /// Whether it only says how later calls of the tool work.
    #[serde(default)]
    pub configures: bool,
    /// Whether it does no more than print what it finds, and never fails, whatever that is.
    #[serde(default)]
    pub shows: bool,
    /// Whether the folders that it writes are there afterwards.
    #[serde(default)]
    pub makes_folders: bool,
    /// Whether it changes to whom files belong and who may use them, and nothing in them: root reads them as before.
    #[serde(default)]
    pub keeps_content: bool,
    /// Options with which it succeeds whatever is there; a letter counts among others behind one dash as well.
    #[serde(default)]
    pub succeeds_with: Vec<String>,
    /// Whether it runs a program of the project, which may make data for another one.
    #[serde(default)]
    pub runs_project: bool,
    /// The variable that says where what it makes puts temporary files when it runs, which is otherwise its own folder.
    pub temporary_by: Option<String>,
    /// What sources say that it has to run.
    pub directives: Option<Directives>,
    /// Whether the paths that it writes are gone afterwards.
    #[serde(default)]
    pub removes: bool,
    /// Whether it needs nothing but what a program needs when it runs, so that it can run where the
    /// program does.
    #[serde(default)]
    pub in_runtime: bool,
    /// What a build makes.
    #[serde(default)]
    pub makes: Makes,
    /// Where a build that is not told otherwise puts what it makes; relative to the working directory. `**` is
    /// anywhere below it.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Variables of the environment that name another folder for what has an absolute path among `outputs`; the first
    /// that is set counts.
    #[serde(default)]
    pub moved_by: Vec<MovedBy>,
    /// A regular expression for an argument that stands for several things to make.
    pub several: Option<Pattern>,
    /// A regular expression for a line of a source in the folder of each program that can be made. Without it, an argument
    /// for several things counts only where a source may start them.
    pub each_has: Option<Pattern>,
    /// Where it installs what it has made, when it is asked to.
    pub prefix: Option<Prefix>,
    /// The names of archives that hold all that they need.
    #[serde(default)]
    pub archives: Vec<String>,
    /// Regular expressions for lines of the manifest, which is the first of `sources` that there is, with which an
    /// archive needs more than itself; for an executable that is made anywhere, for lines of any source.
    #[serde(default)]
    pub scattered: Vec<Pattern>,
    /// Regular expressions for lines of sources with which a build makes data among the sources, and the names of these
    /// sources.
    #[serde(default)]
    pub makes_data: Vec<Pattern>,
    /// See `makes_data`.
    #[serde(default)]
    pub makes_data_in: Vec<String>,
    /// Regular expressions for lines of the manifest with which an archive holds all that it needs. Without
    /// any, it does unless a line is `scattered`.
    #[serde(default)]
    pub whole: Vec<Pattern>,
    /// The files that only the build reads, beside those that no program reads. With a folder (`vendor/modules.txt`) it is all of
    /// that folder, where it has the file.
    #[serde(default)]
    pub sources: Vec<String>,
    /// How the build makes an executable that needs no library.
    #[serde(rename = "static")]
    pub linked_static: Option<Static>,
    /// How the build leaves out of an executable what only debuggers read.
    pub stripped: Option<Stripped>,
    /// For an action that reads the source: a command that fetches its dependencies beforehand.
    pub prefetch: Option<Prefetch>,
    /// For an action that builds a program and starts it: how the program is built alone.
    pub ahead: Option<Ahead>,
}

/// What a build makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Makes {
    /// Files somewhere below the working directory.
    #[default]
    Tree,
    /// One program, which needs nothing of the sources.
    Executable,
    /// One file that a program of the language loads, and that holds all that it needs.
    Archive,
    /// A folder with all that the program needs.
    Folder,
}

/// Where a build installs what it has made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefix {
    /// Words of the command line that ask for it.
    pub asked_by: Vec<String>,
    /// The folder, unless a command line says otherwise.
    pub at: String,
    /// Files of the project with which that is so.
    pub known_by: Vec<String>,
    /// A regular expression for lines of these files with which it is not.
    pub unless: Vec<Pattern>,
    /// Files that people write by hand, and that say where they install in lines of their own, if none of `known_by` is
    /// there.
    #[serde(default)]
    pub written_in: Vec<String>,
    /// Regular expressions for lines of these with which something goes to another folder.
    #[serde(default)]
    pub elsewhere: Vec<Pattern>,
    /// What stands in front of another folder, in a command of the build.
    pub given_by: Vec<String>,
    /// What stands in front of the folder of a part of what is installed.
    #[serde(default)]
    pub parts_given_by: Vec<String>,
}

/// A variable of the environment that says where a build puts what it makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedBy {
    /// Its name.
    pub variable: String,
    /// The option of the command line that has the last word.
    pub option: Option<String>,
    /// The folder in the one that it names.
    #[serde(default)]
    pub folder: String,
}

/// Lines of sources that say what a command has to run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directives {
    /// A regular expression for such a line.
    pub line: Pattern,
    /// One for those that make nothing but sources.
    pub makes_sources: Pattern,
}

impl Action {
    /// Whether it fetches something.
    #[must_use]
    pub fn fetches(&self) -> bool {
        self.reads.iter().any(|area| area == "@network")
    }
}

/// How a build makes an executable that needs no library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Static {
    /// The variable that asks for it, as it is written in front of the command: `CGO_ENABLED=0`.
    pub variable: String,
    /// Regular expressions for lines of the manifest with which the result could differ.
    #[serde(default)]
    pub unless_manifest: Vec<Pattern>,
    /// Regular expressions for lines of the sources with which the result could differ.
    #[serde(default)]
    pub unless_source: Vec<Pattern>,
    /// The same where a step in front of the build may add to the manifest what the sources ask for.
    #[serde(default)]
    pub unless_source_then: Vec<Pattern>,
    /// Options of the build that need the libraries.
    #[serde(default)]
    pub unless_option: Vec<String>,
    /// What is still taken for granted.
    pub assumes: String,
}

/// How a build leaves out of an executable what only debuggers read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stripped {
    /// The option that asks for it, as it is written behind the verb. It needs no quotes in any shell.
    pub option: String,
    /// Words of a Dockerfile whose author has decided about such options already.
    #[serde(default)]
    pub unless_mentioned: Vec<String>,
    /// What is taken for granted.
    pub assumes: String,
}

/// The kinds of actions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Downloads the lists of packages.
    RefreshLists,
    /// Installs packages of the distribution.
    InstallPackages,
    /// Brings installed packages of the distribution up to date.
    UpgradePackages,
    /// Removes packages of the distribution.
    RemovePackages,
    /// Removes what the package manager keeps for later runs.
    CleanCache,
    /// Anything else that changes how packages are found: repositories, keys, architectures.
    ConfigurePackages,
    /// Installs what manifests ask for.
    InstallDependencies,
    /// Makes something of the source in the working directory; reads all of it.
    Build,
    /// Reads and writes the paths that its command line names.
    Files,
    /// Adds users or groups.
    AddUser,
    /// Changes the state of the shell for the commands behind it.
    ShellState,
    /// Runs a program of the project: may read and write anything.
    Run,
    /// Nothing that lasts.
    Nothing,
}

/// What the words that are no options mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operands {
    /// There should be none: with one, the call is not understood.
    #[default]
    None,
    /// They have no effect on files, and neither have options that are not listed.
    Ignored,
    /// They have no effect on files: texts, and URLs of what goes where an option says.
    Words,
    /// Names of packages, versions, URLs; but what looks like a local path is read.
    Packages,
    /// The same, and what holds a `/` is a path.
    PackagesOrPaths,
    /// Paths of manifests.
    Manifests,
    /// Paths that are read.
    Read,
    /// Paths that are written (and may be read).
    Write,
    /// Paths that are read, but the last is written.
    ReadThenWrite,
    /// The last is written, and the others are gone afterwards.
    Move,
    /// The last is written, and becomes a name for the others, which need not be there.
    Link,
    /// The first has no effect on files, the others are written: `chmod 755 PATH`.
    SkipThenWrite,
    /// The address of a repository, and the folder that it is written to: without one, its last part gives the name.
    Repository,
}

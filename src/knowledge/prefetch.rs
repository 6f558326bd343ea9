//! What can be put in front of a build so that it need not fetch or compile the dependencies again.

use serde::Deserialize;

use super::pattern::Pattern;

/// A step that can be put in front of a build so that its downloads stay cached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefetch {
    /// The command, as it is written into a `RUN`.
    #[serde(default)]
    pub command: String,
    /// Instead of a command: options that make the step itself leave the project out.
    #[serde(default)]
    pub with: Vec<String>,
    /// Instead of a command: another action of the same tool, in place of what the step asks it to do.
    pub instead: Option<Instead>,
    /// Instead of a command: the step itself, with the stand-ins of the tool in the place of the sources.
    pub compile: Option<Compile>,
    /// What is taken for granted, one sentence each.
    #[serde(default)]
    pub assumes: Vec<String>,
    /// Its manifests, as in [`Action::manifests`](super::actions::Action::manifests). Another action of the tool has its
    /// own.
    #[serde(default)]
    pub manifests: Vec<String>,
    /// Only when this regular expression matches a line of the first manifest: there is something to fetch.
    #[serde(default)]
    pub when: Option<Pattern>,
    /// Not when one of these paths exists beside the manifests.
    #[serde(default)]
    pub unless: Vec<String>,
    /// What can be done when the build context is not at hand, in an image that requires the first manifest, or with a tool
    /// that does.
    pub unseen: Option<Unseen>,
}

/// What takes the place of manifests that cannot be seen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unseen {
    /// What to copy: patterns, of which all but one may match nothing.
    pub copies: Vec<String>,
    /// Whether the tool does nothing without the first manifest, in whatever image.
    #[serde(default)]
    pub requires: bool,
    /// Words in the Dockerfile with which the tool may go by something else.
    #[serde(default)]
    pub unless_mentioned: Vec<String>,
    /// A regular expression for a word of the step with which it may go by nothing, or has nothing to wait for.
    pub unless_operand: Pattern,
    /// What is taken for granted, one sentence each.
    pub assumes: Vec<String>,
}

/// A build that compiles nothing but the dependencies: the stand-ins of the tool take the place of the sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compile {
    /// The options of the step with which it compiles the same dependencies whatever the sources are. With another one
    /// that is not known.
    pub options: Vec<String>,
    /// What the tool is asked for in place of the step, when that does more than to compile.
    pub build: Option<Instead>,
    /// How the tool is told to forget what it has made of the stand-ins. `{name}` is what a package of the project is called;
    /// `with` is repeated for each.
    pub forget: Instead,
}

/// Files that can take the place of the sources of a project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandIns {
    /// The sources without which the tool does not start. Those that a package of the project has are stood in for.
    #[serde(rename = "file")]
    pub files: Vec<StandIn>,
    /// With more than that, the step would be longer than it is worth.
    pub most: usize,
    /// Not when a line of one of these sources matches: a stand-in does not compile in its place.
    pub unless: Pattern,
    /// Only when there is one of these signs: what the tool can do that a project without them may be built with is not
    /// known.
    pub only_if: Vec<Sign>,
    /// The tables of a manifest, a TOML file, in which the dependencies are: with all of them empty, there is nothing to
    /// compile.
    pub dependencies: Vec<String>,
    /// Where a manifest says what its package is called: a table of a TOML file and a key.
    pub name: (String, String),
    /// The lock file, if there is one.
    pub lock: String,
    /// A line that it has once, so that the name means the package and nothing else; `{name}` stands for it.
    pub once: String,
    /// A line that it has when there is a package that does not belong to the project.
    pub fetched: Pattern,
}

/// A source, and what stands in for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// Its path beside the manifest of its package; a `*` stands for part of a name.
    pub path: String,
    /// What stands in for it: a line, or nothing.
    pub text: String,
}

/// A line of a file that tells something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// The path of the file beside the first manifest.
    pub file: String,
    /// What the line looks like.
    pub line: Pattern,
}

/// What a tool is asked for in place of a build.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// The verb.
    pub verb: String,
    /// Matches the operands that it is given as well.
    pub operands: Option<Pattern>,
    /// Matches the operands that it is not given. With any other it is not known what it would do.
    pub without: Option<Pattern>,
    /// The options that it is given as well; `*` stands for all.
    pub options: Vec<String>,
    /// Options whose value has to be the folder in which it works.
    #[serde(default)]
    pub here: Vec<String>,
    /// Options that it is given besides.
    #[serde(default)]
    pub with: Vec<String>,
    /// Options with which it would not be the same, or of no use.
    #[serde(default)]
    pub never_with: Vec<String>,
}

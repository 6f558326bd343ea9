//! What a rewrite can have done wrong.

use std::fmt;

/// Something that a rewrite changed without saying so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Violation {
    /// BuildKit would reject the result.
    Rejected(String),
    /// A comment or a parser directive is gone.
    CommentLost(String),
    /// The configuration of a stage differs.
    Configuration {
        /// The stage, by name or number.
        stage: String,
        /// What differs: `CMD`, `ENV PATH` …
        key: String,
    },
    /// A stage is gone, or has lost its name.
    StageLost(String),
    /// There is a stage that was not there.
    StageAdded(String),
    /// A `--from` or `FROM` that named a stage does not any more.
    DanglingReference(String),
    /// A variable is used that is not declared there.
    OutOfScope(String),
    /// Other packages are installed.
    Packages(String),
    /// A package is installed where there are no package lists any more, or older ones.
    ListsMissing(String),
    /// A command or a copy is gone.
    CommandLost(String),
    /// A command or a copy is there that was not.
    CommandAdded(String),
    /// A command runs as another user, in another folder, with other variables …
    Setting {
        /// The command.
        command: String,
        /// What differs for it.
        what: String,
    },
    /// What a command or a copy has put into a folder is no longer given away with it.
    OwnerLost(String),
    /// A command or a copy moved to another stage, and nothing of what it makes is taken from there.
    FilesLost(String),
    /// Other files are copied from the builder than these.
    OtherCopies(String),
    /// A command runs in a stage that has not got what it may need.
    FilesMissing {
        /// What makes it.
        first: String,
        /// What may need it.
        second: String,
    },
    /// A folder is mounted now that another instruction brings files to, or takes them from.
    Hidden {
        /// The folder.
        path: String,
        /// The instruction.
        by: String,
    },
    /// Two steps changed places although one needs the other.
    Reordered {
        /// What came first.
        first: String,
        /// What came second.
        second: String,
    },
    /// There were more rewrites before this one than the file can need.
    Endless,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(error) => write!(f, "BuildKit would reject the result: {error}"),
            Self::CommentLost(comment) => write!(f, "the comment {comment:?} is gone"),
            Self::Configuration { stage, key } => write!(f, "{key} of stage {stage} differs"),
            Self::StageLost(name) => write!(f, "the stage {name} is gone"),
            Self::StageAdded(name) => write!(f, "the stage {name} is new"),
            Self::DanglingReference(name) => write!(f, "nothing is called {name} any more"),
            Self::OutOfScope(name) => {
                write!(f, "the variable {name} is not declared where it is used")
            }
            Self::Packages(names) => write!(f, "other packages are installed: {names}"),
            Self::ListsMissing(package) => {
                write!(f, "`{package}` finds no package lists, or older ones")
            }
            Self::CommandLost(command) => write!(f, "`{command}` is gone"),
            Self::CommandAdded(command) => write!(f, "`{command}` is new"),
            Self::Setting { command, what } => write!(f, "`{command}` runs with another {what}"),
            Self::OwnerLost(step) => write!(f, "what `{step}` makes keeps its owner"),
            Self::OtherCopies(paths) => {
                write!(
                    f,
                    "what is copied from the builder is not {paths}, in this order"
                )
            }
            Self::FilesLost(step) => {
                write!(f, "nothing of what `{step}` makes reaches the final stage")
            }
            Self::FilesMissing { first, second } => {
                write!(f, "`{second}` runs without what `{first}` makes")
            }
            Self::Hidden { path, by } => write!(f, "{path} is mounted, and `{by}` uses it"),
            Self::Reordered { first, second } => {
                write!(f, "`{second}` runs before `{first}`, which it may need")
            }
            Self::Endless => write!(f, "the rewrites of the file do not come to an end"),
        }
    }
}

//! The state that the builder is in before each instruction.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::paths::{below, file_name, join};

/// The shell that reads shell forms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shell {
    /// A POSIX shell: `/bin/sh -c`, or what `SHELL` names.
    Posix {
        /// The words of the exec form.
        words: Vec<String>,
    },
    /// `cmd`, PowerShell, or a base image for Windows.
    Windows,
    /// A program that is no shell that dfopt knows.
    Other,
}

impl Shell {
    /// Whether a script for this shell can be read as POSIX shell.
    #[must_use]
    pub fn is_posix(&self) -> bool {
        matches!(self, Self::Posix { .. })
    }
}

impl Shell {
    /// The shell of images that set none.
    #[must_use]
    pub fn default_posix() -> Self {
        Self::Posix {
            words: vec!["/bin/sh".to_owned(), "-c".to_owned()],
        }
    }

    /// The shell that `SHELL` sets with these words.
    #[must_use]
    pub fn from_words(words: &[String]) -> Self {
        let program = words.first().map_or("", |word| {
            word.rsplit(['/', '\\']).next().unwrap_or_default()
        });
        let program = program.trim_end_matches(".exe").to_ascii_lowercase();
        match program.as_str() {
            "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh" => Self::Posix {
                words: words.to_vec(),
            },
            "cmd" | "powershell" | "pwsh" => Self::Windows,
            _ => Self::Other,
        }
    }

    /// Whether a failure inside a pipe ends the command: `-o pipefail`.
    #[must_use]
    pub fn has_pipefail(&self) -> bool {
        matches!(self, Self::Posix { words } if words.iter().any(|word| word.contains("pipefail")))
    }

    /// Whether a failing command ends the script: `-e`.
    #[must_use]
    pub fn has_errexit(&self) -> bool {
        let errexit =
            |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
        matches!(self, Self::Posix { words } if words.iter().any(errexit))
    }
}

/// What is known of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Variable {
    /// Set by `ENV`, or by an `ARG` with a default that a build may override.
    Value {
        /// The value.
        text: String,
        /// Whether it is an `ARG`.
        overridable: bool,
    },
    /// Declared, but only the build knows its value.
    Unknown,
}

impl Variable {
    /// The value, if it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Value { text, .. } => Some(text),
            Self::Unknown => None,
        }
    }
}

/// The state before one instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// The working directory: absolute, or below [`UNKNOWN_WORKDIR`](super::paths::UNKNOWN_WORKDIR).
    pub workdir: String,
    /// What `USER` says, or what the base image does; `None` when that is not known.
    pub user: Option<String>,
    /// The shell of shell forms.
    pub shell: Shell,
    /// The variables in scope.
    pub variables: Rc<BTreeMap<String, Variable>>,
    /// What is known of the variables of the base image. They stay what they are unless `variables` has them.
    pub inherited: Rc<BTreeMap<String, String>>,
    /// The folders whose `bin` is in a `PATH` that the Dockerfile sets: virtual environments and the like.
    pub environments: Rc<[String]>,
    /// Files that `ADD` has downloaded, with their addresses.
    pub downloads: Rc<[(String, String)]>,
    /// Whether the variables of the base image are not known.
    pub unknown_environment: bool,
}

impl State {
    /// The value of the variable `name`, if it is known.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        self.variables.get(name)?.known().map(str::to_owned)
    }

    /// The value that an instruction finds for the variable `name`, also where the base image sets it.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<String> {
        match self.variables.contains_key(name) {
            true => self.value(name),
            false => self.inherited.get(name).cloned(),
        }
    }

    /// The value of the variable `name`, if it is known and the same in every build.
    #[must_use]
    pub fn fixed_value(&self, name: &str) -> Option<&str> {
        match self.variables.get(name) {
            Some(Variable::Value {
                text,
                overridable: false,
            }) => Some(text),
            Some(_) => None,
            None => self.inherited.get(name).map(String::as_str),
        }
    }

    /// The home folder that the shell of a step finds in `HOME`: what the Dockerfile sets, or that of root.
    #[must_use]
    pub fn home(&self) -> Option<String> {
        if self.variables.contains_key("HOME") || self.inherited.contains_key("HOME") {
            return self.fixed_value("HOME").map(str::to_owned);
        }
        (self.is_root() == Some(true)).then(|| "/root".to_owned())
    }

    /// Forgets the downloads that a copy to `dest` may lie over, and remembers what it downloads from `address`. The place of
    /// `None` is not known.
    pub(super) fn overwrite(&mut self, dest: Option<&str>, address: Option<String>) {
        let Some(raw) = dest else {
            return self.keep_downloads(|_| false);
        };
        let dest = join(&self.workdir, raw);
        self.keep_downloads(|path| below(path, &dest).is_none());
        if let Some(address) = address {
            let is_folder = raw.ends_with('/') || file_name(raw) == ".";
            let path = match is_folder {
                true => join(&dest, file_name(&address)),
                false => dest,
            };
            let left = self.downloads.iter().cloned();
            self.downloads = left.chain([(path, address)]).collect();
        }
    }

    /// Forgets the downloads at other paths than these.
    pub(super) fn keep_downloads(&mut self, is_kept: impl Fn(&str) -> bool) {
        if self.downloads.iter().any(|(path, _)| !is_kept(path)) {
            let left = self.downloads.iter().filter(|(path, _)| is_kept(path));
            self.downloads = left.cloned().collect();
        }
    }

    /// Whether commands run as root: `None` when that is not known.
    #[must_use]
    pub fn is_root(&self) -> Option<bool> {
        let user = self.user.as_deref()?.split(':').next().unwrap_or_default();
        Some(matches!(user, "root" | "0" | ""))
    }
}

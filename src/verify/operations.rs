//! The steps of a file that change files, with what they read and write and what they find when they
//! start.

mod called;
mod reader;

use std::borrow::Cow;

use super::configuration::differing;
use super::copies::Landing;
use crate::analysis::effects::Effects;
use crate::analysis::paths::Extent;
use crate::analysis::state::{State, Variable};

pub(super) use reader::{keys, normalized, of_file};

/// One step that changes files.
pub(super) struct Operation<'f> {
    /// What it is compared by: the words of the command, or the flags and arguments of the copy.
    pub(super) key: String,
    /// The `--chown` of a copy, which is not part of `key`.
    pub(super) owner: Option<String>,
    pub(super) what: What,
    /// What it reads and writes.
    pub(super) effects: Cow<'f, Effects>,
    /// What else it depends on; the key of a copy holds all of it.
    pub(super) setting: Option<Setting<'f>>,
}

/// What kind of step it is.
pub(super) enum What {
    /// `COPY` or `ADD`.
    Copy {
        /// The stage or image that it copies from; the build context when there is none.
        from: Option<String>,
        lands: Vec<Landing>,
    },
    /// `WORKDIR` makes its folder.
    Folder,
    /// The installation of one package of the distribution.
    Package(Package),
    /// Any other command.
    Command {
        /// Where it works, when it may read anything: a build.
        workshop: Option<String>,
        /// Whether a program needs nothing of what it makes when it runs, by the tables.
        is_scaffold: bool,
        /// Whether what it writes is gone afterwards.
        removes: bool,
        /// Whether it only removes what package managers and others leave behind.
        tidies: bool,
        /// Whether it only prints what it finds.
        shows: bool,
        /// Whether it only handles files, all of which it is given by name, or prints what it is given into one, or makes
        /// accounts, whose files are where the system has them.
        handles_files: bool,
        /// Whether it registers what is there, which every image can do: `ldconfig`.
        registers: bool,
        /// Whether it succeeds whatever is there.
        needs_nothing: bool,
        /// Whether it changes whatever is in the folders that it names: `chown -R`.
        works_on_what_is_there: bool,
        /// Whether it changes owners and modes of files, and nothing in them.
        keeps_content: bool,
        /// The files that it runs or hands on with their modes.
        minds_modes: Extent,
        /// Whether it makes accounts.
        makes_accounts: bool,
        /// Where it installs dependencies, by the tables. What it writes elsewhere is for itself: caches, settings.
        installs_into: Option<Extent>,
    },
}

/// A package of the distribution.
#[derive(PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    /// What decides which version of it that is.
    chosen_by: String,
}

/// What a command finds when it starts, beside files.
pub(super) struct Setting<'f> {
    state: &'f State,
    /// The folder in which it runs; `None` when that is not known.
    cwd: Option<&'f str>,
    /// The flags of the `RUN`.
    flags: Vec<String>,
    /// The commands before it in the same `RUN` that change the state of the shell.
    shell: Vec<String>,
}

impl Operation<'_> {
    /// Whether it is a `COPY` or `ADD`.
    pub(super) fn is_copy(&self) -> bool {
        matches!(self.what, What::Copy { .. })
    }

    /// Whether it copies from the build context.
    pub(super) fn is_from_context(&self) -> bool {
        matches!(self.what, What::Copy { from: None, .. })
    }

    pub(super) fn is_package(&self) -> bool {
        self.package().is_some()
    }

    /// The package that it installs.
    fn package(&self) -> Option<&Package> {
        match &self.what {
            What::Package(package) => Some(package),
            _ => None,
        }
    }

    /// Whether `later` installs the package that this one has installed: it is there already, so nothing happens.
    fn has_installed(&self, later: &Self) -> bool {
        self.is_package() && self.package() == later.package()
    }

    /// Where it works, if it is a command and that is known.
    pub(super) fn folder(&self) -> Option<&str> {
        self.setting.as_ref()?.cwd
    }

    /// Whether the order of the two makes no difference, whatever they write: packages are chosen together, what
    /// tidies up behind them can do so later, and what is printed is in no image.
    pub(super) fn is_free_of(&self, other: &Self) -> bool {
        let shows = |one: &Self| matches!(one.what, What::Command { shows: true, .. });
        let tidies = |one: &Self| matches!(one.what, What::Command { tidies: true, .. });
        let free = |one: &Self| one.is_package() || tidies(one);
        free(self) && free(other) || shows(self) || shows(other)
    }

    /// Whether `other` reads the same in the files that this one changes before and after it: no more than their owners
    /// and modes are changed, of none that it runs, and root may read them all.
    pub(super) fn leaves_readable_for(&self, other: &Self) -> bool {
        let is_roots = |setting: &Setting<'_>| setting.state.is_root() == Some(true);
        let keeps_content = matches!(
            self.what,
            What::Command {
                keeps_content: true,
                ..
            }
        );
        let minds = match &other.what {
            What::Command { minds_modes, .. } => self.effects.writes.overlaps(minds_modes),
            _ => true,
        };
        keeps_content
            && !minds
            && matches!(other.effects.reads, Extent::Regions(_))
            && other.setting.as_ref().is_some_and(is_roots)
    }
}

impl Setting<'_> {
    /// The first thing that is another in `other`, but for the variables called `declared` and the flags `gained`.
    pub(super) fn difference(
        &self,
        other: &Self,
        declared: &[&str],
        gained: &[&str],
    ) -> Option<String> {
        if self.is_same(other) {
            return None;
        }
        self.differences(other, declared, gained).into_iter().next()
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.state, self.cwd) == (other.state, other.cwd)
            && (&self.flags, &self.shell) == (&other.flags, &other.shell)
    }

    fn differences(&self, other: &Self, declared: &[&str], gained: &[&str]) -> Vec<String> {
        let (one, two) = (self.state, other.state);
        let settings = [
            (one.user != two.user, USER),
            (one.shell != two.shell, "shell"),
            (one.workdir != two.workdir || self.cwd != other.cwd, FOLDER),
            (!self.has_flags_of(other, gained), FLAGS),
            (self.shell != other.shell, SHELL_STATE),
        ];
        let settings = settings.into_iter().filter(|(differs, _)| *differs);
        let variables = differing(&one.variables, &two.variables);
        let variables = variables.filter(|name| !declared.contains(&name.as_str()));
        settings
            .map(|(_, what)| what.to_owned())
            .chain(variables.map(|name| format!("value of {name}")))
            .collect()
    }

    /// Whether `other` has the flags of this one, and beside them at most those of `gained`.
    fn has_flags_of(&self, other: &Self, gained: &[&str]) -> bool {
        let is_old =
            |flag: &&String| self.flags.contains(*flag) || !gained.contains(&flag.as_str());
        self.flags.iter().eq(other.flags.iter().filter(is_old))
    }

    /// Whether it has one of `flags`.
    pub(super) fn has_any_flag(&self, flags: &[&str]) -> bool {
        self.flags.iter().any(|flag| flags.contains(&flag.as_str()))
    }

    /// The same of a command in another `RUN`, which has flags and a shell of its own.
    pub(super) fn difference_in_another_run(&self, other: &Self) -> Option<String> {
        let differences = self.differences(other, &[], &[]);
        let mut of_stage = differences
            .into_iter()
            .filter(|what| what != FLAGS && what != SHELL_STATE);
        of_stage.next()
    }

    /// The same in a stage that was made of another: it stands on another image, and build arguments that the
    /// command does not name may be missing. In which folder it works, and what has led there, makes no difference when it
    /// `is_anywhere` the same.
    pub(super) fn difference_elsewhere(
        &self,
        other: &Self,
        command: &str,
        declared: &[&str],
        is_anywhere: bool,
    ) -> Option<String> {
        let is_missing = |name: &&String| {
            if declared.contains(&name.as_str()) {
                return !command.contains(name.as_str());
            }
            let gone = !other.state.variables.contains_key(*name);
            let is_argument = !matches!(
                self.state.variables.get(*name),
                Some(Variable::Value {
                    overridable: false,
                    ..
                })
            );
            gone && is_argument && !command.contains(name.as_str())
        };
        let missing: Vec<&str> = differing(&self.state.variables, &other.state.variables)
            .filter(is_missing)
            .map(String::as_str)
            .collect();
        let is_root = |setting: &Self| setting.state.is_root();
        let same_rights = is_root(self).is_none() || is_root(self) == is_root(other);
        let matters = |what: &String| match what.as_str() {
            USER => !same_rights,
            FOLDER => !is_anywhere,
            SHELL_STATE => self.shell_for(is_anywhere).ne(other.shell_for(is_anywhere)),
            _ => true,
        };
        let differences = self.differences(other, &missing, &[]);
        differences.into_iter().find(matters)
    }

    /// The commands before it that change the state of the shell, without those that only end the script earlier, and
    /// without those that go to another folder when it `is_anywhere` the same.
    fn shell_for(&self, is_anywhere: bool) -> impl Iterator<Item = &String> {
        let goes = move |command: &str| is_anywhere && command.split(' ').next() == Some("cd");
        let commands = self.shell.iter();
        commands.filter(move |command| !goes(command) && !is_strictness(command))
    }
}

/// Whether a command is `set -eux` or the like: what succeeds behind it does so without.
fn is_strictness(command: &str) -> bool {
    let mut words = command.split(' ');
    let is_strict = |word: &str| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        !letters.is_empty() && letters.chars().all(|letter| "eux".contains(letter))
    };
    words.next() == Some("set") && words.all(is_strict)
}

/// Differences that do not always matter.
const USER: &str = "user";
const FOLDER: &str = "working directory";
const FLAGS: &str = "flags of its RUN";
const SHELL_STATE: &str = "state of the shell";

//! What the programs that a container starts with need of the user who runs them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::pattern::{Pattern, matches};
use crate::analysis::paths::{below, file_name};
use crate::context::matches_name;
use crate::syntax::{Expander, Reference};

mod lifecycle;
mod program;
mod settings;
mod settled;
mod syncs;
mod traces;

pub use lifecycle::Lifecycle;
pub use program::{Needs, Program, Starter, wrapped};
pub(super) use program::{behind_name, named_words};
pub use settings::Settings;
pub use settled::Settled;
pub use syncs::Syncs;
pub use traces::{Leaves, Trace};

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Startup {
    #[serde(default, rename = "program")]
    programs: Vec<Program>,
    #[serde(skip)]
    by_first: OnceLock<ByFirst>,
    #[serde(default, rename = "package")]
    packages: Vec<Package>,
    /// What steps of a build leave behind for one user only.
    #[serde(default, rename = "trace")]
    pub traces: Vec<Trace>,
    /// Programs that refuse to work on what another account has made.
    #[serde(default)]
    pub owner_bound: Vec<String>,
    /// Programs whose operands are paths and no verbs.
    #[serde(default)]
    pub given_paths: Vec<String>,
    /// Programs that keep nothing: what they write, their command line names.
    #[serde(default)]
    pub keep_nothing: Vec<String>,
    /// Images that only read what they are given to serve, by the last part of their name.
    #[serde(default)]
    readers: Vec<String>,
    /// Programs that start what a file of theirs says.
    #[serde(default, rename = "starter")]
    starters: Vec<Starter>,
    /// What stands in a source in front of the quote behind which a command begins.
    #[serde(default)]
    calls: Option<Pattern>,
    /// Devices that every account may use, and folders of such.
    #[serde(default)]
    open_devices: Vec<String>,
    /// What no account but root, and some groups of the host, may use.
    #[serde(default)]
    pub of_host: Vec<OfHost>,
    /// What an install runs of the project itself.
    #[serde(default)]
    pub lifecycle: Lifecycle,
    #[serde(default)]
    folders: Folders,
    #[serde(default)]
    project_files: ProjectFiles,
    /// Tools that put changed sources into running containers.
    #[serde(default)]
    pub syncs: Syncs,
    /// Match in a line of a source that asks where the home of its user is, or names something there.
    #[serde(default)]
    pub asks_for_home: Vec<Pattern>,
    /// How settings say what a program writes.
    #[serde(default)]
    pub settings: Settings,
    #[serde(default)]
    remarks: Remarks,
}

/// By their first byte, the names of programs: which of them each program has. Few of all the names begin as the one that
/// is looked for.
type ByFirst = BTreeMap<u8, Vec<(usize, Vec<usize>)>>;

/// Packages that an image has for what root may do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    names: Vec<String>,
    /// What they are, as the rest of a sentence that starts with the name.
    pub why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Folders {
    system: Vec<String>,
    shared: Vec<String>,
    /// Names of folders with what a build makes, in which a program keeps caches when it runs.
    kept: Vec<String>,
    /// Names of files in a home that only shells and the tools of a build read.
    of_shells: Vec<String>,
}

/// Something of the host that containers are given.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfHost {
    /// Match in a line that names it.
    pub lines: Vec<Pattern>,
    /// What such a line does, and why that needs root.
    pub why: String,
}

/// How people say in a comment that a container has the rights of root by intent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Remarks {
    /// Match in a sentence that says so.
    of_root: Vec<Pattern>,
    /// Match in one that says the opposite, or is about something else.
    unless: Vec<Pattern>,
}

/// Files of a project that name programs, by patterns of their names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ProjectFiles {
    of_starts: Vec<String>,
    of_builds: Vec<String>,
    of_images: Vec<String>,
}

impl ProjectFiles {
    fn extend(&mut self, more: Self) {
        self.of_starts.extend(more.of_starts);
        self.of_builds.extend(more.of_builds);
        self.of_images.extend(more.of_images);
    }
}

fn is_one_of(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches_name(pattern, name))
}

impl Startup {
    /// Whether the file at `path` may say by settings which programs are started.
    #[must_use]
    pub fn may_set_starts(&self, path: &str) -> bool {
        is_one_of(&self.project_files.of_starts, file_name(path))
    }

    /// Whether the file at `path` says what a build runs.
    #[must_use]
    pub fn is_of_builds(&self, path: &str) -> bool {
        let name = file_name(path).to_ascii_lowercase();
        is_one_of(&self.project_files.of_builds, &name)
    }

    /// Whether the file at `path` says how an image is built.
    #[must_use]
    pub fn is_of_images(&self, path: &str) -> bool {
        is_one_of(&self.project_files.of_images, file_name(path))
    }

    /// Whether only shells and the tools of a build read the file called `name` in a home.
    #[must_use]
    pub fn is_of_shells(&self, name: &str) -> bool {
        self.folders.of_shells.iter().any(|known| known == name)
    }

    /// Whether `sentence`, of a comment, says that the container has the rights of root by intent.
    #[must_use]
    pub fn says_root(&self, sentence: &str) -> bool {
        let is_in =
            |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.is_match(sentence));
        is_in(&self.remarks.of_root) && !is_in(&self.remarks.unless)
    }

    /// Adds the entries of another table, which count more.
    pub(super) fn extend(&mut self, more: Self) {
        self.programs.extend(more.programs);
        self.packages.extend(more.packages);
        self.traces.extend(more.traces);
        self.starters.extend(more.starters);
        self.owner_bound.extend(more.owner_bound);
        self.given_paths.extend(more.given_paths);
        self.keep_nothing.extend(more.keep_nothing);
        self.readers.extend(more.readers);
        self.calls = more.calls.or(self.calls.take());
        self.asks_for_home.extend(more.asks_for_home);
        self.open_devices.extend(more.open_devices);
        self.of_host.extend(more.of_host);
        self.syncs.extend(more.syncs);
        self.lifecycle.extend(more.lifecycle);
        self.folders.system.extend(more.folders.system);
        self.folders.shared.extend(more.folders.shared);
        self.folders.kept.extend(more.folders.kept);
        self.folders.of_shells.extend(more.folders.of_shells);
        self.project_files.extend(more.project_files);
        self.settings.extend(more.settings);
        self.remarks.of_root.extend(more.remarks.of_root);
        self.remarks.unless.extend(more.remarks.unless);
    }

    /// The device that `word` names, if not every account may use it: `/dev/ttyUSB0`, `--port=/dev/ttyUSB0`.
    #[must_use]
    pub fn device_in<'w>(&self, word: &'w str) -> Option<&'w str> {
        let ends_part = |c: char| c.is_whitespace() || "=:,;\"'".contains(c);
        let is_open = |path: &str| {
            let mut open = self.open_devices.iter();
            path == "/dev" || open.any(|folder| below(path, folder).is_some())
        };
        let mut parts = word.split(ends_part);
        parts.find(|part| below(part, "/dev").is_some() && !is_open(part))
    }

    /// Whether containers of `image` only read what they are given to serve.
    #[must_use]
    pub fn only_reads(&self, image: &str) -> bool {
        let name = image.rsplit('/').next().unwrap_or_default();
        let name = name.split([':', '@']).next().unwrap_or_default();
        self.readers.iter().any(|reader| reader == name)
    }

    /// The program that `words` call, and how many of them name it. The most words win.
    #[must_use]
    pub fn program(&self, words: &[String]) -> Option<(&Program, usize)> {
        let called = self.called_by(words);
        called.max_by_key(|&(_, length)| length)
    }

    /// The programs that `words` may call, and how many of them name each.
    fn called_by<'s>(&'s self, words: &[String]) -> impl Iterator<Item = (&'s Program, usize)> {
        let program = words.first().map_or("", String::as_str);
        let program = file_name(program);
        let arguments = words.get(1..).unwrap_or_default();
        let first = program.as_bytes().first();
        let known = first.and_then(|first| self.by_first().get(first));
        known.into_iter().flatten().filter_map(move |(at, names)| {
            let own = &self.programs[*at];
            let own = own.is_meant_by(arguments).then_some(own)?;
            let count = |name: &usize| named_words(&own.names[*name], program, arguments);
            Some((own, names.iter().filter_map(count).max()?))
        })
    }

    fn by_first(&self) -> &ByFirst {
        self.by_first.get_or_init(|| {
            let mut by_first = ByFirst::new();
            for (at, program) in self.programs.iter().enumerate() {
                for (nth, name) in program.names.iter().enumerate() {
                    let first = name.as_bytes().first().copied().unwrap_or_default();
                    let known = by_first.entry(first).or_default();
                    match known.last_mut().filter(|(last, _)| *last == at) {
                        Some((_, names)) => names.push(nth),
                        None => known.push((at, vec![nth])),
                    }
                }
            }
            by_first
        })
    }

    /// What says which programs `program` starts, if a file of its own does.
    pub fn starters_of<'s>(&'s self, program: &'s str) -> impl Iterator<Item = &'s Starter> {
        let name = file_name(program);
        let is_it = move |starter: &&Starter| starter.names.iter().any(|own| own == name);
        self.starters.iter().filter(is_it)
    }

    /// The command line that a program runs for `words` which does nothing itself: `npm start` of `tini -- npm start`.
    #[must_use]
    pub fn command_behind(&self, words: &[String]) -> Option<Vec<String>> {
        let (program, named) = self.program(words)?;
        let rest = wrapped(&words[named..]);
        (program.needs == Needs::NothingItself && !rest.is_empty()).then_some(rest)
    }

    /// The same, where the program may change to another account first: which word is the first of the command, its options
    /// decide (`gosu app serve`, `sudo -u app serve`, `sudo serve`), so these are all that it may be.
    #[must_use]
    pub fn commands_behind(&self, words: &[String]) -> Vec<Vec<String>> {
        let Some((program, named)) = self.program(words) else {
            return Vec::new();
        };
        if !program.behind_account {
            return self.command_behind(words).into_iter().collect();
        }
        let rest = wrapped(&words[named..]);
        let is_divided = words.iter().any(|word| word == "--");
        let starts = (0..rest.len()).filter(|at| !rest[*at].starts_with('-'));
        let most = if is_divided { 1 } else { 3 };
        starts.take(most).map(|at| rest[at..].to_vec()).collect()
    }

    /// Whether a source starts the command that is quoted behind `before`: `subprocess.run([`.
    #[must_use]
    pub fn is_call(&self, before: &str) -> bool {
        matches(&self.calls, before)
    }

    /// The name of the script of a manifest that `words` run: `build` of `npm run build`.
    #[must_use]
    pub fn script_run_by<'w>(&self, words: &'w [String]) -> Option<&'w str> {
        let script = |(entry, named): (&Program, usize)| {
            let mut behind = words[named..].iter();
            match entry.needs {
                Needs::TheScriptBehind => behind.find(|word| !word.starts_with('-')),
                Needs::TheScriptItself => words.get(1),
                _ => None,
            }
        };
        self.called_by(words).find_map(script).map(String::as_str)
    }

    /// What is known of the package `name`.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages
            .iter()
            .rev()
            .find(|package| package.names.iter().any(|known| known == name))
    }

    /// Whether a program keeps caches in the build's output at `path`.
    #[must_use]
    pub fn keeps_caches_in(&self, path: &str) -> bool {
        path.split('/')
            .any(|name| self.folders.kept.iter().any(|kept| kept == name))
    }

    /// Whether `path` is a folder that a program can have for itself, and that can be named between single quotes, or
    /// double ones if it holds variables.
    #[must_use]
    pub fn is_own_folder(&self, path: &str) -> bool {
        let system = || {
            self.folders
                .system
                .iter()
                .any(|folder| below(path, folder).is_some())
        };
        let can_be_quoted = |c: char| !c.is_control() && !matches!(c, '\'' | '\\' | '<');
        path.starts_with('/')
            && path.chars().all(can_be_quoted)
            && (!path.contains('$') || has_plain_variables(path))
            && !self.folders.shared.iter().any(|folder| folder == path)
            && !system()
    }
}

/// Whether the shell reads `path` between double quotes as `BuildKit` does: its variables are names alone, in braces or not.
/// What else may stand between braces differs from shell to shell.
fn has_plain_variables(path: &str) -> bool {
    let references = Expander::new('\\').references(path);
    let is_plain = |reference: &Reference| {
        let name = &reference.name;
        let written = reference.span.text(path);
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && (written == format!("${name}") || written == format!("${{{name}}}"))
    };
    references.len() == path.matches('$').count()
        && references.iter().all(is_plain)
        && !path.contains(['"', '`'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;

    fn needs(command: &str) -> Option<Needs> {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        Some(Knowledge::builtin().startup.program(&words)?.0.needs)
    }

    #[test]
    fn programs_are_named_by_their_longest_entry() {
        assert_eq!(needs("/usr/sbin/nginx -g daemon"), Some(Needs::Root));
        assert_eq!(needs("php-fpm8.2 -F"), Some(Needs::Root));
        assert_eq!(
            needs("python3.11 -m http.server"),
            Some(Needs::NothingItself)
        );
        assert_eq!(needs("python3.11 app.py"), Some(Needs::AnArgument));
        assert_eq!(needs("go run ."), Some(Needs::Build));
        assert_eq!(needs("./server"), None);
    }

    #[test]
    fn programs_that_only_start_others_are_seen_through() {
        let behind = |command: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let behind = Knowledge::builtin().startup.command_behind(&words)?;
            Some(behind.join(" "))
        };
        assert_eq!(behind("tini -g -- npm start"), Some("npm start".to_owned()));
        assert_eq!(behind("env A=1 mvn verify"), Some("mvn verify".to_owned()));
        assert_eq!(behind("npm start"), None);
        assert_eq!(behind("tini"), None);
    }

    #[test]
    fn folders_of_the_system_are_nobodys_own() {
        let startup = &Knowledge::builtin().startup;
        assert!(
            ["/app", "/usr/src/app", "/var/lib/app", "/opt/app/log"]
                .iter()
                .all(|path| startup.is_own_folder(path))
        );
        assert!(
            ["/", "/opt", "/etc/app", "/tmp", "/usr/bin", "{workdir}"]
                .iter()
                .all(|path| !startup.is_own_folder(path))
        );
    }
}

//! The paths that a recognised command reads and writes.

use std::cell::RefCell;

use super::commands::{Arg, Invocation, OptionUse};
use super::paths::{Extent, Region, join, parent};
use super::state::State;
use crate::analysis::paths::file_name;
use crate::knowledge::tools::{Does, Operands, Role, Tools};

/// What a command or an instruction does to files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// What it may read.
    pub reads: Extent,
    /// What it may write.
    pub writes: Extent,
}

impl Effects {
    /// Of what is not understood.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            reads: Extent::Everything,
            writes: Extent::Everything,
        }
    }

    /// Adds those of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.reads.extend(&other.reads);
        self.writes.extend(&other.writes);
    }
}

/// The folder in which `invocation` works when it is called in `cwd`; `None` when that is not known.
#[must_use]
pub fn working_directory(invocation: &Invocation<'_>, cwd: Option<&str>) -> Option<String> {
    let mut directory = cwd?.to_owned();
    for option in invocation
        .options
        .iter()
        .filter(|option| option.role == Role::Chdir)
    {
        directory = join(&directory, option.value.as_deref()?);
    }
    Some(directory)
}

/// The tables of commands, with the paths that their entries stand for as far as these have been asked for: those of a
/// whole distribution are needed by every installer, and are the same wherever it is called.
pub struct Areas<'a> {
    /// The tables.
    pub tools: &'a Tools,
    extents: RefCell<Vec<(String, Extent)>>,
}

impl<'a> Areas<'a> {
    /// Those of `tools`.
    #[must_use]
    pub fn new(tools: &'a Tools) -> Self {
        Self {
            tools,
            extents: RefCell::default(),
        }
    }

    /// The absolute paths that `entry` stands for; `None` when one of them depends on where the command is called.
    fn extent(&self, entry: &str) -> Option<Extent> {
        if let Some((_, extent)) = self.extents.borrow().iter().find(|(own, _)| *own == entry) {
            return Some(extent.clone());
        }
        let mut extent = Extent::default();
        for path in self.tools.paths(entry) {
            if !path.starts_with('/') {
                return None;
            }
            extent.add(Region::new(join("/", path)));
        }
        let known = (entry.to_owned(), extent.clone());
        self.extents.borrow_mut().push(known);
        Some(extent)
    }
}

/// The effects of `invocation`, called in the folder `cwd`, or in one that is not known.
#[must_use]
pub fn of_invocation(
    areas: &Areas<'_>,
    invocation: &Invocation<'_>,
    args: &[Arg],
    state: &State,
    cwd: Option<&str>,
) -> Effects {
    match invocation.action.does {
        Does::Run | Does::Build => return Effects::unknown(),
        Does::ShellState | Does::Nothing => return Effects::default(),
        _ => {}
    }
    let mut gathering = Gathering {
        areas,
        state,
        cwd: working_directory(invocation, cwd),
        effects: Effects::default(),
    };
    gathering.program(&args[0], cwd);
    gathering.tables(invocation, args);
    for option in &invocation.options {
        gathering.option(option);
    }
    gathering.operands(invocation, args);
    gathering.effects
}

/// Gathers the effects of one invocation.
struct Gathering<'a> {
    areas: &'a Areas<'a>,
    state: &'a State,
    /// Where the tool works, if that is known.
    cwd: Option<String>,
    effects: Effects,
}

/// The area in which packages of web servers put their pages.
const WEB: &str = "@web";

/// Where programs stand that were not installed for one project.
pub const PROGRAM_FOLDERS: [&str; 6] = [
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
];

/// The environment, such as one of Python, whose `bin` holds the program at the absolute `path`.
#[must_use]
pub fn environment_of(path: &str) -> Option<&str> {
    let folder = parent(path);
    let is_own = !PROGRAM_FOLDERS.contains(&folder);
    folder.strip_suffix("/bin").filter(|_| is_own)
}

impl Gathering<'_> {
    /// A program that is called by its path is read, and one in the `bin` of an environment works on
    /// that environment.
    fn program(&mut self, program: &Arg, cwd: Option<&str>) {
        if !program.known().contains('/') {
            return;
        }
        let Some(path) = resolved(cwd, program.known()) else {
            self.effects = Effects::unknown();
            return;
        };
        if PROGRAM_FOLDERS.contains(&parent(&path)) {
            return;
        }
        match environment_of(&path) {
            Some(environment) => self.touches(environment.to_owned()),
            None => self.effects.reads.add(Region::new(path)),
        }
    }

    fn touches(&mut self, path: String) {
        self.effects.reads.add(Region::new(&path));
        self.effects.writes.add(Region::new(path));
    }

    /// `path`, seen from where the tool works.
    fn at(&self, path: &str) -> Option<String> {
        resolved(self.cwd.as_deref(), path)
    }

    /// What the tables say, whatever the command line does.
    fn tables(&mut self, invocation: &Invocation<'_>, args: &[Arg]) {
        let action = invocation.action;
        let brings_no_page = |at: &usize| self.areas.tools.brings_no_page(args[*at].known());
        let has_no_pages = action.does == Does::InstallPackages
            && !invocation.operands.is_empty()
            && invocation.operands.iter().all(brings_no_page);
        let counts = |entry: &&String| !has_no_pages || *entry != WEB;
        for entry in action.manifests.iter().chain(&action.reads).filter(counts) {
            let located = self.located(entry.trim_end_matches('?'));
            self.effects.reads.extend(&located);
        }
        for entry in action.writes.iter().filter(counts) {
            let located = self.located(entry);
            self.effects.writes.extend(&located);
        }
        for name in &invocation.tool.path_variables {
            self.variable(name);
        }
    }

    /// The paths that an entry of the tables stands for. `@path` is the environments that the `PATH`
    /// of the Dockerfile points into; what is in root's home is in that of the user who runs it as
    /// well.
    fn located(&self, entry: &str) -> Extent {
        let homes = self.homes();
        let known = homes.is_empty().then(|| self.areas.extent(entry));
        if let Some(extent) = known.flatten() {
            return extent;
        }
        let mut extent = Extent::default();
        if entry == "@path" {
            let environments = self.state.environments.iter();
            environments.for_each(|path| extent.add(Region::new(path)));
            return extent;
        }
        for entry in self.areas.tools.paths(entry) {
            let Some(path) = self.at(entry) else {
                return Extent::Everything;
            };
            if let Some(inside) = path.strip_prefix("/root/") {
                let own = homes.iter().map(|home| join(home, inside));
                own.for_each(|path| extent.add(Region::new(path)));
            }
            extent.add(Region::new(path));
        }
        extent
    }

    /// Where home is, beside `/root`.
    fn homes(&self) -> Vec<String> {
        let user = self.state.user.as_deref().unwrap_or_default();
        let user = user.split(':').next().unwrap_or_default();
        let is_other = self.state.is_root() == Some(false);
        let of_user = is_other.then(|| format!("/home/{user}"));
        of_user
            .into_iter()
            .chain(self.state.value("HOME"))
            .collect()
    }

    /// A variable of the environment that may name files: the parts that look like paths.
    fn variable(&mut self, name: &str) {
        if !self.state.variables.contains_key(name) {
            return;
        }
        let Some(value) = self.state.value(name) else {
            self.effects = Effects::unknown();
            return;
        };
        let parts = value.split([' ', ':', '=', ',']);
        for path in parts.filter(|part| part.contains(['/', '.']) && !is_remote(&value)) {
            match self.at(path) {
                Some(path) => self.touches(path),
                None => self.effects = Effects::unknown(),
            }
        }
    }

    fn option(&mut self, option: &OptionUse) {
        let is_remote = option.value.as_deref().is_some_and(is_remote);
        match option.role {
            Role::Manifest | Role::Read if !is_remote => {
                self.operand(option.value.as_deref(), true, false);
            }
            Role::Write if !is_remote => self.operand(option.value.as_deref(), false, true),
            _ => {}
        }
    }

    fn operands(&mut self, invocation: &Invocation<'_>, args: &[Arg]) {
        let count = invocation.operands.len();
        for (nth, &at) in invocation.operands.iter().enumerate() {
            let text = args[at].text.as_deref();
            let (reads, writes) = match invocation.action.operands {
                Operands::None | Operands::Ignored | Operands::Words => (false, false),
                Operands::Packages => (text.is_none_or(is_local_path), false),
                Operands::PackagesOrPaths => (text.is_none_or(may_be_local_path), false),
                Operands::Read | Operands::Manifests => (true, false),
                Operands::Write | Operands::Move => (true, true),
                Operands::ReadThenWrite | Operands::Link => (true, nth + 1 == count),
                Operands::SkipThenWrite => (nth > 0, nth > 0),
                Operands::Repository if nth == 0 => (text.is_none_or(is_own_repository), false),
                Operands::Repository => (true, true),
            };
            let text = text.map(|text| text.strip_prefix("file://").unwrap_or(text));
            self.operand(text, reads, writes);
        }
        if let [only] = invocation.operands.as_slice() {
            self.named_like(invocation.action.operands, args[*only].text.as_deref());
        }
    }

    /// What has the name of the only operand, where that says what is read: `ln -s /opt/tool`, `git clone URL`.
    fn named_like(&mut self, operands: Operands, only: Option<&str>) {
        let (name, reads) = match operands {
            Operands::ReadThenWrite | Operands::Link => (only.map(file_name), false),
            // Git looks whether it is empty
            Operands::Repository => (only.map(repository_folder), true),
            _ => return,
        };
        self.operand(name, reads, true);
    }

    /// A path on the command line; `None` when it is not known.
    fn operand(&mut self, text: Option<&str>, reads: bool, writes: bool) {
        // standard input or output
        if text == Some("-") {
            return;
        }
        let path = text.and_then(|text| self.at(text));
        let effects = &mut self.effects;
        for (touched, extent) in [(reads, &mut effects.reads), (writes, &mut effects.writes)] {
            match &path {
                _ if !touched => {}
                Some(path) => extent.add(Region::new(path)),
                None => *extent = Extent::Everything,
            }
        }
    }
}

/// `path`, seen from the folder `cwd`; `None` when that matters and is not known.
pub(super) fn resolved(cwd: Option<&str>, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(join("/", path));
    }
    Some(join(cwd?, path))
}

/// The folder that Git makes for the repository at `address`: git-clone(1).
fn repository_folder(address: &str) -> &str {
    let address = address.trim_end_matches('/').trim_end_matches("/.git");
    let name = address.rsplit(['/', ':']).next().unwrap_or_default();
    name.strip_suffix(".git").unwrap_or(name)
}

/// Whether the repository at `address` is in the file system. Where it could be one on a host (`git@host:shop.git`), Git takes it
/// as such: git-clone(1), "Git URLs".
fn is_own_repository(address: &str) -> bool {
    match address.split_once(':') {
        Some((scheme, rest)) if rest.starts_with("//") => scheme == "file",
        Some((host, _)) => host.contains('/'),
        None => true,
    }
}

/// Whether an operand of an installer names a file or folder and no package.
#[must_use]
pub fn is_local_path(operand: &str) -> bool {
    let archive = [".whl", ".tar.gz", ".tgz", ".zip", ".deb", ".rpm", ".apk"];
    let path = operand.starts_with(['.', '/', '~'])
        || archive.iter().any(|suffix| operand.ends_with(suffix));
    path && !is_remote(operand)
}

/// The same for an installer that takes any path to a folder as well: `pip install libs/shop`.
fn may_be_local_path(operand: &str) -> bool {
    is_local_path(operand) || operand.contains('/') && !is_remote(operand)
}

fn is_remote(value: &str) -> bool {
    value.contains("://")
}

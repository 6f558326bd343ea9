//! The paths that a recognised command reads and writes.

use super::commands::{Arg, Invocation, OptionUse};
use super::paths::{Extent, Region, join};
use super::state::State;
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

/// The effects of `invocation`, called in the folder `cwd`, or in one that is not known.
#[must_use]
pub fn of_invocation(
    tools: &Tools,
    invocation: &Invocation<'_>,
    args: &[Arg],
    state: &State,
    cwd: Option<&str>,
) -> Effects {
    let Some(cwd) = working_directory(invocation, cwd) else {
        return Effects::unknown();
    };
    let mut effects = Effects::default();
    let action = invocation.action;
    match action.does {
        Does::Run | Does::Build => return Effects::unknown(),
        Does::ShellState | Does::Nothing => return effects,
        _ => {}
    }
    for entry in action
        .manifests
        .iter()
        .chain(&action.reads)
        .flat_map(|entry| tools.paths(entry))
    {
        effects
            .reads
            .add(Region::new(join(&cwd, entry.trim_end_matches('?'))));
    }
    for entry in &action.writes {
        for path in written(tools, entry, state) {
            effects.writes.add(Region::new(join(&cwd, &path)));
        }
    }
    for option in &invocation.options {
        add_option(&mut effects, option, &cwd);
    }
    add_operands(&mut effects, invocation, args, &cwd);
    effects
}

/// The paths that an entry of `writes` stands for. `@path` is the environments that the `PATH` of the
/// Dockerfile points into; what is in root's home is in that of the user who runs it as well.
fn written(tools: &Tools, entry: &str, state: &State) -> Vec<String> {
    if entry == "@path" {
        return state.environments.to_vec();
    }
    let mut paths: Vec<String> = tools.paths(entry).map(str::to_owned).collect();
    if let Some(user) = state
        .user
        .as_deref()
        .filter(|_| state.is_root() == Some(false))
    {
        let user = user.split(':').next().unwrap_or_default();
        let own: Vec<String> = paths
            .iter()
            .filter_map(|path| Some(format!("/home/{user}/{}", path.strip_prefix("/root/")?)))
            .collect();
        paths.extend(own);
    }
    paths
}

fn add_option(effects: &mut Effects, option: &OptionUse, cwd: &str) {
    let extent = match option.role {
        Role::Manifest | Role::Read => &mut effects.reads,
        Role::Write => &mut effects.writes,
        Role::Flag | Role::Value | Role::Chdir => return,
    };
    match &option.value {
        Some(path) if is_remote(path) => {}
        Some(path) => extent.add(Region::new(join(cwd, path))),
        None => *extent = Extent::Everything,
    }
}

fn add_operands(effects: &mut Effects, invocation: &Invocation<'_>, args: &[Arg], cwd: &str) {
    let last = invocation.operands.len().saturating_sub(1);
    for (nth, &at) in invocation.operands.iter().enumerate() {
        let (reads, writes) = match invocation.action.operands {
            Operands::None | Operands::Ignored => (false, false),
            Operands::Packages => (args[at].text.as_deref().is_none_or(is_local_path), false),
            Operands::Read => (true, false),
            Operands::Write => (true, true),
            Operands::ReadThenWrite => (true, nth == last),
            Operands::SkipThenWrite => (nth > 0, nth > 0),
        };
        for (touched, extent) in [(reads, &mut effects.reads), (writes, &mut effects.writes)] {
            match &args[at].text {
                _ if !touched => {}
                Some(path) => extent.add(Region::new(join(cwd, path))),
                None => *extent = Extent::Everything,
            }
        }
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

fn is_remote(value: &str) -> bool {
    value.contains("://")
}

//! What the rewrites of a journal mean to change.

use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::paths::{below, parent};
use crate::context::{BuildContext, Dockerignore};
use crate::engine::Entry;
use crate::transform::Change;

/// The changes that rewrites have declared, each with the transform that did.
#[derive(Debug, Default)]
pub struct Declared {
    changes: Vec<(&'static str, Change)>,
    /// What is added to the ignore file.
    hides: Vec<(&'static str, Dockerignore)>,
}

impl Declared {
    /// Those of `journal`.
    #[must_use]
    pub fn of(journal: &[Entry]) -> Self {
        let changes = journal.iter().flat_map(|entry| {
            let changes = entry.rewrite.declares.iter();
            changes.map(|change| (entry.id, change.clone()))
        });
        let hides = journal.iter().flat_map(|entry| {
            let additions = entry.rewrite.additions.iter();
            let ignore_files = additions.filter(|one| one.path.ends_with(".dockerignore"));
            ignore_files.map(|one| (entry.id, Dockerignore::new(&one.lines.join("\n"))))
        });
        Self {
            changes: changes.collect(),
            hides: hides.collect(),
        }
    }

    /// These, as if one transform had declared them.
    #[must_use]
    pub fn new(id: &'static str, changes: &[Change]) -> Self {
        let changes = changes.iter().map(|change| (id, change.clone()));
        Self {
            changes: changes.collect(),
            hides: Vec::new(),
        }
    }

    /// Who has declared a change that `wanted` takes.
    pub(super) fn by(&self, wanted: impl Fn(&Change) -> bool) -> Option<&'static str> {
        let mut changes = self.changes.iter();
        changes
            .find(|(_, change)| wanted(change))
            .map(|(id, _)| *id)
    }

    /// Who gives the image another user.
    pub(super) fn user(&self) -> Option<&'static str> {
        self.by(|change| matches!(change, Change::User(_)))
    }

    /// Who gives files to another user. Whoever changes the user has also to give it what it writes.
    pub(super) fn owner(&self) -> Option<&'static str> {
        self.by(|change| matches!(change, Change::User(_) | Change::Owner))
    }

    /// Who builds in one stage and ships another.
    #[must_use]
    pub fn stages(&self) -> Option<&'static str> {
        self.by(|change| matches!(change, Change::Stages { .. }))
    }

    /// Who puts the image on another one: the same image in two stages counts as another.
    #[must_use]
    pub fn base(&self) -> Option<&'static str> {
        self.by(|change| matches!(change, Change::Stages { .. } | Change::Base { .. }))
    }

    /// Who has files in other folders, because the image looks there, or because the folder has another name.
    pub(super) fn moves(&self) -> Option<&'static str> {
        let by = self.by(|change| moves(change).next().is_some());
        let renamed = self.by(|change| matches!(change, Change::Folder { .. }));
        renamed.or(by.filter(|_| self.base().is_some()))
    }

    /// Where `path` is then; or where it was, if that is asked `backwards`.
    pub(super) fn moved(&self, path: &str, backwards: bool) -> Option<String> {
        let mut all = self.changes.iter().flat_map(|(_, change)| moves(change));
        all.find_map(|(from, to)| {
            let (from, to) = if backwards { (to, from) } else { (from, to) };
            let rest = path.strip_prefix(from.trim_start_matches('/'))?;
            let is_below = rest.is_empty() || rest.starts_with('/');
            is_below.then(|| format!("{}{rest}", to.trim_start_matches('/')))
        })
    }

    /// Who has programs built with other options.
    pub(super) fn build_options(&self) -> Option<&'static str> {
        self.by(|change| matches!(change, Change::BuildOptions(_)))
    }

    /// Who builds the program at `path`, or what is made along with it, that the container built when it started. What the
    /// build leaves elsewhere is new, unless that stays in a stage of its own.
    pub(super) fn built_ahead(&self, path: &str, is_new: bool) -> Option<&'static str> {
        let is_made = |program: &String| {
            let around = parent(parent(program));
            let is_own = !PROGRAM_FOLDERS.contains(&parent(program));
            is_in(path, program) || is_own && is_in(path, around)
        };
        let is_left = is_new && self.stages().is_none();
        self.by(|change| {
            matches!(change, Change::Started { to, .. } if is_left || to.first().is_some_and(is_made))
        })
    }

    /// Who installs other packages.
    pub(super) fn packages(&self) -> Option<&'static str> {
        self.by(|change| {
            matches!(
                change,
                Change::PackagesAdded(_) | Change::PackagesRemoved(_) | Change::InstallOption(_)
            )
        })
    }

    /// Who adds commands to the build: they remove what only the build needs.
    pub(super) fn commands(&self) -> Option<&'static str> {
        self.by(|change| matches!(change, Change::Commands(_)))
    }

    /// Who leaves `path` to the build context, which does not bring it.
    pub(super) fn not_in_context(&self, path: &str) -> Option<&'static str> {
        self.by(|change| matches!(change, Change::NotInContext(folder) if is_in(path, folder)))
    }

    /// Who hides the file of `context` that copies may have put at `path`.
    pub(super) fn hidden(&self, path: &str, context: &BuildContext) -> Option<&'static str> {
        let starts = path.match_indices('/').map(|(at, _)| at + 1);
        let mut places = std::iter::once(0).chain(starts).map(|at| &path[at..]);
        places.find_map(|place| {
            let mut hides = self.hides.iter().filter(|(_, hides)| hides.hides(place));
            hides.find(|_| context.has(place)).map(|(id, _)| *id)
        })
    }

    /// Whether the stage that is shipped takes `path` over, and to where it was.
    pub(super) fn is_taken(&self, path: &str) -> bool {
        let is_around = |(from, to): &(String, String)| from == to && is_in(path, from);
        let taken =
            self.by(|change| matches!(change, Change::Taken(all) if all.iter().any(is_around)));
        taken.is_some()
    }
}

/// Whether `path`, which has no slash in front, is `folder` or lies in it.
fn is_in(path: &str, folder: &str) -> bool {
    below(path, folder.trim_matches('/')).is_some()
}

/// What `change` puts elsewhere, and where to.
fn moves(change: &Change) -> impl Iterator<Item = (&str, &str)> {
    let (moved, taken) = match change {
        Change::Moved { from, to } | Change::Folder { from, to } => {
            (Some((from.as_str(), to.as_str())), [].as_slice())
        }
        Change::Taken(taken) => (None, taken.as_slice()),
        _ => (None, [].as_slice()),
    };
    let taken = taken.iter().filter(|(from, to)| from != to);
    moved
        .into_iter()
        .chain(taken.map(|(from, to)| (from.as_str(), to.as_str())))
}

//! What the rewrites of a journal mean to change.

use crate::engine::Entry;
use crate::transform::Change;

/// The changes that rewrites have declared, each with the transform that did.
#[derive(Clone, Debug, Default)]
pub struct Declared(Vec<(&'static str, Change)>);

impl Declared {
    /// Those of `journal`.
    #[must_use]
    pub fn of(journal: &[Entry]) -> Self {
        let changes = journal.iter().flat_map(|entry| {
            let changes = entry.rewrite.declares.iter();
            changes.map(|change| (entry.id, change.clone()))
        });
        Self(changes.collect())
    }

    /// These, as if one transform had declared them.
    #[must_use]
    pub fn new(id: &'static str, changes: &[Change]) -> Self {
        Self(changes.iter().map(|change| (id, change.clone())).collect())
    }

    /// Who has declared a change that `wanted` takes.
    pub(super) fn by(&self, wanted: impl Fn(&Change) -> bool) -> Option<&'static str> {
        let mut changes = self.0.iter();
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

    /// Who has dependencies put into other folders, because the language of another image looks there.
    pub(super) fn moves(&self) -> Option<&'static str> {
        let by = self.by(|change| matches!(change, Change::Moved { .. }));
        by.filter(|_| self.base().is_some())
    }

    /// Where `path` is then; or where it was, if that is asked `backwards`.
    pub(super) fn moved(&self, path: &str, backwards: bool) -> Option<String> {
        self.0.iter().find_map(|(_, change)| {
            let Change::Moved { from, to } = change else {
                return None;
            };
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
        let holds = |folder: &str| {
            let rest = path.strip_prefix(folder.trim_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.by(|change| matches!(change, Change::NotInContext(folder) if holds(folder)))
    }
}

//! What a rewrite says that it changes, and what is the same but for that.

use std::collections::HashMap;

use super::copies::Landing;
use super::operations::{Operation, What, keys, normalized};
use super::order::in_order;
use crate::analysis::paths::join;
use crate::transform::{Change, Rewrite};

/// What the rewrite says that it changes.
pub(super) struct Declared<'r> {
    rewrite: &'r Rewrite,
}

impl<'r> Declared<'r> {
    pub(super) fn new(rewrite: &'r Rewrite) -> Self {
        Self { rewrite }
    }

    pub(super) fn any(&self, is_meant: impl Fn(&Change) -> bool) -> bool {
        self.rewrite.declares.iter().any(is_meant)
    }

    /// The variables that may differ.
    pub(super) fn variables(&self) -> Vec<&'r str> {
        let changes = self.rewrite.declares.iter();
        changes
            .filter_map(|change| match change {
                Change::Env(name) | Change::Secret(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether `key` is a command that the rewrite adds.
    pub(super) fn adds(&self, key: &str) -> bool {
        self.any(|change| match change {
            Change::Commands(script) => keys(script).iter().any(|command| command == key),
            _ => false,
        })
    }

    /// Whether `key` is a `WORKDIR` with the folder in which the stage has begun before.
    pub(super) fn begins_in(&self, key: &str) -> bool {
        let folder = key.strip_prefix("WORKDIR ");
        self.any(|change| matches!(change, Change::BeginsIn(own) if folder == Some(own)))
    }

    /// The mounts that a `RUN` may gain.
    pub(super) fn mounts(&self) -> Vec<&'r str> {
        let changes = self.rewrite.declares.iter();
        changes
            .filter_map(|change| match change {
                Change::Mount(flag) => Some(flag.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether `key` is a command that is declared to have been only about what is mounted now.
    pub(super) fn cleans(&self, key: &str) -> bool {
        let is_cleaning = ["rm ", "chmod ", "chown "]
            .iter()
            .any(|program| key.starts_with(program));
        let is_meant = |command: &str| is_cleaning && normalized(command) == key;
        self.any(|change| matches!(change, Change::CleanupGone(command) if is_meant(command)))
    }

    /// Whether `old` is `new`. A copy may gain an owner, if that is declared; one that was there before has to stay.
    pub(super) fn is_same(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let gains = || old.owner.is_none() && self.any(|change| *change == Change::Owner);
        let same_words = old.key == new.key
            || self.lost_words(old, new)
            || self.is_moved(old, new)
            || self.has_other_lock(old, new)
            || self.lacks_secrets(old, new)
            || self.is_copy_of_add(&old.key, &new.key)
            || self.is_replaced(&old.key, &new.key);
        same_words && (old.owner == new.owner || gains())
    }

    /// Whether `new` copies from another stage what `old` does, some of it from where it is declared to be now.
    fn is_moved(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        // What a copy from a stage calls relative starts at its root.
        let is_declared = |was: &str, is: &str| {
            let was = join("/", was);
            self.any(
                |change| matches!(change, Change::Moved { from, to } if *from == was && to == is),
            )
        };
        same_but(old, new, is_declared)
            && matches!((&old.what, &new.what), (What::Copy { from: Some(one), .. }, What::Copy { from: Some(other), .. }) if one == other)
    }

    /// Whether `new` copies from the build context what `old` does, with the lock file of another tool.
    fn has_other_lock(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let is_declared = |was: &str, is: &str| {
            self.any(
                |change| matches!(change, Change::LockFile { from, to } if from == was && to == is),
            )
        };
        old.is_from_context() && new.is_from_context() && same_but(old, new, is_declared)
    }

    /// Whether `key` is a command that is declared to have set up a program that nothing runs any more, or a source of
    /// packages from which nothing is installed.
    pub(super) fn sets_up(&self, key: &str) -> bool {
        self.any(|change| match change {
            Change::SetupGone { command, .. } | Change::SourceGone { command } => {
                normalized(command) == key
            }
            _ => false,
        })
    }

    /// Whether `key` is a command of which copies are declared to do the work.
    pub(super) fn gives(&self, key: &str) -> bool {
        self.any(|change| {
            matches!(change, Change::GivenByCopies { command, .. } if normalized(command) == key)
        })
    }

    /// Whether `new` has a mount that is declared, and lacks nothing of `old` but words that are declared to be gone.
    fn lost_words(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let is_gone = |word: &str| {
            self.any(|change| matches!(change, Change::WordGone(gone) if gone == word))
        };
        let setting = new.setting.as_ref();
        setting.is_some_and(|setting| setting.has_any_flag(&self.mounts()))
            && old
                .key
                .split(' ')
                .filter(|word| !is_gone(word))
                .eq(new.key.split(' '))
    }

    /// Whether the file at `path` of the build context is declared to be a secret.
    fn is_secret(&self, path: &str) -> bool {
        self.any(|change| matches!(change, Change::SecretFile(secret) if secret == path))
    }

    /// Whether `new` copies from the build context what `old` does, less the secrets among it.
    fn lacks_secrets(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let is_kept = |word: &&str| !self.is_secret(&join("/", word));
        let words = old.key.trim_end_matches('/').split(' ');
        old.is_from_context()
            && words
                .filter(is_kept)
                .eq(new.key.trim_end_matches('/').split(' '))
    }

    /// Whether `operation` is a copy of nothing but secrets.
    pub(super) fn is_copy_of_secrets(&self, operation: &Operation<'_>) -> bool {
        match &operation.what {
            What::Copy { from: None, lands } => {
                lands.iter().all(|landing| self.is_secret(landing.source()))
            }
            _ => false,
        }
    }

    /// Whether the command `new` is declared to stand for `old`.
    fn is_replaced(&self, old: &str, new: &str) -> bool {
        self.any(|change| {
            matches!(change, Change::Replaced { from, to } if normalized(from) == old && normalized(to) == new)
        })
    }

    /// Whether a copy from `source` is that of a tool that the rewrite declares.
    pub(super) fn copies_tool(&self, source: &str, lands: &[Landing]) -> bool {
        self.any(|change| {
            let Change::ToolCopied { image, from, to } = change else {
                return false;
            };
            image == source && lands.len() == 1 && lands[0].puts(from, to)
        })
    }

    /// Whether an `ADD` became a `COPY` with the same arguments, as declared.
    fn is_copy_of_add(&self, old: &str, new: &str) -> bool {
        let added = old.strip_prefix("ADD ");
        added.is_some()
            && added == new.strip_prefix("COPY ")
            && self.any(|change| *change == Change::NothingUnpacked)
    }

    /// Makes commands that have gained a declared option compare equal to what they were. What was there before
    /// has to stay.
    pub(super) fn forget_gained(&self, old: &[Operation<'_>], new: &mut [Operation<'_>]) {
        let is_same =
            |was: usize, is: usize| old[was].key == new[is].key || self.gains(&old[was], &new[is]);
        let kept = in_order(old.len(), new.len(), is_same);
        let mut moved: HashMap<&str, usize> = HashMap::new();
        for other in old {
            *moved.entry(&other.key).or_default() += 1;
        }
        let mut is_kept = vec![false; new.len()];
        for (was, is) in kept {
            new[is].key.clone_from(&old[was].key);
            is_kept[is] = true;
            moved.entry(&old[was].key).and_modify(|left| *left -= 1);
        }
        let others = new.iter_mut().zip(is_kept).filter(|(_, is_kept)| !is_kept);
        for (operation, _) in others {
            let left = moved.get_mut(operation.key.as_str());
            if let Some(left) = left.filter(|left| **left > 0) {
                *left -= 1;
                continue;
            }
            let before = old.iter().find(|before| self.gains(before, operation));
            operation.key = match before {
                Some(before) => before.key.clone(),
                None => self.without_gained(operation),
            };
        }
    }

    /// Whether all that `new` has and `old` has not are words that it may have gained.
    fn gains(&self, old: &Operation<'_>, new: &Operation<'_>) -> bool {
        let mut left = old.key.split(' ').peekable();
        let mut words = new.key.split(' ');
        words.all(|word| left.next_if_eq(&word).is_some() || self.is_gained(new, word))
            && left.next().is_none()
    }

    /// The key of `operation` without what it may have gained.
    pub(super) fn without_gained(&self, operation: &Operation<'_>) -> String {
        let words = operation.key.split(' ');
        let words = words.filter(|word| !self.is_gained(operation, word));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Whether `word` of the key of `operation` is an option that the rewrite declares.
    fn is_gained(&self, operation: &Operation<'_>, word: &str) -> bool {
        self.any(|change| match (change, &operation.what) {
            (Change::InstallOption(option), What::Package(_)) => {
                word.strip_suffix('=') == Some(option)
            }
            (Change::InstallOption(option), What::Command { .. }) => option == word,
            (Change::BuildOptions(options), What::Command { .. }) => {
                options.iter().any(|option| option == word)
            }
            _ => false,
        })
    }
}

/// Whether the words of two operations are the same, but for those of which `is_declared` says that one became the other.
fn same_but(
    old: &Operation<'_>,
    new: &Operation<'_>,
    is_declared: impl Fn(&str, &str) -> bool,
) -> bool {
    let (was, is) = (old.key.split(' '), new.key.split(' '));
    was.clone().count() == is.clone().count()
        && was
            .zip(is)
            .all(|(was, is)| was == is || is_declared(was, is))
}

//! One of the images that are compared.

use std::collections::BTreeMap;

use super::accounts::Account;
use super::engines::{Error, Image, Inspected};
use super::libraries::{self, Found, Need};
use super::programs::{self, Verdicts};
use super::tree::Tree;

/// What is known of an image.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// What the engine says.
    pub inspected: Inspected,
    /// The files.
    pub tree: Tree,
    /// The libraries that its ELF files ask for.
    pub needs: BTreeMap<Need, Found>,
    /// The programs that its configuration names.
    pub programs: Verdicts,
}

impl Side {
    /// Reads an image.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn read(image: &Image<'_>) -> Result<Self, Error> {
        let inspected = image.inspect()?;
        Ok(Self::new(inspected, image.tree()?))
    }

    /// From what has been read.
    #[must_use]
    pub fn new(inspected: Inspected, tree: Tree) -> Self {
        let configuration = &inspected.configuration;
        Self {
            needs: libraries::needs(&tree, &configuration.environment()),
            programs: programs::check(&tree, configuration),
            inspected,
            tree,
        }
    }

    /// Its size: what the engine says, or else the sum of its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.inspected.bytes.unwrap_or_else(|| self.tree.bytes())
    }

    /// The user who runs its containers.
    pub(super) fn account(&self) -> Option<Account> {
        Account::find(&self.tree, self.inspected.configuration.user())
    }
}

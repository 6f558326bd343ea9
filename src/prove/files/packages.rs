//! Which package of Debian's a file belongs to, by the lists that dpkg(1) keeps.

use std::collections::{HashMap, HashSet};

use crate::prove::tree::Tree;

/// Where dpkg keeps the lists: `bash.list`, `libc6:amd64.list`.
const LISTS: &str = "var/lib/dpkg/info/";

/// The installed packages of an image.
pub(super) struct Packages<'t> {
    names: HashSet<&'t str>,
    owners: HashMap<&'t str, &'t str>,
}

impl<'t> Packages<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        let mut packages = Self {
            names: HashSet::new(),
            owners: HashMap::new(),
        };
        for (path, text) in tree.texts(LISTS) {
            let name = path
                .strip_prefix(LISTS)
                .and_then(|name| name.strip_suffix(".list"));
            let Some(name) = name else { continue };
            packages.names.insert(name);
            let files = text.lines().map(|line| line.trim_start_matches('/'));
            packages.owners.extend(files.map(|file| (file, name)));
        }
        packages
    }

    /// Whether it is installed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The package that `path` belongs to. Where `/lib` is a link to `/usr/lib`, the lists may say either.
    pub(super) fn owner(&self, path: &str) -> Option<&'t str> {
        let own = self.owners.get(path);
        let unmerged = || self.owners.get(path.strip_prefix("usr/")?);
        own.or_else(unmerged).copied()
    }
}

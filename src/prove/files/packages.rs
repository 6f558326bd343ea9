//! Which package of Debian's a file belongs to, by the lists that dpkg(1) keeps, and which accounts packages make.

use std::collections::{HashMap, HashSet};

use crate::prove::tree::{Kind, Tree};

/// Where dpkg keeps the lists: `bash.list`, `libc6:amd64.list`.
const LISTS: &str = "var/lib/dpkg/info/";

/// Where packages say which accounts they need: sysusers.d(5).
const SYSUSERS: &str = "usr/lib/sysusers.d/";

/// The commands by which scripts of packages make accounts.
const MAKE_ACCOUNTS: [&str; 4] = ["adduser", "addgroup", "useradd", "groupadd"];

/// The installed packages of an image.
pub(super) struct Packages<'t> {
    tree: &'t Tree,
    names: HashSet<&'t str>,
    owners: HashMap<&'t str, &'t str>,
}

impl<'t> Packages<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        let mut packages = Self {
            tree,
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

    /// Whether a package makes the account `name`: a script of its that makes accounts holds the word, or a table.
    pub(super) fn make_account(&self, name: &str) -> bool {
        let scripts = self.tree.texts(LISTS).filter(|(path, text)| {
            !path.ends_with(".list") && MAKE_ACCOUNTS.iter().any(|command| text.contains(command))
        });
        let is_word = |text: &str| text.split(|c| !is_in_name(c)).any(|word| word == name);
        scripts
            .chain(self.tree.texts(SYSUSERS))
            .any(|(_, text)| is_word(text))
    }

    /// The packages whose scripts may have made `path`, which is in no list: they name it, or it is a link to a file of
    /// the package.
    pub(super) fn makers(&self, path: &str) -> impl Iterator<Item = &'t str> {
        let absolute = format!("/{path}");
        let names_it = move |text: &str| {
            let mut behind = text.split(&absolute).skip(1);
            behind.any(|rest| !rest.starts_with(|c| is_in_name(c) || c == '/'))
        };
        let scripts = self.tree.texts(LISTS);
        let named = scripts.filter_map(move |(script, text)| {
            let (name, kind) = script.strip_prefix(LISTS)?.rsplit_once('.')?;
            (kind != "list" && names_it(text)).then_some(name)
        });
        let is_link =
            matches!(self.tree.get(path), Some(node) if matches!(node.kind, Kind::Link(_)));
        let target = is_link.then(|| self.tree.resolve(path)).flatten();
        let linked = target.and_then(|(target, _)| self.owner(&target));
        linked.into_iter().chain(named)
    }

    /// The package that `path` belongs to. Where `/lib` is a link to `/usr/lib`, the lists may say either.
    pub(super) fn owner(&self, path: &str) -> Option<&'t str> {
        let own = self.owners.get(path);
        let unmerged = || self.owners.get(path.strip_prefix("usr/")?);
        own.or_else(unmerged).copied()
    }
}

/// Whether `c` can be in the name of an account or of a file.
fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

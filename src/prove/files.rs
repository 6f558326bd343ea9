//! How two file trees differ, and who says so.
//!
//! Every difference has a cause that a rewrite has declared, that the tables know, or that shows when the
//! same Dockerfile is built twice. What has none counts against the rewrites.

mod accounts;
mod gone;
mod installer;
mod packages;

use std::collections::{BTreeMap, HashMap};

use super::accounts::Account;
use super::declared::Declared;
use super::tree::{Fingerprint, Kind, Node, Tree};
use crate::context::{BuildContext, folder_and_name};
use crate::knowledge::Knowledge;
use crate::report::proof::{Cause, Group, MOST_LISTED, What};

use accounts::Renumbered;
use packages::Packages;

/// What explains differences.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// What the rewrites mean to change.
    pub declared: &'a Declared,
    /// The tables.
    pub knowledge: &'a Knowledge,
    /// The build context as it is.
    pub context: Option<&'a BuildContext>,
    /// The image under the final stage after, where that is another than before.
    pub base: Option<&'a Tree>,
    /// That before.
    pub old_base: Option<&'a Tree>,
    /// The user after.
    pub account: Option<&'a Account>,
    /// The texts of the files that the rewrites themselves change, before and after; none before for new files.
    pub rewritten: &'a [(Option<Fingerprint>, Fingerprint)],
    /// A second build of what is built before.
    pub control: Option<&'a Tree>,
}

/// The differences, by kind and cause.
#[must_use]
pub fn differences(before: &Tree, after: &Tree, evidence: &Evidence<'_>) -> Vec<Group> {
    let judge = Judge::new(before, after, evidence);
    let mut groups: BTreeMap<(What, Option<Cause>), Group> = BTreeMap::new();
    for (path, what) in changes(before, after, &judge.renumbered) {
        let cause = judge.cause(path, what);
        let group = groups.entry((what, cause)).or_insert_with(|| Group {
            what,
            cause,
            paths: 0,
            bytes: 0,
            listed: Vec::new(),
        });
        let node = after.get(path).or_else(|| before.get(path));
        group.paths += 1;
        group.bytes += node.and_then(Node::file).map_or(0, |file| file.size);
        let is_inside = |folder: &String| {
            path.strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if group.listed.len() < MOST_LISTED && !group.listed.iter().any(is_inside) {
            group.listed.push(path.to_owned());
        }
    }
    groups.into_values().collect()
}

/// Every path that is different, and in which way.
fn changes<'t>(
    before: &'t Tree,
    after: &'t Tree,
    renumbered: &Renumbered,
) -> impl Iterator<Item = (&'t str, What)> {
    let old = before.iter().flat_map(|(path, old)| {
        let what = match after.get(path) {
            None => vec![What::Gone],
            Some(new) => different(old, new, renumbered),
        };
        what.into_iter().map(move |what| (path, what))
    });
    let new = after.iter().filter(|(path, _)| before.get(path).is_none());
    old.chain(new.map(|(path, _)| (path, What::New)))
}

fn different(old: &Node, new: &Node, renumbered: &Renumbered) -> Vec<What> {
    let mut what = Vec::new();
    if !same_content(old, new) {
        what.push(What::Content);
    }
    if !renumbered.same_owner(old, new) {
        what.push(What::Owner);
    }
    // The mode of a link means nothing.
    if old.mode != new.mode && !matches!(new.kind, Kind::Link(_)) {
        what.push(What::Mode);
    }
    what
}

fn same_content(old: &Node, new: &Node) -> bool {
    match (&old.kind, &new.kind) {
        (Kind::File(old), Kind::File(new)) => old.fingerprint == new.fingerprint,
        (old, new) => old == new,
    }
}

/// Finds causes.
struct Judge<'a> {
    before: &'a Tree,
    after: &'a Tree,
    evidence: &'a Evidence<'a>,
    packages_before: Packages<'a>,
    packages_after: Packages<'a>,
    renumbered: Renumbered,
    /// Folders in which names come and go from build to build, and whether some of these are folders.
    restless: HashMap<&'a str, bool>,
}

impl<'a> Judge<'a> {
    fn new(before: &'a Tree, after: &'a Tree, evidence: &'a Evidence<'a>) -> Self {
        let by_number = Renumbered::default();
        let mut restless = HashMap::new();
        if let Some(control) = evidence.control {
            let moves = changes(before, control, &by_number);
            for (path, _) in moves.filter(|(_, what)| matches!(what, What::Gone | What::New)) {
                let node = before.get(path).or_else(|| control.get(path));
                let is_folder = node.is_some_and(|node| matches!(node.kind, Kind::Folder));
                *restless.entry(folder_and_name(path).0).or_default() |= is_folder;
            }
        }
        let packages_after = Packages::new(after);
        Self {
            before,
            after,
            evidence,
            packages_before: Packages::new(before),
            renumbered: Renumbered::new(before, after, &packages_after),
            packages_after,
            restless,
        }
    }

    fn cause(&self, path: &str, what: What) -> Option<Cause> {
        let general = self.general(path, what);
        let general = general.or_else(|| installer::cause(path, what, self.evidence));
        let cause = general.or_else(|| match what {
            What::Gone => self.gone(path),
            What::New => self.new_path(path),
            What::Content => self.content(path),
            What::Owner => self.owner(path),
            What::Mode => {
                let of_base = self.of_base(path, |old, new| old.mode == new.mode);
                of_base.or_else(|| self.made_anew(path))
            }
        });
        cause.or_else(|| self.by_itself(path, what))
    }

    /// What holds for every kind of difference.
    fn general(&self, path: &str, what: What) -> Option<Cause> {
        let Evidence {
            knowledge,
            rewritten,
            ..
        } = self.evidence;
        if knowledge.image_files.is_volatile(path) {
            return known("hold what is different with every build");
        }
        let is_made = matches!(what, What::Content | What::New);
        let by = self
            .evidence
            .declared
            .built_ahead(path, matches!(what, What::New));
        if let Some(by) = by.filter(|_| is_made) {
            return Some(Cause {
                why: "are built with the image, and not when a container starts",
                by: Some(by),
            });
        }
        let absolute = format!("/{path}");
        if knowledge
            .package_managers
            .iter()
            .any(|manager| manager.owns(&absolute))
        {
            return known("are kept by a package manager for later runs");
        }
        let print = |tree: &Tree| Some(tree.get(path)?.file()?.fingerprint);
        let (old, new) = (print(self.before), print(self.after)?);
        let is_rewritten =
            rewritten.contains(&(old, new)) && matches!(what, What::Content | What::New);
        is_rewritten.then_some(Cause {
            why: "are the files that are rewritten",
            by: None,
        })
    }

    /// Whether what is gone is somewhere else, or what is new was, as declared.
    fn moved(&self, path: &str, is_new: bool) -> Option<Cause> {
        let by = self.evidence.declared.moves()?;
        let other = self.evidence.declared.moved(path, is_new)?;
        let tree = if is_new { self.before } else { self.after };
        tree.get(&other).is_some().then_some(Cause {
            why: "are in another folder, in which the image looks",
            by: Some(by),
        })
    }

    fn new_path(&self, path: &str) -> Option<Cause> {
        let Evidence {
            declared,
            knowledge,
            account,
            ..
        } = self.evidence;
        let of_base = self.of_base(path, same_content);
        if let Some(cause) = of_base.or_else(|| self.moved(path, true)) {
            return Some(cause);
        }
        if let Some(by) = declared.packages() {
            let owner = self.packages_after.owner(path);
            let is_added = owner.is_some_and(|owner| !self.packages_before.has(owner));
            if is_added || knowledge.image_files.is_of_packages(path) {
                return Some(Cause {
                    why: "are of packages that are added",
                    by: Some(by),
                });
            }
        }
        let (by, account, node) = (declared.user()?, (*account)?, self.after.get(path)?);
        let home = account
            .home
            .as_deref()
            .unwrap_or_default()
            .trim_matches('/');
        let is_home = !home.is_empty() && (path == home || path.starts_with(&format!("{home}/")));
        let is_own_folder = node.kind == Kind::Folder && node.uid == account.uid;
        let is_of_accounts = knowledge.image_files.is_of_accounts(path);
        (is_home || is_own_folder || is_of_accounts).then_some(Cause {
            why: "are of the new account",
            by: Some(by),
        })
    }

    fn content(&self, path: &str) -> Option<Cause> {
        self.of_base(path, same_content)
            .or_else(|| self.launcher(path))
            .or_else(|| self.built_otherwise(path))
            .or_else(|| self.list_of_accounts(path))
            .or_else(|| self.list_of_what_is_installed(path))
    }

    fn launcher(&self, path: &str) -> Option<Cause> {
        let Evidence {
            declared,
            knowledge,
            ..
        } = self.evidence;
        let by = declared.moves()?;
        knowledge.image_files.is_launcher(path).then_some(Cause {
            why: "name the interpreter of the image",
            by: Some(by),
        })
    }

    fn built_otherwise(&self, path: &str) -> Option<Cause> {
        let by = self.evidence.declared.build_options()?;
        let is_program = |tree: &Tree| {
            let file = tree.get(path).and_then(Node::file);
            file.is_some_and(|file| file.elf.is_some())
        };
        (is_program(self.before) && is_program(self.after)).then_some(Cause {
            why: "are built with other options",
            by: Some(by),
        })
    }

    fn list_of_accounts(&self, path: &str) -> Option<Cause> {
        if self.renumbered.same_list(path, self.before, self.after) {
            return known(
                "list the same accounts, those of packages with the numbers that were free",
            );
        }
        let Evidence {
            declared,
            knowledge,
            ..
        } = self.evidence;
        let by = declared.user().or_else(|| declared.base())?;
        let is_list = knowledge.image_files.is_of_accounts(path);
        is_list.then_some(Cause {
            why: "list the accounts",
            by: Some(by),
        })
    }

    fn list_of_what_is_installed(&self, path: &str) -> Option<Cause> {
        let Evidence {
            declared,
            knowledge,
            ..
        } = self.evidence;
        let tables = &knowledge.image_files;
        let packages = || declared.packages().or_else(|| declared.base());
        let by = match () {
            () if tables.is_of_packages(path) => packages(),
            () if tables.is_of_dependencies(path) => declared.commands(),
            () => None,
        };
        by.map(|by| Cause {
            why: "list what is installed",
            by: Some(by),
        })
    }

    fn owner(&self, path: &str) -> Option<Cause> {
        let node = self.after.get(path)?;
        let base = self.of_base(path, |old, new| (old.uid, old.gid) == (new.uid, new.gid));
        base.or_else(|| {
            let (by, account) = (self.evidence.declared.owner()?, self.evidence.account?);
            (node.uid == account.uid || account.gids.contains(&node.gid)).then_some(Cause {
                why: "belong to the new user",
                by: Some(by),
            })
        })
    }

    /// Whether `path` is what the other base image has there.
    fn of_base(&self, path: &str, same: impl Fn(&Node, &Node) -> bool) -> Option<Cause> {
        let by = self.evidence.declared.base()?;
        let old = self.evidence.base?.get(path)?;
        same(old, self.after.get(path)?).then_some(Cause {
            why: "are of the other base image",
            by: Some(by),
        })
    }

    /// Whether `path` is a folder of the base image that is left, which the new one has not and a step makes.
    fn made_anew(&self, path: &str) -> Option<Cause> {
        let by = self.evidence.declared.base()?;
        let (old, new) = (self.evidence.old_base?.get(path)?, self.after.get(path)?);
        let is_folder = matches!(old.kind, Kind::Folder) && matches!(new.kind, Kind::Folder);
        let is_made = is_folder && self.evidence.base?.get(path).is_none();
        is_made.then_some(Cause {
            why: "are folders of the base image that is left, made anew",
            by: Some(by),
        })
    }

    /// Whether `path` differs as well between two builds of the same Dockerfile.
    fn by_itself(&self, path: &str, what: What) -> Option<Cause> {
        let control = self.evidence.control?;
        let differs = match (self.before.get(path), control.get(path)) {
            (Some(old), Some(new)) => different(old, new, &Renumbered::default()).contains(&what),
            (None, None) => false,
            _ => true,
        };
        let is_restless = matches!(what, What::Gone | What::New) && self.is_restless(path);
        if differs || is_restless {
            return known("differ between two builds of the same Dockerfile");
        }
        None
    }

    /// Whether names come and go in the folder of `path`, or whole folders in a folder around it, and `path`
    /// is in one that came or went.
    fn is_restless(&self, path: &str) -> bool {
        let (folder, _) = folder_and_name(path);
        if self.restless.contains_key(folder) {
            return true;
        }
        let mut part = folder;
        while !part.is_empty()
            && (self.before.get(part).is_none() || self.after.get(part).is_none())
        {
            let (around, _) = folder_and_name(part);
            if self
                .restless
                .get(around)
                .is_some_and(|&of_folders| of_folders)
            {
                return true;
            }
            part = around;
        }
        false
    }
}

fn known(why: &'static str) -> Option<Cause> {
    Some(Cause { why, by: None })
}

#[cfg(test)]
mod tests;

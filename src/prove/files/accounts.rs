//! Accounts that packages make for themselves, and whose numbers depend on the order in which packages are installed.
//!
//! Debian leaves those numbers open: from 100 to 999 they are "dynamically allocated system users and groups", which may
//! be "different on each system" (Debian Policy, 9.2.2). So owners are compared by name where a script of a package
//! made the account, and lists of accounts as sets of lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;

use super::packages::Packages;
use crate::prove::tree::{Node, Tree};

/// The numbers that packages are given as they come.
const DYNAMIC: RangeInclusive<u64> = 100..=999;

/// Which column of a list of accounts holds what: passwd(5), group(5), shadow(5), gshadow(5), subuid(5), subgid(5).
#[derive(Default)]
struct Columns {
    /// The number of a user.
    user: Option<usize>,
    /// The number of a group.
    group: Option<usize>,
    /// Names between commas, in any order.
    members: Option<usize>,
    /// The day of the last change.
    day: Option<usize>,
}

fn columns(path: &str) -> Option<Columns> {
    let none = Columns::default();
    Some(match path {
        "etc/passwd" => Columns {
            user: Some(2),
            group: Some(3),
            ..none
        },
        "etc/group" => Columns {
            group: Some(2),
            members: Some(3),
            ..none
        },
        "etc/gshadow" => Columns {
            members: Some(3),
            ..none
        },
        "etc/shadow" => Columns {
            day: Some(2),
            ..none
        },
        "etc/subuid" | "etc/subgid" => none,
        _ => return None,
    })
}

/// Numbers before, and the numbers that the same accounts have after.
type Numbers = HashMap<u64, u64>;

/// The accounts of packages that have other numbers after than before.
#[derive(Default)]
pub(super) struct Renumbered {
    users: Numbers,
    groups: Numbers,
}

impl Renumbered {
    pub(super) fn new(before: &Tree, after: &Tree, packages: &Packages<'_>) -> Self {
        let moved = |path| {
            let (old, new) = (numbers(before, path), numbers(after, path));
            let pairs = old.into_iter().filter_map(|(name, old)| {
                let new = *new.get(name)?;
                let is_open = DYNAMIC.contains(&old) && DYNAMIC.contains(&new);
                (old != new && is_open && packages.make_account(name)).then_some((old, new))
            });
            pairs.collect()
        };
        Self {
            users: moved("etc/passwd"),
            groups: moved("etc/group"),
        }
    }

    /// Whether `old` before and `new` after belong to the same user and group.
    pub(super) fn same_owner(&self, old: &Node, new: &Node) -> bool {
        let now = |numbers: &Numbers, old: u64| numbers.get(&old).copied().unwrap_or(old);
        now(&self.users, old.uid) == new.uid && now(&self.groups, old.gid) == new.gid
    }

    /// Whether `path` lists the same accounts in both trees.
    pub(super) fn same_list(&self, path: &str, before: &Tree, after: &Tree) -> bool {
        let (Some(columns), Some(old), Some(new)) =
            (columns(path), before.text(path), after.text(path))
        else {
            return false;
        };
        let none = Self::default();
        self.lines(old, &columns) == none.lines(new, &columns)
    }

    /// The lines of a list with the numbers after, without what the order and the day decide.
    fn lines(&self, text: &str, columns: &Columns) -> BTreeSet<String> {
        let line = |line: &str| {
            let mut fields: Vec<String> = line.split(':').map(str::to_owned).collect();
            for (column, numbers) in [(columns.user, &self.users), (columns.group, &self.groups)] {
                let field = column.and_then(|column| fields.get_mut(column));
                if let Some(field) = field
                    && let Some(new) = field.parse().ok().and_then(|old: u64| numbers.get(&old))
                {
                    *field = new.to_string();
                }
            }
            if let Some(field) = columns.members.and_then(|column| fields.get_mut(column)) {
                let members: BTreeSet<&str> = field.split(',').collect();
                *field = members.into_iter().collect::<Vec<_>>().join(",");
            }
            if let Some(field) = columns.day.and_then(|column| fields.get_mut(column)) {
                field.clear();
            }
            fields.join(":")
        };
        text.lines().map(line).collect()
    }
}

/// The numbers in a list of accounts, by name.
fn numbers<'t>(tree: &'t Tree, path: &str) -> BTreeMap<&'t str, u64> {
    let rows = tree.text(path).unwrap_or_default().lines();
    rows.filter_map(|row| {
        let mut fields = row.split(':');
        Some((fields.next()?, fields.nth(1)?.parse().ok()?))
    })
    .collect()
}

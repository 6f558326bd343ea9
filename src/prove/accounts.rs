//! The accounts of an image: who runs its containers, and what that user may do.

use std::collections::BTreeSet;

use super::tree::{Kind, Tree};

/// The user who runs the containers of an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its name, if `/etc/passwd` knows it.
    pub name: Option<String>,
    /// The number of the user.
    pub uid: u64,
    /// The groups that it is in.
    pub gids: BTreeSet<u64>,
    /// Its home, if `/etc/passwd` knows it.
    pub home: Option<String>,
}

/// What somebody wants to do with a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Start it, or pass through it.
    Execute = 0o1,
    /// Read it.
    Read = 0o4,
}

impl Account {
    /// The one that `user` (`name`, `uid`, either with `:group`) means in `tree`; `None` when there is no such name.
    #[must_use]
    pub fn find(tree: &Tree, user: &str) -> Option<Self> {
        let (user, group) = match user.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (user, None),
        };
        let user = if user.is_empty() { "root" } else { user };
        let passwd = fields(tree.text("etc/passwd"));
        let known = passwd
            .iter()
            .find(|row| row[0] == user || row.get(2) == Some(&user));
        let number = |at: usize| known.and_then(|row| row.get(at)?.parse().ok());
        let uid = number(2).or_else(|| user.parse().ok());
        // Docker takes `root` in images without accounts.
        let uid = uid.or_else(|| (user == "root").then_some(0))?;
        let name = known.map_or(user, |row| row[0]);
        let groups = fields(tree.text("etc/group"));
        let gids = match group {
            Some(group) => BTreeSet::from([group_number(&groups, group)?]),
            None => {
                let member = |row: &&Vec<&str>| {
                    row.get(3)
                        .is_some_and(|names| names.split(',').any(|other| other == name))
                };
                let more = groups.iter().filter(member);
                let more = more.filter_map(|row| row.get(2)?.parse().ok());
                more.chain([number(3).unwrap_or(0)]).collect()
            }
        };
        let home = known
            .and_then(|row| row.get(5))
            .map(|home| (*home).to_owned());
        let name = known.map(|row| row[0].to_owned());
        Some(Self {
            name,
            uid,
            gids,
            home,
        })
    }

    /// Whether it may do that with what `path` leads to, and pass through all folders on the way.
    #[must_use]
    pub fn may(&self, tree: &Tree, path: &str, access: Access) -> bool {
        let Some((path, _)) = tree.resolve(path) else {
            return false;
        };
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders
            .into_iter()
            .all(|folder| self.has(tree, folder, Access::Execute))
            && self.has(tree, &path, access)
    }

    fn has(&self, tree: &Tree, path: &str, access: Access) -> bool {
        let Some(node) = tree.get(path) else {
            return false;
        };
        let bit = access as u32;
        match node.mode {
            // Root may read everything, and start what anybody may start.
            mode if self.uid == 0 => {
                access == Access::Read || node.kind == Kind::Folder || mode & 0o111 != 0
            }
            mode if self.uid == node.uid => mode & (bit << 6) != 0,
            mode if self.gids.contains(&node.gid) => mode & (bit << 3) != 0,
            mode => mode & bit != 0,
        }
    }
}

fn fields(table: Option<&str>) -> Vec<Vec<&str>> {
    let lines = table.unwrap_or_default().lines();
    lines
        .map(|line| line.trim_end().split(':').collect())
        .collect()
}

fn group_number(groups: &[Vec<&str>], group: &str) -> Option<u64> {
    let known = groups.iter().find(|row| row[0] == group);
    let number = known.and_then(|row| row.get(2)?.parse().ok());
    number.or_else(|| group.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::{Entry, tree};
    use super::*;

    #[test]
    fn a_user_has_the_groups_of_the_image_unless_one_is_named() {
        let tree = tree(&[
            (
                "etc/passwd",
                Entry::Text("root:x:0:0::/root:\napp:x:10001:10001::/home/app:/bin/sh\n"),
            ),
            (
                "etc/group",
                Entry::Text("root:x:0:\nweb:x:33:app,other\napp:x:10001:\n"),
            ),
        ]);
        let find = |user| Account::find(&tree, user).expect("an account");
        let gids = |user| find(user).gids.into_iter().collect::<Vec<_>>();
        assert_eq!((find("app").uid, gids("app")), (10001, vec![33, 10001]));
        assert_eq!((find("10001").uid, gids("10001:web")), (10001, vec![33]));
        assert_eq!((find("").uid, find("").home.as_deref()), (0, Some("/root")));
        assert_eq!((find("777").uid, gids("777")), (777, vec![0]));
        assert_eq!(Account::find(&tree, "nobody"), None);
    }

    #[test]
    fn a_file_in_a_closed_folder_cannot_be_started() {
        let tree = tree(&[("a/run", Entry::Program("x")), ("a/text", Entry::Text("x"))]);
        let other = Account::find(&tree, "1000").expect("a number");
        let root = Account::find(&tree, "").expect("root");
        assert!(other.may(&tree, "/a/run", Access::Execute));
        assert!(other.may(&tree, "/a/text", Access::Read));
        assert!(!root.may(&tree, "/a/text", Access::Execute));
        assert!(!root.may(&tree, "/b", Access::Read));
    }
}

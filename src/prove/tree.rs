//! The file tree of an image, read from a tar stream and never unpacked.
//!
//! Of a file, only what is compared is kept: who owns it, what it may be used for, and a digest of its
//! content. So an image of a gigabyte takes some ten megabytes of memory.

mod content;

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use tar::{Archive, Entry, EntryType};

pub use content::{File, Fingerprint, fingerprint};

/// Text files of interest up to this size are kept.
const MOST_TEXT: u64 = 4 << 20;

/// How many links lead to a file at the most, as in Linux.
const MOST_LINKS: usize = 40;

/// The files of an image by their paths, which have no slash in front.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<String, Node>,
    texts: BTreeMap<String, String>,
}

/// A file, a folder or a link.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The permissions: the lower twelve bits of the mode.
    pub mode: u32,
    /// The owner.
    pub uid: u64,
    /// The group.
    pub gid: u64,
}

/// What stands at a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A file.
    File(Box<File>),
    /// A folder.
    Folder,
    /// A symbolic link, and where it points.
    Link(String),
    /// A device or a pipe.
    Special,
}

impl Tree {
    /// Reads a tar stream of a whole file system.
    ///
    /// # Errors
    /// When the stream cannot be read, or is no tar.
    pub fn read(stream: impl Read) -> io::Result<Self> {
        let mut tree = Self::default();
        for entry in Archive::new(stream).entries()? {
            tree.add(entry?)?;
        }
        Ok(tree)
    }

    fn add(&mut self, mut entry: Entry<'_, impl Read>) -> io::Result<()> {
        let path = clean(&String::from_utf8_lossy(&entry.path_bytes()));
        if path.is_empty() {
            return Ok(());
        }
        let target = entry.link_name_bytes();
        let target = target.map(|target| String::from_utf8_lossy(&target).into_owned());
        let target = target.unwrap_or_default();
        let header = entry.header();
        let (mode, uid, gid) = (header.mode()? & 0o7777, header.uid()?, header.gid()?);
        let kind = match header.entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Symlink => Kind::Link(target),
            EntryType::Link => {
                if let Some(node) = self.nodes.get(&clean(&target)).cloned() {
                    self.nodes.insert(path, node);
                }
                return Ok(());
            }
            kind if kind.is_file() => Kind::File(Box::new(self.read_file(&path, &mut entry)?)),
            _ => Kind::Special,
        };
        let node = Node {
            kind,
            mode,
            uid,
            gid,
        };
        self.nodes.insert(path, node);
        Ok(())
    }

    fn read_file(&mut self, path: &str, content: &mut Entry<'_, impl Read>) -> io::Result<File> {
        let size = content.size();
        if size <= MOST_TEXT && is_text_of_interest(path) {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.texts.insert(path.to_owned(), text);
            return File::read(Cursor::new(bytes), size);
        }
        File::read(content, size)
    }

    /// How many paths there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The sum of the sizes of all files, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.iter()
            .filter_map(|(_, node)| node.file())
            .map(|file| file.size)
            .sum()
    }

    /// All paths and what stands there, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_str(), node))
    }

    /// What stands at `path` itself: a link is not followed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// What stands below the folder `path`, at any depth.
    pub fn below<'t>(&'t self, path: &str) -> impl Iterator<Item = (&'t str, &'t Node)> {
        let prefix = format!("{path}/");
        let from = self.nodes.range(prefix.clone()..);
        from.take_while(move |(path, _)| path.starts_with(&prefix))
            .map(|(path, node)| (path.as_str(), node))
    }

    /// The text of one of the few files that are kept: accounts, the loader's configuration, the
    /// lists of installed packages.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The texts whose paths start with `prefix`.
    pub fn texts<'t>(&'t self, prefix: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let all = self
            .texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.starts_with(prefix))
    }

    /// What `path` leads to when all links are followed, and where that is. `""` is the root.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Option<(String, &Node)> {
        let mut waiting: Vec<String> = parts(path).rev().map(str::to_owned).collect();
        let mut at = String::new();
        let mut links = 0;
        while let Some(part) = waiting.pop() {
            if part == ".." {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            let next = if at.is_empty() {
                part
            } else {
                format!("{at}/{part}")
            };
            match &self.nodes.get(&next)?.kind {
                Kind::Link(target) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return None;
                    }
                    if target.starts_with('/') {
                        at.clear();
                    }
                    waiting.extend(parts(target).rev().map(str::to_owned));
                }
                _ => at = next,
            }
        }
        let node = self.nodes.get(&at)?;
        Some((at, node))
    }
}

impl Node {
    /// The content, if it is a file.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        match &self.kind {
            Kind::File(file) => Some(file),
            _ => None,
        }
    }
}

fn is_text_of_interest(path: &str) -> bool {
    const ACCOUNTS: [&str; 6] = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];
    let of_dpkg = [".list", ".preinst", ".postinst"];
    let in_etc = path.strip_prefix("etc/");
    in_etc.is_some_and(|name| {
        ACCOUNTS.contains(&name)
            || name == "ld.so.conf"
            || name.starts_with("ld.so.conf.d/")
            || name.starts_with("ld-musl-")
    }) || path.starts_with("usr/lib/sysusers.d/")
        || path.starts_with("var/lib/dpkg/info/") && of_dpkg.iter().any(|end| path.ends_with(end))
}

/// `./a//b/` as `a/b`.
fn clean(path: &str) -> String {
    parts(path).collect::<Vec<_>>().join("/")
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !matches!(*part, "" | "."))
}

#[cfg(test)]
pub(super) mod tests;

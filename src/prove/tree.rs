//! The file tree of an image, read from a tar stream and never unpacked.
//!
//! Of a file, only what is compared is kept: who owns it, what it may be used for, and a digest of its
//! content. So an image of a gigabyte takes some ten megabytes of memory.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use tar::{Archive, Entry, EntryType};
use tempfile::SpooledTempFile;

use super::elf::{Elf, MAGIC};

/// ELF files up to this size are looked at in memory, larger ones in a temporary file.
const SPOOL: usize = 16 << 20;

/// Text files of interest up to this size are kept.
const MOST_TEXT: u64 = 4 << 20;

/// The longest `#!` line that kernels read.
const LONGEST_SHEBANG: usize = 256;

/// How many links lead to a file at the most, as in Linux.
const MOST_LINKS: usize = 40;

/// The bytes of a digest that are kept.
pub type Fingerprint = [u8; 16];

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

/// The content of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct File {
    /// In bytes.
    pub size: u64,
    /// Of the content.
    pub fingerprint: Fingerprint,
    /// What it asks of the loader, if it is an ELF file.
    pub elf: Option<Elf>,
    /// What stands behind `#!` in its first line, without blanks around it.
    pub shebang: Option<String>,
}

/// The fingerprint of a content.
#[must_use]
pub fn fingerprint(content: &[u8]) -> Fingerprint {
    shortened(Sha256::digest(content).as_slice())
}

fn shortened(digest: &[u8]) -> Fingerprint {
    let mut short = Fingerprint::default();
    short
        .iter_mut()
        .zip(digest)
        .for_each(|(short, byte)| *short = *byte);
    short
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

impl File {
    fn read(mut content: impl Read, size: u64) -> io::Result<Self> {
        let mut head = Vec::with_capacity(LONGEST_SHEBANG);
        content
            .by_ref()
            .take(LONGEST_SHEBANG as u64)
            .read_to_end(&mut head)?;
        let mut file = Self {
            size,
            shebang: shebang(&head),
            ..Self::default()
        };
        let mut digest = Sha256::new();
        let mut content = Cursor::new(&head).chain(content);
        if head.starts_with(MAGIC) {
            let mut spool = SpooledTempFile::new(SPOOL);
            copy(&mut content, |bytes| {
                digest.update(bytes);
                spool.write_all(bytes)
            })?;
            spool.seek(SeekFrom::Start(0))?;
            file.elf = Elf::read(spool);
        } else {
            copy(&mut content, |bytes| {
                digest.update(bytes);
                Ok(())
            })?;
        }
        file.fingerprint = shortened(digest.finalize().as_slice());
        Ok(file)
    }
}

fn copy(content: &mut impl Read, mut to: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(()),
            read => to(&buffer[..read])?,
        }
    }
}

fn shebang(head: &[u8]) -> Option<String> {
    let line = head
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?;
    Some(String::from_utf8_lossy(line).trim().to_owned())
}

fn is_text_of_interest(path: &str) -> bool {
    matches!(path, "etc/passwd" | "etc/group" | "etc/ld.so.conf")
        || path.starts_with("etc/ld.so.conf.d/")
        || path.starts_with("etc/ld-musl-")
        || path.starts_with("var/lib/dpkg/info/") && path.ends_with(".list")
}

/// `./a//b/` as `a/b`.
fn clean(path: &str) -> String {
    parts(path).collect::<Vec<_>>().join("/")
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !matches!(*part, "" | "."))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What a test puts into a tree.
    pub(in crate::prove) enum Entry {
        Text(&'static str),
        Program(&'static str),
        Elf(Elf),
        Link(&'static str),
        Folder,
        Owned(&'static str, u64),
    }

    /// A tree with these paths.
    pub(in crate::prove) fn tree(entries: &[(&str, Entry)]) -> Tree {
        let mut tree = Tree::default();
        for (path, entry) in entries {
            let file = |text: &str| {
                let bytes = text.as_bytes();
                Kind::File(Box::new(
                    File::read(bytes, bytes.len() as u64).expect("memory is read"),
                ))
            };
            let (kind, mode, uid) = match entry {
                Entry::Text(text) => (file(text), 0o644, 0),
                Entry::Program(text) => (file(text), 0o755, 0),
                Entry::Owned(text, uid) => (file(text), 0o644, *uid),
                Entry::Elf(elf) => {
                    let file = File {
                        elf: Some(elf.clone()),
                        ..File::default()
                    };
                    (Kind::File(Box::new(file)), 0o755, 0)
                }
                Entry::Link(target) => (Kind::Link((*target).to_owned()), 0o777, 0),
                Entry::Folder => (Kind::Folder, 0o755, 0),
            };
            if let (Entry::Text(text), true) = (entry, is_text_of_interest(path)) {
                tree.texts.insert((*path).to_owned(), (*text).to_owned());
            }
            for (at, _) in path.match_indices('/') {
                let folder = Node {
                    kind: Kind::Folder,
                    mode: 0o755,
                    uid: 0,
                    gid: 0,
                };
                tree.nodes.entry(path[..at].to_owned()).or_insert(folder);
            }
            let node = Node {
                kind,
                mode,
                uid,
                gid: uid,
            };
            tree.nodes.insert((*path).to_owned(), node);
        }
        tree
    }

    /// A tar with a folder, a file, a hard link to it, a symbolic link, and this very program.
    fn archive() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut add = |path: &str, kind: EntryType, content: &[u8], target: &str| {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(0o755);
            header.set_uid(1000);
            header.set_gid(1000);
            header.set_size(content.len() as u64);
            if target.is_empty() {
                builder.append_data(&mut header, path, content)
            } else {
                builder.append_link(&mut header, path, target)
            }
            .expect("memory is written");
        };
        let own = std::env::current_exe()
            .and_then(std::fs::read)
            .expect("a program runs");
        add("./app/", EntryType::Directory, b"", "");
        add("app/run", EntryType::Regular, b"#! /bin/sh -e\nexit\n", "");
        add("app/same", EntryType::Link, b"", "app/run");
        add("app/link", EntryType::Symlink, b"", "../app/./run");
        add("app/self", EntryType::Regular, &own, "");
        builder.into_inner().expect("memory is written")
    }

    #[test]
    fn a_tar_is_read_as_it_comes() {
        let tree = Tree::read(&archive()[..]).expect("a tar");
        let paths: Vec<&str> = tree.iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            ["app", "app/link", "app/run", "app/same", "app/self"]
        );
        let run = tree.get("app/run").and_then(Node::file).expect("a file");
        assert_eq!(run.shebang.as_deref(), Some("/bin/sh -e"));
        assert_eq!(run.fingerprint, fingerprint(b"#! /bin/sh -e\nexit\n"));
        assert_eq!(tree.get("app/same"), tree.get("app/run"));
        assert_eq!(
            tree.resolve("/app/link").map(|(path, _)| path).as_deref(),
            Some("app/run")
        );
        assert_eq!(
            tree.get("app").map(|node| (node.mode, node.uid)),
            Some((0o755, 1000))
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_elf_file_says_what_it_needs() {
        let tree = Tree::read(&archive()[..]).expect("a tar");
        let own = tree.get("app/self").and_then(Node::file).expect("a file");
        let elf = own.elf.as_ref().expect("an ELF file");
        assert!(
            elf.needed.iter().any(|name| name.starts_with("libc.")),
            "{elf:?}"
        );
        assert!(
            elf.interpreter
                .as_ref()
                .is_some_and(|path| path.contains("/ld-")),
            "{elf:?}"
        );
    }

    #[test]
    fn a_circle_of_links_leads_nowhere() {
        let tree = tree(&[("a", Entry::Link("b")), ("b", Entry::Link("/a"))]);
        assert!(tree.resolve("a").is_none());
    }
}

//! Trees for tests, and how they are read.

use super::super::elf::Elf;
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

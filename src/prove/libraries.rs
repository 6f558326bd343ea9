//! Whether the ELF files of an image find the libraries that they name there.
//!
//! The rules are those of ld.so(8) for glibc, and of musl's `ldso/dynlink.c`. What a program loads by
//! itself with `dlopen` is not seen. A library that another one has loaded already is found
//! although no path leads to it, so what counts is always the comparison with the image before.

use std::collections::{BTreeMap, HashMap};

use object::elf::{EM_386, EM_AARCH64, EM_ARM, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64, Machine};

use super::elf::Elf;
use super::tree::Tree;
use crate::analysis::paths::file_name;
use crate::context::folder_and_name;

/// The folders in which both loaders look at the end.
const DEFAULT: [&str; 4] = ["/lib", "/usr/lib", "/lib64", "/usr/lib64"];

/// Where musl looks if no file says otherwise.
const MUSL: [&str; 3] = ["/lib", "/usr/local/lib", "/usr/lib"];

/// The folders with a name of the processor that Debian's glibc has built in: processor, wide, name.
/// Debian's wiki, page Multiarch/Tuples.
const MULTIARCH: [(Machine, bool, &str); 8] = [
    (EM_X86_64, true, "x86_64-linux-gnu"),
    (EM_AARCH64, true, "aarch64-linux-gnu"),
    (EM_386, false, "i386-linux-gnu"),
    (EM_ARM, false, "arm-linux-gnueabihf"),
    (EM_ARM, false, "arm-linux-gnueabi"),
    (EM_PPC64, true, "powerpc64le-linux-gnu"),
    (EM_S390, true, "s390x-linux-gnu"),
    (EM_RISCV, true, "riscv64-linux-gnu"),
];

/// How far a library is to be found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Found {
    /// Nothing in the image has that name.
    Nowhere,
    /// Not where the loader looks, but in the image.
    Elsewhere,
    /// Where the loader looks.
    Reachable,
}

/// What an ELF file asks for: its path, and the name of the library.
pub type Need = (String, String);

/// Every need in the image, and how far it is met. `environment` is that of the image.
#[must_use]
pub fn needs(tree: &Tree, environment: &BTreeMap<String, String>) -> BTreeMap<Need, Found> {
    let loader = Loader::new(tree, environment);
    let mut needs = BTreeMap::new();
    for (path, elf) in elf_files(tree) {
        for name in &elf.needed {
            needs.insert(
                (path.to_owned(), name.clone()),
                loader.find(path, elf, name),
            );
        }
    }
    needs
}

fn elf_files(tree: &Tree) -> impl Iterator<Item = (&str, &Elf)> {
    tree.iter()
        .filter_map(|(path, node)| Some((path, node.file()?.elf.as_ref()?)))
}

/// How many ELF files there are that name libraries.
#[must_use]
pub fn count(tree: &Tree) -> usize {
    elf_files(tree)
        .filter(|(_, elf)| !elf.needed.is_empty())
        .count()
}

/// Where the loader of an image looks.
struct Loader<'t> {
    tree: &'t Tree,
    /// `LD_LIBRARY_PATH`.
    first: Vec<String>,
    /// The folders of the cache of glibc, or of the path file of musl, and the built-in ones.
    last: Vec<String>,
    /// The names of all files and links, and whether they are libraries or lead to some.
    names: HashMap<&'t str, Vec<&'t str>>,
}

impl<'t> Loader<'t> {
    fn new(tree: &'t Tree, environment: &BTreeMap<String, String>) -> Self {
        let first = environment
            .get("LD_LIBRARY_PATH")
            .map(String::as_str)
            .unwrap_or_default();
        let mut names: HashMap<&str, Vec<&str>> = HashMap::new();
        for (path, _) in tree
            .iter()
            .filter(|(path, _)| path.contains(".so") || path.contains("ld-musl"))
        {
            let name = file_name(path);
            names.entry(name).or_default().push(path);
        }
        Self {
            tree,
            first: list(first),
            last: configured(tree),
            names,
        }
    }

    fn find(&self, path: &str, elf: &Elf, name: &str) -> Found {
        if name.contains('/') {
            return if self.fits(name, elf) {
                Found::Reachable
            } else {
                Found::Nowhere
            };
        }
        let origin = format!("/{}", folder_and_name(path).0);
        let own = |folders: &[String]| -> Vec<String> {
            let expand = |folder: &String| expanded(folder, &origin, elf);
            folders.iter().map(expand).collect()
        };
        let rpath = if elf.runpath.is_empty() {
            own(&elf.rpath)
        } else {
            Vec::new()
        };
        let multiarch = MULTIARCH
            .iter()
            .filter(|(machine, is_64, _)| (*machine, *is_64) == (elf.machine, elf.is_64));
        let multiarch =
            multiarch.flat_map(|(_, _, name)| [format!("/lib/{name}"), format!("/usr/lib/{name}")]);
        let mut folders = rpath
            .into_iter()
            .chain(self.first.iter().cloned())
            .chain(own(&elf.runpath))
            .chain(self.last.iter().cloned())
            .chain(multiarch);
        if folders.any(|folder| self.fits(&format!("{folder}/{name}"), elf)) {
            return Found::Reachable;
        }
        let same = self.names.get(name).into_iter().flatten();
        let elsewhere = same.copied().any(|path| self.fits(path, elf));
        if elsewhere {
            Found::Elsewhere
        } else {
            Found::Nowhere
        }
    }

    /// Whether a library that `elf` can use is at `path`.
    fn fits(&self, path: &str, elf: &Elf) -> bool {
        let file = self.tree.resolve(path).and_then(|(_, node)| node.file());
        let library = file.and_then(|file| file.elf.as_ref());
        library.is_some_and(|library| (library.machine, library.is_64) == (elf.machine, elf.is_64))
    }
}

fn list(paths: &str) -> Vec<String> {
    let paths = paths.split([':', ';', '\n']).map(str::trim);
    paths
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `$ORIGIN`, `$LIB` and `$PLATFORM` replaced, as ld.so(8) says.
fn expanded(folder: &str, origin: &str, elf: &Elf) -> String {
    let lib = if elf.is_64 { "lib64" } else { "lib" };
    folder
        .replace("${ORIGIN}", origin)
        .replace("$ORIGIN", origin)
        .replace("${LIB}", lib)
        .replace("$LIB", lib)
}

/// The folders that the configuration of the loader names, and those that it has built in.
fn configured(tree: &Tree) -> Vec<String> {
    let is_musl =
        |path: &str| path.starts_with("lib/ld-musl-") || path.starts_with("usr/lib/ld-musl-");
    let musl = tree.iter().any(|(path, _)| is_musl(path));
    let mut folders: Vec<String> = Vec::new();
    if musl {
        let named: Vec<&str> = tree.texts("etc/ld-musl-").map(|(_, text)| text).collect();
        folders.extend(named.iter().copied().flat_map(list));
        if named.is_empty() {
            folders.extend(MUSL.map(str::to_owned));
        }
    }
    // The cache of glibc is made of these; what they include is read whether it is included or not.
    let lines = tree
        .texts("etc/ld.so.conf")
        .flat_map(|(_, text)| text.lines());
    let named = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
    folders.extend(
        named
            .filter(|line| line.starts_with('/'))
            .map(str::to_owned),
    );
    folders.extend(DEFAULT.map(str::to_owned));
    folders
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::{Entry, tree};
    use super::*;

    fn elf(needed: &str, runpath: &str) -> Elf {
        Elf {
            machine: EM_X86_64,
            is_64: true,
            needed: list(needed),
            runpath: list(runpath),
            ..Elf::default()
        }
    }

    fn found(entries: &[(&str, Entry)], environment: &[(&str, &str)]) -> Vec<Found> {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = environment.iter().map(pair).collect();
        needs(&tree(entries), &environment).into_values().collect()
    }

    #[test]
    fn a_library_is_looked_for_where_the_loader_looks() {
        let program = || Entry::Elf(elf("liba.so.1", "$ORIGIN/../own"));
        let library = || Entry::Elf(elf("", ""));
        let at = |path: &str| found(&[("app/bin/x", program()), (path, library())], &[]);
        assert_eq!(at("app/own/liba.so.1"), [Found::Reachable]);
        assert_eq!(at("usr/lib/liba.so.1"), [Found::Reachable]);
        assert_eq!(at("usr/lib/x86_64-linux-gnu/liba.so.1"), [Found::Reachable]);
        assert_eq!(at("opt/liba.so.1"), [Found::Elsewhere]);
        assert_eq!(at("opt/libb.so.1"), [Found::Nowhere]);
        let configured = ("etc/ld.so.conf.d/a.conf", Entry::Text("# mine\n/opt/a\n"));
        let library_there = ("opt/a/liba.so.1", library());
        assert_eq!(
            found(&[("x", program()), configured, library_there], &[]),
            [Found::Reachable]
        );
        let environment = [("LD_LIBRARY_PATH", "/a:/b")];
        assert_eq!(
            found(
                &[("x", program()), ("b/liba.so.1", library())],
                &environment
            ),
            [Found::Reachable]
        );
    }

    #[test]
    fn links_are_followed_and_other_processors_passed_over() {
        let program = || ("x", Entry::Elf(elf("liba.so.1", "")));
        let linked = [
            program(),
            ("lib", Entry::Link("usr/lib")),
            ("usr/lib/liba.so.1", Entry::Link("liba.so.1.2")),
            ("usr/lib/liba.so.1.2", Entry::Elf(elf("", ""))),
        ];
        assert_eq!(found(&linked, &[]), [Found::Reachable]);
        let other = Elf {
            is_64: false,
            ..elf("", "")
        };
        assert_eq!(
            found(&[program(), ("usr/lib/liba.so.1", Entry::Elf(other))], &[]),
            [Found::Nowhere]
        );
        let dangling = [program(), ("usr/lib/liba.so.1", Entry::Link("gone"))];
        assert_eq!(found(&dangling, &[]), [Found::Nowhere]);
    }
}

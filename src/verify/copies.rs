//! Copies: what they are compared by, and where the files land.

use std::borrow::Cow;

use super::operations::{Operation, What};
use crate::analysis::Facts;
use crate::analysis::effects::Effects;
use crate::analysis::paths::{Extent, Region, below, file_name, join};
use crate::context::matches_name;
use crate::syntax::{Transfer, Word};

/// One source of a copy, and where it goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Landing {
    /// The path that is copied, absolute.
    source: String,
    /// The path in the image that it has if it is a file, or if its contents go into a folder of its name.
    named: String,
    /// The path in the image that it has if it is a folder, whose contents are copied.
    contents: String,
}

impl Landing {
    /// The path that is copied, absolute.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it puts the path `from` at the path `to`.
    pub(super) fn puts(&self, from: &str, to: &str) -> bool {
        self.source == from && [&self.named, &self.contents].iter().any(|path| *path == to)
    }

    /// Whether a copy of `self` brings what a copy of `other` brings, to the same place.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if self.matches(other) {
            return true;
        }
        let Some(rest) = below(&other.source, &self.source) else {
            return false;
        };
        let here = [&self.named, &self.contents].map(|folder| join(folder, rest));
        let there = [&other.named, &other.contents];
        here.iter().any(|path| there.contains(&path))
    }

    /// Whether `self` copies by a pattern of names that `other`, a single file of the same folder, is one of.
    fn matches(&self, other: &Self) -> bool {
        let (folder, pattern) = parts(&self.source);
        let (other_folder, name) = parts(&other.source);
        let is_one = folder == other_folder
            && pattern.contains(['*', '?', '['])
            && matches_name(pattern, name);
        is_one && join(&self.contents, name) == other.named
    }
}

/// Whether the copy `part` brings nothing from the build context but what the copy `whole` brings to the same places as
/// well, for the same owner: then it makes no difference which of them comes last.
pub(super) fn is_part(part: &Operation<'_>, whole: &Operation<'_>) -> bool {
    let (
        What::Copy { lands, from: None },
        What::Copy {
            lands: others,
            from: None,
        },
    ) = (&part.what, &whole.what)
    else {
        return false;
    };
    // ADD unpacks an archive that it names, and copies one that is in a folder.
    let unpacks_nothing = part.key.starts_with("COPY ");
    unpacks_nothing
        && part.owner == whole.owner
        && flags(&part.key).eq(flags(&whole.key))
        && (lands.iter()).all(|landing| others.iter().any(|other| other.covers(landing)))
}

/// Whether the copy `second`, right behind the copy `first`, finds everything there already. ADD may find another file at the
/// same address.
pub(super) fn is_again(second: &Operation<'_>, first: &Operation<'_>) -> bool {
    let (
        What::Copy { lands, from },
        What::Copy {
            lands: others,
            from: other,
        },
    ) = (&second.what, &first.what)
    else {
        return false;
    };
    second.key.starts_with("COPY ")
        && (&second.key, &second.owner) == (&first.key, &first.owner)
        && (lands, from) == (others, other)
}

/// The flags in the key of a copy, but its owner.
fn flags(key: &str) -> impl Iterator<Item = &str> {
    let words = key.split(' ').skip(1);
    words.take_while(|word| word.starts_with("--"))
}

/// The folder and the name of an absolute path.
fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The operation of the `COPY` or `ADD` at `index`; `from` is what it copies from instead of the context, and
/// `is_file` tells which of its sources are files.
pub(super) fn operation<'f>(
    facts: &'f Facts<'_>,
    index: usize,
    transfer: &Transfer,
    from: Option<String>,
    flags: &[String],
    is_file: &dyn Fn(&str) -> bool,
) -> Operation<'f> {
    let copy = Copy::read(facts, index, transfer, is_file);
    let mut words = vec![facts.views[index].keyword.to_string()];
    let (owners, others): (Vec<_>, Vec<_>) =
        (flags.iter().cloned()).partition(|flag| flag.starts_with("--chown="));
    words.extend(others);
    words.extend(copy.sources.iter().cloned());
    words.push(copy.dest.clone() + if copy.names_matter() { "/" } else { "" });
    words.extend(copy.documents(facts, index));
    let is_parents = facts.views[index].flag("parents").is_some();
    let lands = copy
        .sources
        .iter()
        .map(|source| copy.landing(source, is_parents));
    Operation {
        key: words.join(" "),
        owner: owners.into_iter().next(),
        effects: Cow::Owned(Effects {
            reads: accounts(flags),
            writes: copy.writes(),
        }),
        what: What::Copy {
            lands: lands.collect(),
            from,
        },
        setting: None,
    }
}

/// What is read to find out who a named owner is.
fn accounts(flags: &[String]) -> Extent {
    let mut reads = Extent::default();
    let owners = flags
        .iter()
        .filter_map(|flag| flag.strip_prefix("--chown="));
    let by_name = |owner: &str| owner.contains(|c: char| c != ':' && !c.is_ascii_digit());
    if owners.into_iter().any(by_name) {
        reads.add(Region::new("/etc"));
    }
    reads
}

struct Copy {
    sources: Vec<String>,
    /// Which of the sources keep their names: those that are files, if the destination is a folder.
    named: Vec<bool>,
    /// Resolved.
    dest: String,
    /// Whether the destination is a folder for sure.
    into_folder: bool,
}

impl Copy {
    fn read(
        facts: &Facts<'_>,
        index: usize,
        transfer: &Transfer,
        is_file: &dyn Fn(&str) -> bool,
    ) -> Self {
        let text = |word: &Word| facts.expanded(index, word);
        let workdir = &facts.states[index].workdir;
        let written = text(&transfer.dest);
        let dest = join(workdir, &written);
        let into_folder = written.ends_with('/')
            || below(workdir, &dest).is_some()
            || transfer.sources.len() > 1
            || facts.is_folder_of_copy(index, &dest);
        let sources: Vec<String> = transfer.sources.iter().map(text).collect();
        let named = |source: &String| into_folder && !source.contains('$') && is_file(source);
        Self {
            named: sources.iter().map(named).collect(),
            sources,
            dest,
            into_folder,
        }
    }

    /// Whether the files keep their names in the destination, which depends on whether that is a folder.
    fn names_matter(&self) -> bool {
        self.named.contains(&true)
    }

    fn landing(&self, source: &str, is_parents: bool) -> Landing {
        let path = join("/", source);
        let name = if is_parents {
            path.trim_start_matches('/')
        } else {
            file_name(&path)
        };
        let named = if self.into_folder {
            join(&self.dest, name)
        } else {
            self.dest.clone()
        };
        Landing {
            source: path.clone(),
            named,
            contents: self.dest.clone(),
        }
    }

    /// One region for each source that keeps its name, or the destination.
    fn writes(&self) -> Extent {
        let mut writes = Extent::default();
        for (source, &named) in self.sources.iter().zip(&self.named) {
            let name = file_name(source);
            writes.add(Region::new(if named {
                join(&self.dest, name)
            } else {
                self.dest.clone()
            }));
        }
        writes
    }

    /// The texts of here-documents.
    fn documents(&self, facts: &Facts<'_>, index: usize) -> Vec<String> {
        let heredocs = facts.file.instructions()[index].heredocs.iter();
        let text = facts.file.text();
        heredocs
            .map(|heredoc| heredoc.body.text(text).to_owned())
            .collect()
    }
}

//! `.dockerignore` files, read by dfopt and by BuildKit.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use dfopt::context::BuildContext;

use super::{engine, say};

/// Ignore files that were hard to get right, each with its lines joined by blanks.
const KNOWN: [&str; 8] = [
    "*/a !b",
    "a !a/f a*",
    "../f",
    "/../f",
    "\\d* a\\.b",
    "**/ !**/f",
    "a[*b]",
    "!a *",
];

/// How many are made up, beside the known ones.
const MADE_UP: usize = 232;
/// How many contexts one build has: each is a layer.
const IN_ONE_BUILD: usize = 40;

const FOLDERS: [&str; 3] = ["a", "b", "ab"];
const FILES: [&str; 4] = ["f", "a.b", ".a", "b f"];
const PIECES: [&str; 13] = [
    "a", "b", "f", "ab", ".", "*", "*", "?", "[ab]", "[^a]", "\\.", "a.b", "**",
];

/// The numbers of a generator that always gives the same ones (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % end as u64).unwrap()
    }

    fn some<T>(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..=self.below(most)).map(|_| one(self)).collect()
    }

    fn pattern(&mut self) -> String {
        let name = |numbers: &mut Self| {
            let pieces = numbers.some(2, |numbers| PIECES[numbers.below(PIECES.len())]);
            pieces.concat()
        };
        let path = match self.below(5) {
            0 => format!("**/{}", name(self)),
            1 => format!("{}/**", name(self)),
            _ => self.some(3, name).join("/"),
        };
        let before = ["", "", "", "!", "!", "/", "! ", "./"][self.below(8)];
        let behind = ["", "", "", "/", "  ", "/."][self.below(6)];
        format!("{before}{path}{behind}")
    }
}

fn fill(folder: &Path, depth: usize) {
    fs::create_dir(folder).unwrap();
    for file in FILES {
        fs::write(folder.join(file), "").unwrap();
    }
    for inner in FOLDERS.iter().filter(|_| depth > 0) {
        fill(&folder.join(inner), depth - 1);
    }
}

/// The files below `folder`, relative to it.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let entries = fs::read_dir(folder.join(&inner)).into_iter().flatten();
        for entry in entries.map(Result::unwrap) {
            let path = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                found.insert(path.to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
#[ignore = "needs an engine: cargo test --test testsuite -- --ignored builds"]
fn dockerignore_hides_what_buildkit_hides() {
    let Some(engine) = engine() else { return };
    let mut numbers = Numbers(20_261_121);
    let known = KNOWN.iter().map(|text| text.replace(' ', "\n"));
    let mut ignores: Vec<String> = known.collect();
    ignores.extend((0..MADE_UP).map(|_| numbers.some(4, Numbers::pattern).join("\n")));
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (nth, ignores) in ignores.chunks(IN_ONE_BUILD).enumerate() {
        let root = folder.path().join(nth.to_string());
        fs::create_dir(&root).unwrap();
        let contexts: Vec<PathBuf> = (0..ignores.len())
            .map(|at| root.join(format!("c{at}")))
            .collect();
        for (context, ignore) in contexts.iter().zip(ignores) {
            fill(context, 2);
            fs::write(context.join(".dockerignore"), ignore).unwrap();
        }
        let made = root.join("made");
        engine.copy_contexts(&contexts, &made).unwrap();
        for (context, ignore) in contexts.iter().zip(ignores) {
            let sent = files(&made.join(context.file_name().unwrap()));
            let read = BuildContext::open(context, None).unwrap();
            let seen: BTreeSet<String> = read.files_below("", 1000).unwrap().into_iter().collect();
            if seen != sent {
                let differ: Vec<&String> = seen.symmetric_difference(&sent).collect();
                wrong.push(format!("{ignore:?}: {differ:?}"));
            }
        }
    }
    say(&format!("{} ignore files", ignores.len()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

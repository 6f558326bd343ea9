//! The way up from a source, or from where the program runs: `Path(__file__).parent.parent`, `../data`.

use crate::knowledge::tools::Language;

/// A way up from somewhere.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Climb {
    pub(super) from: From,
    pub(super) steps: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum From {
    /// The source itself: `__file__`.
    File,
    /// Its folder: `__dirname`.
    Folder,
    /// Where the program runs.
    WorkingFolder,
}

/// How `text` names its own source, or the folder of that.
fn anchor<'k>(languages: &'k [Language], text: &str) -> Option<(&'k str, From)> {
    let files = languages.iter().flat_map(|language| &language.own_file);
    let folders = languages.iter().flat_map(|language| &language.own_folder);
    let files = files.map(|name| (name.as_str(), From::File));
    let folders = folders.map(|name| (name.as_str(), From::Folder));
    files.chain(folders).find(|(name, _)| text.contains(name))
}

impl Climb {
    /// The one that a line describes; the longest, where it names the source more than once. Lines that load other sources do
    /// not count.
    pub(super) fn of(text: &str, languages: &[Language]) -> Option<Self> {
        let begins = ["from ", "import ", "require ", "require_", "include"];
        let start = text.trim_start();
        if loads_sources(text) || begins.iter().any(|word| start.starts_with(word)) {
            return None;
        }
        let Some((name, from)) = anchor(languages, text) else {
            let steps = dots(text);
            let from = From::WorkingFolder;
            return (steps > 0).then_some(Self { from, steps });
        };
        // An address is resolved from the folder of another one.
        let from = match text.contains("new URL(") {
            true => From::Folder,
            false => from,
        };
        // What belongs to an anchor stands in front of it or behind it.
        let pieces: Vec<&str> = text.split(name).collect();
        let named = pieces.iter().map(|piece| dots(piece)).max();
        let called = pieces.windows(2).map(|sides| {
            let levels = levels(sides[1]).filter(|_| sides[0].ends_with("dirname("));
            let around = folders_around(sides[0]) + folders_around(sides[1]);
            around + levels.unwrap_or(1) - 1
        });
        let steps = named.unwrap_or(0) + called.max().unwrap_or(0);
        (steps > 0).then_some(Self { from, steps })
    }
}

/// Whether a line loads other sources by their paths, and not just libraries by their names: `require('path').join(…)`.
fn loads_sources(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_:@".contains(c);
        !name.is_empty() && name.chars().all(is_part)
    };
    let is_library = |call: &str| {
        let mut parts = call.split(['"', '\'']);
        parts.next() == Some("") && parts.next().is_some_and(is_name)
    };
    let mut calls = ["require(", "import("]
        .iter()
        .flat_map(|word| text.split(word).skip(1));
    text.contains("sys.path") || calls.any(|call| !is_library(call))
}

/// How many `..` the quoted parts of `text` have.
fn dots(text: &str) -> usize {
    let pieces = text.split(['"', '\'', '`']);
    let parts = pieces.flat_map(|piece| piece.split('/'));
    parts.filter(|part| *part == "..").count() + text.matches("pardir").count()
}

/// The number behind a comma at the start of `text`: that of `dirname(__DIR__, 2)`.
fn levels(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(',')?.trim_start();
    let number = rest.split(')').next()?.trim();
    number.parse().ok().filter(|number| *number > 0)
}

/// How many folders up calls go: `dirname(dirname(x))`, `x.parent.parent`, `x.parents[1]`.
fn folders_around(text: &str) -> usize {
    let listed = text.split(".parents[").skip(1).filter_map(|rest| {
        let number = rest.split(']').next()?.parse::<usize>().ok()?;
        Some(number + 1)
    });
    let single = text.matches(".parent").count() - text.matches(".parents").count();
    text.matches("dirname(").count() + single + listed.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;

    #[test]
    fn the_way_up_is_counted_from_the_file_or_the_folder() {
        let languages = Knowledge::builtin().tools.languages();
        let climb = |text| Climb::of(text, languages).map(|climb| (climb.from, climb.steps));
        assert_eq!(
            climb("r = Path(__file__).resolve().parent.parent"),
            Some((From::File, 2))
        );
        assert_eq!(
            climb("r = Path(__file__).parents[2]"),
            Some((From::File, 3))
        );
        assert_eq!(
            climb("r = dirname(dirname(__file__))"),
            Some((From::File, 2))
        );
        assert_eq!(
            climb("path.join(__dirname, '..', 'x')"),
            Some((From::Folder, 1))
        );
        assert_eq!(
            climb("fs.mkdirSync(require('path').join(__dirname, '..', 'x'))"),
            Some((From::Folder, 1))
        );
        assert_eq!(climb("require(path.join(__dirname, '..', 'x'))"), None);
        assert_eq!(climb("const x = require('../x')"), None);
        assert_eq!(
            climb("path.join(path.dirname(fileURLToPath(import.meta.url)), '../x')"),
            Some((From::File, 2))
        );
        assert_eq!(
            climb("fileURLToPath(new URL('../x', import.meta.url))"),
            Some((From::Folder, 1))
        );
        assert_eq!(
            climb("file_put_contents(__DIR__ . '/../x', $a)"),
            Some((From::Folder, 1))
        );
        assert_eq!(climb("$r = dirname(__DIR__, 2)"), Some((From::Folder, 2)));
        assert_eq!(
            climb("cp(path.join(__dirname, '../a'), path.join(__dirname, '../b'))"),
            Some((From::Folder, 1))
        );
        assert_eq!(climb("File.join(__dir__, 'a')"), None);
        assert_eq!(
            climb("open('../data/x', 'w')"),
            Some((From::WorkingFolder, 1))
        );
        assert_eq!(climb("const x = require('../x')"), None);
        assert_eq!(climb("import x from '../x'"), None);
        assert_eq!(climb("open('data/x', 'w')"), None);
    }
}

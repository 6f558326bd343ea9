//! The sources of the project: what they show of a program's needs when it runs.

use regex_lite::Regex;

use super::BuildContext;
use crate::knowledge::tools::Language;

/// More files than this are not looked through: then nothing is known.
const MOST_FILES: usize = 5_000;

/// Folders of a context that hold no source of the program itself.
const NOT_THE_PROGRAM: [&str; 8] = [
    "node_modules",
    "venv",
    ".venv",
    "vendor",
    "target",
    "dist",
    "test",
    "tests",
];

/// The sources of one language.
pub struct Sources {
    /// Path in the context, and text.
    files: Vec<(String, String)>,
}

/// A line of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// The file, relative to the root of the context.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

impl BuildContext {
    /// The sources in `language` that a copy of the context would bring, tests left out.
    #[must_use]
    pub fn sources(&self, language: &Language) -> Sources {
        let files = self.files_below("", MOST_FILES).unwrap_or_default();
        let is_source = |path: &String| {
            let mut folders = path.split('/').rev().skip(1);
            language
                .sources
                .iter()
                .any(|end| path.ends_with(end.as_str()))
                && !folders.any(|folder| NOT_THE_PROGRAM.contains(&folder))
        };
        let read = |path: String| self.read(&path).map(|text| (path, text));
        Sources {
            files: files
                .into_iter()
                .filter(is_source)
                .filter_map(read)
                .collect(),
        }
    }
}

impl Sources {
    /// The first line that one of `patterns` matches.
    #[must_use]
    pub fn find(&self, patterns: &[Regex]) -> Option<SourceLine> {
        self.lines(patterns).next()
    }

    /// All lines that one of `patterns` matches.
    pub fn lines<'s>(&'s self, patterns: &'s [Regex]) -> impl Iterator<Item = SourceLine> + 's {
        self.files.iter().flat_map(move |(path, text)| {
            let matching = text
                .lines()
                .enumerate()
                .filter(|(_, line)| patterns.iter().any(|regex| regex.is_match(line)));
            matching.map(|(nth, line)| SourceLine {
                path: path.clone(),
                line: nth + 1,
                text: line.to_owned(),
            })
        })
    }

    /// The programs among `known` that a file names in which one of `patterns` matches.
    #[must_use]
    pub fn programs(&self, patterns: &[Regex], known: &[&str]) -> Vec<String> {
        let starting = self
            .files
            .iter()
            .filter(|(_, text)| patterns.iter().any(|regex| regex.is_match(text)));
        let named = |text: &String| {
            known
                .iter()
                .filter(|name| names(text, name))
                .map(|name| (*name).to_owned())
                .collect()
        };
        starting
            .flat_map(|(_, text)| -> Vec<String> { named(text) })
            .collect()
    }
}

impl SourceLine {
    /// The absolute paths that it names in quotes.
    #[must_use]
    pub fn absolute_paths(&self) -> Vec<&str> {
        let pieces = self.text.split(['"', '\'', '`']);
        pieces
            .skip(1)
            .step_by(2)
            .filter(|piece| piece.len() > 1 && piece.starts_with('/'))
            .collect()
    }
}

/// Whether a text holds the name of a program at the start of a string.
fn names(text: &str, name: &str) -> bool {
    ['"', '\'', '`'].iter().any(|quote| {
        let start = format!("{quote}{name}");
        text.match_indices(&start)
            .any(|(at, _)| text[at + start.len()..].starts_with([*quote, ' ']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_at_the_start_of_a_string() {
        assert!(names("run(['git', 'log'])", "git"));
        assert!(names("os.system(\"git log\")", "git"));
        assert!(!names("\"github\"", "git"));
        assert!(!names("digit", "git"));
    }

    #[test]
    fn paths_are_absolute_and_quoted() {
        let line = SourceLine {
            path: String::new(),
            line: 1,
            text: "open('/data/a', \"w\") # /x".to_owned(),
        };
        assert_eq!(line.absolute_paths(), ["/data/a"]);
    }
}

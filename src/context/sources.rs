//! The sources of the project: what they show of a program's needs when it runs.

use std::path::Path;
use std::sync::Arc;

use crate::knowledge::pattern::Pattern;

use super::disk::Entry;
use super::{BuildContext, FileKind};
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

/// Sources and settings of the program.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A source, or a file of settings.
#[derive(Debug)]
pub struct Source {
    path: String,
    text: Arc<str>,
    addresses: Addresses,
}

/// What the third slash of an address such as `sqlite:///x` begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Addresses {
    /// A path from the root.
    #[default]
    Absolute,
    /// A path from the working folder, as with SQLAlchemy.
    Relative,
}

/// A line of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SourceLine<'s> {
    /// The file, relative to the root of the context.
    pub path: &'s str,
    /// The line, from 1.
    pub line: usize,
    /// Its text.
    pub text: &'s str,
    /// How the addresses in it are meant.
    pub addresses: Addresses,
}

impl BuildContext {
    /// The sources in `language` that a copy of the context would bring, tests left out. A script without an ending
    /// is one if its first line names what reads it.
    #[must_use]
    pub fn sources(&self, language: &Language) -> Arc<Sources> {
        self.sources.get(&language.sources, || {
            let files = self.program_files(
                |folder| self.disk.entries(folder),
                |name| language.is_source(name) || !name.contains('.'),
            );
            let is_script = |path: &str| {
                let interpreter = self.interpreter(path);
                interpreter.is_some_and(|interpreter| language.is_read_by(&interpreter))
            };
            let files = files.into_iter();
            let files = files.filter(|path| language.is_source(path) || is_script(path));
            self.read_all(files, language.addresses())
        })
    }

    /// The files of the program with one of `names`, in which `*` stands for anything.
    #[must_use]
    pub fn files_called(&self, names: &[String]) -> Arc<Sources> {
        self.called.get(names, || {
            let files =
                self.program_files(|folder| self.disk.entries_called(folder, names), |_| true);
            self.read_all(files.into_iter(), Addresses::Relative)
        })
    }

    /// The files in `list` whose names are `wanted`, but for those in folders that hold none of the program.
    fn program_files(
        &self,
        list: impl Fn(&Path) -> Arc<[Entry]>,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<String> {
        let is_of_program = |name: &str, kind: FileKind| match kind {
            FileKind::Folder => !name.starts_with('.') && !NOT_THE_PROGRAM.contains(&name),
            FileKind::File => wanted(name),
        };
        let files = self.files_in("", MOST_FILES, list, is_of_program);
        files.unwrap_or_default()
    }

    fn read_all(&self, paths: impl Iterator<Item = String>, addresses: Addresses) -> Arc<Sources> {
        let read = |path: String| {
            let text = self.read(&path)?;
            Some(Source {
                path,
                text,
                addresses,
            })
        };
        Arc::new(Sources {
            files: paths.filter_map(read).collect(),
        })
    }
}

impl Sources {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }

    /// The first line that one of `patterns` matches.
    #[must_use]
    pub fn find(&self, patterns: &[Pattern]) -> Option<SourceLine<'_>> {
        self.files()
            .find_map(|file| file.lines_with(patterns).next())
    }

    /// All lines.
    pub fn lines(&self) -> impl Iterator<Item = SourceLine<'_>> {
        self.files().flat_map(Source::lines)
    }

    /// The programs among `known` that a file names in which one of `patterns` matches.
    #[must_use]
    pub fn programs(&self, patterns: &[Pattern], known: &[&str]) -> Vec<String> {
        let starting = self.files().filter(|file| {
            file.matching(patterns)
                .iter()
                .any(|pattern| pattern.is_match(&file.text))
        });
        let named = |text: &str| {
            known
                .iter()
                .filter(|name| names(text, name))
                .map(|name| (*name).to_owned())
                .collect()
        };
        starting
            .flat_map(|file| -> Vec<String> { named(&file.text) })
            .collect()
    }
}

impl Source {
    /// The file, relative to the root of the context.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = SourceLine<'_>> {
        let lines = self.text.lines().enumerate();
        lines.map(|(nth, text)| SourceLine {
            path: &self.path,
            line: nth + 1,
            text,
            addresses: self.addresses,
        })
    }

    /// Those of `patterns` that may match one of its lines.
    #[must_use]
    pub fn matching<'p>(&self, patterns: &'p [Pattern]) -> Vec<&'p Pattern> {
        let may_match = |pattern: &&Pattern| pattern.may_match_in(&self.text);
        patterns.iter().filter(may_match).collect()
    }

    /// The lines that one of `patterns` matches.
    pub fn lines_with<'s>(&'s self, patterns: &[Pattern]) -> impl Iterator<Item = SourceLine<'s>> {
        let patterns = self.matching(patterns);
        let lines = (!patterns.is_empty()).then(|| self.lines());
        let matches = move |line: &SourceLine<'_>| line.is_matched_by(&patterns);
        lines.into_iter().flatten().filter(matches)
    }
}

impl<'s> SourceLine<'s> {
    /// Whether one of `patterns` matches.
    #[must_use]
    pub fn is_matched_by(&self, patterns: &[&Pattern]) -> bool {
        patterns.iter().any(|pattern| pattern.is_match(self.text))
    }

    /// Whether it is a comment in one of the usual languages.
    #[must_use]
    pub fn is_comment(&self) -> bool {
        let text = self.text.trim_start();
        ["#", "//", "*", "/*", ";", "--", "<!--"]
            .iter()
            .any(|mark| text.starts_with(mark))
    }

    /// The absolute paths that it names in quotes, but for those that are added to another path.
    #[must_use]
    pub fn absolute_paths(&self) -> Vec<&'s str> {
        let paths = self.quoted_paths().into_iter();
        paths.map(|(_, path)| path).collect()
    }

    /// The same, each with what stands in front of its quote: the call that it is given to (`app.get(`) or the like.
    #[must_use]
    pub fn quoted_paths(&self) -> Vec<(&'s str, &'s str)> {
        let mut pieces = self.text.split(['"', '\'', '`']);
        let mut paths = Vec::new();
        let mut start = 0;
        while let (Some(before), Some(piece)) = (pieces.next(), pieces.next()) {
            let so_far = &self.text[..start + before.len()];
            start = so_far.len() + piece.len() + 2;
            let before = before.trim_end();
            let is_joined = || JOINS.iter().any(|join| is_inside(so_far, join));
            let is_added = before.ends_with(['+', '.', '}'])
                || piece.starts_with("/..")
                || ends_in_macro(before)
                || before.ends_with(',') && is_joined();
            let path = self
                .addresses
                .path_in(piece)
                .filter(|_| !is_added && !is_prose(before));
            let word = before.rsplit([' ', '\t', ';', '{', '}']).next();
            paths.extend(path.map(|path| (word.unwrap_or_default(), path)));
        }
        paths
    }

    /// The absolute paths that a line of a file of settings names, in quotes or without.
    #[must_use]
    pub fn named_paths(&self) -> Vec<&'s str> {
        let ends_word = |c: char| c.is_whitespace() || "\"'<>=,;()".contains(c);
        self.text
            .split(ends_word)
            .filter_map(|word| self.addresses.path_in(word))
            .collect()
    }
}

impl Addresses {
    /// The absolute path in `text`: `/data/x` in itself, in `sqlite:////data/x`, in `unix:/data/x` and in
    /// `Data Source=/data/x;Mode=…`; up to its first variable part.
    #[must_use]
    pub fn path_in(self, text: &str) -> Option<&str> {
        let text = setting_of(text);
        let (scheme, rest) = match text.rsplit_once(':') {
            Some((scheme, rest)) if rest.starts_with('/') => (scheme, rest),
            _ => ("", text),
        };
        let slashes = rest.len() - rest.trim_start_matches('/').len();
        let is_database = scheme.contains("sqlite");
        // Two slashes go before a host, and before a relative path of a database.
        if slashes == 0 || slashes == 2 || is_database && slashes == 3 && self == Self::Relative {
            return None;
        }
        let path = &rest[slashes - 1..];
        // Behind the path of an address stands what is asked of the driver.
        let path = match path.split_once('?') {
            Some((path, _)) if !scheme.is_empty() => path,
            _ => path,
        };
        let variable = path.find(['$', '{', '%', '*', '<', '(', ' ', '?', '|']);
        let fixed = match variable {
            Some(at) => &path[..path[..at].rfind('/')?],
            None => path,
        };
        (fixed.len() > 1).then_some(fixed)
    }
}

/// The first value of a connection string (`Data Source=/data/x;Mode=…`); else all of it.
fn setting_of(text: &str) -> &str {
    let first = text.split(';').next().unwrap_or(text);
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
    match first.split_once('=') {
        Some((name, value))
            if value.starts_with('/') && is_name(name.trim()) && !name.is_empty() =>
        {
            value
        }
        _ => text,
    }
}

/// Calls that put paths together, whose parts but for the first start nowhere else.
const JOINS: [&str; 6] = [
    "path.join(",
    "path.Join(",
    "File.join(",
    "Paths.get(",
    "Path.of(",
    "concat!(",
];

/// Words that stand between another word and a string in the usual languages.
const KEYWORDS: [&str; 16] = [
    "and", "await", "case", "default", "echo", "from", "import", "in", "is", "new", "not", "or",
    "print", "return", "then", "yield",
];

/// Whether the end of `text` is inside the last call in it that begins with `call`.
fn is_inside(text: &str, call: &str) -> bool {
    let Some(at) = text.rfind(call) else {
        return false;
    };
    let mut depth = 1;
    text[at + call.len()..].chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth > 0
    })
}

/// Whether a name in capitals ends `before`: in C, the texts on both sides are one, `STATEDIR "/x.log"`.
fn ends_in_macro(before: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = before
        .rsplit(|c: char| !is_part(c))
        .next()
        .unwrap_or_default();
    name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(char::is_lowercase)
}

/// Whether two words in a row end `before`, as no code has them in front of a string, but a sentence does.
fn is_prose(before: &str) -> bool {
    let is_word = |word: &str| {
        let is_plain = word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
        is_plain && !KEYWORDS.contains(&word)
    };
    let mut words = before.split_whitespace().rev();
    words.next().is_some_and(is_word) && words.next().is_some_and(is_word)
}

/// Whether a text holds the name of a program, or its path, at the start of a string.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].trim_end_matches("/usr/bin/");
        let before = before.strip_suffix("/bin/").unwrap_or(before);
        let quote = before.chars().next_back();
        let quote = quote.filter(|c| ['"', '\'', '`'].contains(c));
        quote.is_some_and(|quote| text[at + name.len()..].starts_with([quote, ' ']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_named_at_the_start_of_a_string() {
        assert!(names("run(['git', 'log'])", "git"));
        assert!(names("os.system(\"git log\")", "git"));
        assert!(names("run([\"/usr/bin/git\", \"log\"])", "git"));
        assert!(!names("\"/opt/git\"", "git"));
        assert!(!names("\"github\"", "git"));
        assert!(!names("digit", "git"));
    }

    fn paths(text: &str) -> Vec<String> {
        let line = SourceLine {
            text,
            addresses: Addresses::Relative,
            ..SourceLine::default()
        };
        line.absolute_paths()
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn paths_are_absolute_and_quoted() {
        assert_eq!(paths("open('/data/a', \"w\") # /x"), ["/data/a"]);
        assert_eq!(paths("f'/data/{name}.txt'"), ["/data"]);
        assert_eq!(
            paths("'sqlite:////data/a.db', 'sqlite:///a.db', 'sqla+sqlite:///a.db'"),
            ["/data/a.db"]
        );
        assert_eq!(paths("fetch('https://example.org/a')"), [""; 0]);
        assert_eq!(paths("  Share the folder '/temp' with everybody:"), [""; 0]);
        assert_eq!(paths("    return '/data/a'"), ["/data/a"]);
        assert_eq!(
            paths("open(BASE + '/a'); path.join(__dirname, '/b')"),
            [""; 0]
        );
        assert_eq!(
            paths("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data\", \"/../x\")"),
            [""; 0]
        );
        assert_eq!(
            paths("x = File.join(a, 'b'); open('/data', '/c')"),
            ["/data", "/c"]
        );
        assert_eq!(paths("Paths.get(\"/data\", \"/x\")"), ["/data"]);
        assert_eq!(paths("open(__DIR__ , '/../x')"), [""; 0]);
    }

    #[test]
    fn what_stands_behind_a_macro_is_added_to_it() {
        assert!(paths(r#"fopen(STATEDIR "/x.log", "a")"#).is_empty());
        assert_eq!(paths(r#"fopen("/x.log", "a")"#), ["/x.log"]);
        assert_eq!(paths(r#"LOG = "/x.log""#), ["/x.log"]);
    }

    #[test]
    fn addresses_and_connection_strings_hold_paths() {
        let absolute = |text| Addresses::Absolute.path_in(text);
        assert_eq!(absolute("sqlite:///data/a.db?mode=rwc"), Some("/data/a.db"));
        assert_eq!(Addresses::Relative.path_in("sqlite:///data/a.db"), None);
        assert_eq!(absolute("sqlite://a.db"), None);
        assert_eq!(
            absolute("Data Source=/data/a.db;Cache=Shared"),
            Some("/data/a.db")
        );
        assert_eq!(absolute("Filename=/data/a.db"), Some("/data/a.db"));
        assert_eq!(absolute("a/b=/c"), None);
    }

    #[test]
    fn a_path_is_told_with_the_call_that_it_is_given_to() {
        let line = SourceLine {
            text: "if (x) { app.post('/save', () => write('/data/x')) }",
            ..SourceLine::default()
        };
        assert_eq!(
            line.quoted_paths(),
            [("app.post(", "/save"), ("write(", "/data/x")]
        );
    }
}

//! The sources of the project: what they show of a program's needs when it runs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::knowledge::pattern::Pattern;

use super::disk::Entry;
use super::source_line::{Addresses, SourceLine};
use super::{BuildContext, FileKind, decoded, folder_and_name};
use crate::knowledge::tools::Language;

/// More files than this are not looked through: then nothing is known.
const MOST_FILES: usize = 5_000;

/// Nobody writes a longer line by hand: a program has put it together, statement after statement.
const LONGEST_LINE: usize = 1_000;

/// Folders of a context that hold dependencies, and what is built.
const DEPENDENCIES: [&str; 6] = ["node_modules", "venv", ".venv", "vendor", "target", "dist"];

/// Folders of a context that hold tests.
const TESTS: [&str; 2] = ["test", "tests"];

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

impl BuildContext {
    /// The sources in `language` that a copy of the context would bring, tests left out. A script without an ending
    /// is one if its first line names what reads it.
    #[must_use]
    pub fn sources(&self, language: &Language) -> Arc<Sources> {
        self.sources.get(&language.sources, || {
            let files = self.program_files(|folder| self.disk.entries_in(folder, language));
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
            self.read_all(self.paths_called(names).into_iter(), Addresses::Relative)
        })
    }

    /// The paths of these files.
    #[must_use]
    pub fn paths_called(&self, names: &[String]) -> Vec<String> {
        self.program_files(|folder| self.disk.entries_called(folder, names))
    }

    /// All files of the folder but for dependencies and what tools keep there, also those that the ignore file hides: what people
    /// do with the image stands in some of them. `None` where they are too many to look through.
    #[must_use]
    pub fn all_files(&self) -> Option<Sources> {
        let is_looked_into = |path: &str, kind: FileKind| {
            let (_, name) = folder_and_name(path);
            kind == FileKind::File || name != ".git" && !DEPENDENCIES.contains(&name)
        };
        let list = |folder: &Path| self.disk.entries(folder);
        let files = self.files_in("", MOST_FILES, list, is_looked_into)?;
        let read = |path: String| {
            let text = decoded(&fs::read(self.root.join(&path)).ok()?).into();
            let addresses = Addresses::Relative;
            Some(Source {
                path,
                text,
                addresses,
            })
        };
        let files = files.into_iter().filter_map(read).collect();
        Some(Sources { files })
    }

    /// The files in `list` but for those in folders that hold none of the program.
    fn program_files(&self, list: impl Fn(&Path) -> Arc<[Entry]>) -> Vec<String> {
        let is_of_program = |path: &str, kind: FileKind| {
            let (_, name) = folder_and_name(path);
            let may_be = match kind {
                FileKind::Folder => {
                    let is_other = DEPENDENCIES.contains(&name) || TESTS.contains(&name);
                    !is_other && !name.starts_with('.')
                }
                FileKind::File => true,
            };
            may_be && self.is_seen(path, kind)
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

    /// The programs among `known` that a file names which starts programs, as `language` shows it.
    #[must_use]
    pub fn programs(&self, language: &Language, known: &[&str]) -> Vec<String> {
        let of_program = self.files().filter(|file| language.may_run(&file.path));
        let starting = of_program.filter(|file| {
            file.matching(&language.starts)
                .iter()
                .any(|pattern| pattern.is_match(&file.text))
        });
        let is_named = |text: &str, name: &str| {
            let mut modules = language.program_modules.iter();
            names(text, name) || modules.any(|module| is_taken_from(text, module, name))
        };
        let named = |text: &str| {
            known
                .iter()
                .filter(|name| is_named(text, name))
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

    /// All of it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its lines; where they are not written by hand, what would be lines if they were.
    pub fn lines(&self) -> impl Iterator<Item = SourceLine<'_>> {
        let lines = self.text.lines().enumerate();
        let lines = lines.flat_map(|(nth, text)| statements(text).map(move |text| (nth, text)));
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

/// The statements of a line that no one has written by hand; any other line as it is.
fn statements(line: &str) -> impl Iterator<Item = &str> {
    let is_put_together = line.len() > LONGEST_LINE;
    line.split(move |c| is_put_together && matches!(c, ';' | '}'))
}

/// Whether a text holds the name of a program, or its path, at the start of a string or of another command in it.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].trim_end_matches("/usr/bin/");
        let before = before.strip_suffix("/bin/").unwrap_or(before);
        let quote = before.chars().next_back();
        let quote = quote.filter(|c| QUOTES.contains(c));
        let behind = &text[at + name.len()..];
        quote.is_some_and(|quote| behind.starts_with([quote, ' ']))
            || behind.starts_with(|c| c == ' ' || QUOTES.contains(&c)) && is_next_command(before)
    })
}

/// What opens and ends a string.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Whether `before` ends in a string that is the beginning of a shell's command line, and another command may come next:
/// `"cd repo && `.
fn is_next_command(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let ends = ["&&", "||", "|", ";", "$("];
    let is_next = ends.iter().any(|end| line.trim_end().ends_with(end));
    is_next
        && QUOTES
            .iter()
            .any(|&quote| line.matches(quote).count() % 2 == 1)
}

/// Whether `text` takes `name` from a module that has a function for every program: `sh.git(`, `from sh import git`.
fn is_taken_from(text: &str, module: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let imported = |line: &str| -> Option<bool> {
        let rest = line.trim_start().strip_prefix("from ")?;
        let names = rest.trim_start().strip_prefix(module)?;
        let names = names.trim_start().strip_prefix("import ")?;
        Some(names.split(|c| !is_word(c)).any(|word| word == name))
    };
    let call = format!("{module}.{name}");
    let is_call = |(at, _): (usize, &str)| {
        let is_whole = !text[..at].ends_with(|c| is_word(c) || c == '.');
        is_whole && text[at + call.len()..].starts_with(['(', '.'])
    };
    text.lines().any(|line| imported(line) == Some(true))
        || text.match_indices(call.as_str()).any(is_call)
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

    #[test]
    fn a_program_is_named_behind_another_one_of_a_command_line() {
        assert!(names("os.system('cd repo && git pull')", "git"));
        assert!(names("run(f\"ps aux | file -\", shell=True)", "file"));
        assert!(!names("if (a || file ) {", "file"));
        assert!(!names("run('a'); git (b)", "git"));
    }

    #[test]
    fn a_program_is_a_function_of_a_module() {
        assert!(is_taken_from("kind = sh.file('-b', path)", "sh", "file"));
        assert!(is_taken_from("import sh\nsh.git.log()", "sh", "git"));
        assert!(is_taken_from("from sh import ls, git", "sh", "git"));
        assert!(!is_taken_from("wish.file('a')", "sh", "file"));
        assert!(!is_taken_from("from sh import git", "sh", "file"));
    }

    #[test]
    fn a_line_that_is_put_together_is_read_by_its_statements() {
        let file = |text: &str| Source {
            path: String::new(),
            text: text.into(),
            addresses: Addresses::Relative,
        };
        let long = format!("{}a.write(b);c.get(\"/d\");", "x=1;".repeat(300));
        let last = |file: &Source| file.lines().map(|line| line.text.to_owned()).nth(301);
        assert_eq!(last(&file(&long)).as_deref(), Some("c.get(\"/d\")"));
        assert_eq!(file("a;b\n\nc").lines().count(), 3);
    }
}

//! `.dockerignore`, read as BuildKit reads it: `ReadAll` in `ignorefile/ignorefile.go` and
//! `MatchesUsingParentResults` in `patternmatcher.go` of `moby/patternmatcher`, which
//! `tonistiigi/fsutil` asks on its walk from the root of the context downwards.

use regex_lite::Regex;

use super::glob::is_well_formed;

/// The patterns of an ignore file.
#[derive(Debug, Default)]
pub struct Dockerignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    matcher: Matcher,
    /// What is fixed of it: the part in front of the first special character.
    stem: String,
    /// Whether it starts with `!`: what it matches is not hidden.
    exception: bool,
}

/// How a pattern is compared. Which one is chosen decides what odd patterns such as `**x` match, so
/// the kinds are those of patternmatcher.
#[derive(Debug)]
enum Matcher {
    Exact(String),
    /// `name**`
    Prefix(String),
    /// `**name`
    Suffix(String),
    Regex(Regex),
}

impl Dockerignore {
    /// Reads the text of an ignore file. Lines that start with `#` are comments, and a byte order
    /// mark is skipped. A pattern that BuildKit would reject hides nothing.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self {
            patterns: lines.filter_map(|line| Pattern::new(line.trim())).collect(),
        }
    }

    /// Whether it hides nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether `path` is left out of the context. The last pattern that matches decides.
    ///
    /// A pattern that has matched a folder goes for all that is below it. But on the way down, a
    /// pattern that would change nothing is not looked at: of `*/x` and `!docs`, the second is passed
    /// over at `docs`, which is not hidden, and so does not bring back `docs/x`.
    #[must_use]
    pub fn hides(&self, path: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let path = cleaned(path);
        let ends = path.match_indices('/').map(|(at, _)| at);
        let mut matched = vec![false; self.patterns.len()];
        let mut hidden = false;
        for end in ends.chain([path.len()]) {
            hidden = false;
            for (pattern, matched) in self.patterns.iter().zip(&mut matched) {
                let has_effect = pattern.exception == hidden;
                *matched |= has_effect && pattern.matches(&path[..end]);
                if *matched {
                    hidden = !pattern.exception;
                }
            }
        }
        hidden
    }

    /// Whether a pattern may bring back something below the folder `path`, although it is hidden.
    #[must_use]
    pub fn may_show_below(&self, path: &str) -> bool {
        let folder = cleaned(path) + "/";
        self.patterns.iter().any(|pattern| {
            let stem = &pattern.stem;
            pattern.exception && (stem.starts_with(&folder) || folder.starts_with(stem.as_str()))
        })
    }
}

impl Pattern {
    fn new(line: &str) -> Option<Self> {
        let (exception, pattern) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        let pattern = cleaned(pattern);
        if pattern.is_empty() || !is_well_formed(&pattern) {
            return None;
        }
        let special = pattern.find(['*', '?', '[', '\\']);
        Some(Self {
            matcher: Matcher::new(&pattern)?,
            stem: pattern[..special.unwrap_or(pattern.len())].to_owned(),
            exception,
        })
    }

    fn matches(&self, path: &str) -> bool {
        match &self.matcher {
            Matcher::Exact(text) => path == text,
            Matcher::Prefix(text) => path.starts_with(text.as_str()),
            Matcher::Suffix(text) => {
                path.ends_with(text.as_str()) || text.strip_prefix('/') == Some(path)
            }
            Matcher::Regex(regex) => regex.is_match(path),
        }
    }
}

impl Matcher {
    /// The matcher of a cleaned pattern; `None` when its syntax is wrong.
    fn new(pattern: &str) -> Option<Self> {
        let mut translation = Translation::default();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '*' if chars.next_if_eq(&'*').is_some() => {
                    // `**/` is the same as `**`
                    chars.next_if_eq(&'/');
                    translation.double_star(chars.peek().is_none());
                }
                '*' => translation.wildcard("[^/]*"),
                '?' => translation.wildcard("[^/]"),
                '[' if translation.in_class && chars.peek() == Some(&':') => {
                    translation.special("[")
                }
                '[' if translation.in_class => translation.special("\\["),
                '[' | ']' => {
                    translation.special(c.encode_utf8(&mut [0; 4]));
                    translation.in_class = c == '[';
                }
                // As there, `\d` is a digit.
                '\\' => translation.special(&format!("\\{}", chars.next()?)),
                _ => translation.literal(c),
            }
        }
        translation.finish(pattern)
    }
}

/// A pattern on its way to a matcher.
#[derive(Default)]
struct Translation {
    regex: String,
    kind: Kind,
    /// How many characters or wildcards have been read.
    length: usize,
    /// Whether what is written now stands between `[` and `]`.
    in_class: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Exact,
    Prefix,
    Suffix,
    Regex,
}

impl Translation {
    fn literal(&mut self, c: char) {
        // `&` and `~` mean something between brackets to this crate, and nothing to Go.
        let special = matches!(c, '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' | '&' | '~');
        if special {
            self.regex.push('\\');
        }
        self.regex.push(c);
        self.length += 1;
    }

    fn special(&mut self, regex: &str) {
        self.regex += regex;
        self.kind = Kind::Regex;
        self.length += 1;
    }

    /// patternmatcher replaces wildcards between brackets as well, and their `]` ends the class.
    fn wildcard(&mut self, regex: &str) {
        let escape = if self.in_class { "\\" } else { "" };
        self.special(&format!("{escape}{regex}"));
        self.in_class = false;
    }

    fn double_star(&mut self, at_end: bool) {
        if at_end && self.kind == Kind::Exact {
            self.kind = Kind::Prefix;
        } else if at_end {
            self.regex += ".*";
            self.kind = Kind::Regex;
        } else {
            self.regex += "(.*/)?";
            self.kind = Kind::Regex;
        }
        if self.length == 0 {
            self.kind = Kind::Suffix;
        }
        self.length += 1;
    }

    fn finish(self, pattern: &str) -> Option<Matcher> {
        Some(match self.kind {
            Kind::Exact => Matcher::Exact(pattern.to_owned()),
            Kind::Prefix => Matcher::Prefix(pattern[..pattern.len() - 2].to_owned()),
            Kind::Suffix => Matcher::Suffix(pattern[2..].to_owned()),
            Kind::Regex => Matcher::Regex(Regex::new(&format!("^{}$", self.regex)).ok()?),
        })
    }
}

/// `path` as Go's `filepath.Clean` leaves it, without a slash in front. What leads out of the context
/// goes on to do so, and matches nothing in it.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hides(ignore: &str, path: &str) -> bool {
        Dockerignore::new(ignore).hides(path)
    }

    #[test]
    fn a_folder_hides_what_is_below_it() {
        assert!(hides("node_modules", "node_modules/left-pad/index.js"));
        assert!(
            !hides("node_modules", "web/node_modules"),
            "a pattern starts at the root"
        );
        assert!(hides("**/node_modules", "web/node_modules"));
        assert!(hides("**/node_modules", "node_modules"));
        assert!(hides("/dist/", "dist/main.js"));
    }

    #[test]
    fn the_last_match_decides() {
        let text = "*\n!src\n!package.json\nsrc/secret*";
        assert!(hides(text, "README.md"));
        assert!(!hides(text, "src/main.py"));
        assert!(hides(text, "src/secret.key"));
        assert!(!hides(text, "package.json"));
    }

    /// What `TestMatches`, `TestMatch` and `TestCompile` in patternmatcher_test.go are about, as far
    /// as `/` is the separator.
    #[test]
    fn patterns_match_as_in_patternmatcher() {
        for (pattern, hidden, shown) in [
            ("**", "file dir/file", ""),
            ("**/", "file dir/file", ""),
            ("**/**", "file dir/file", ""),
            ("dir/**", "dir/file dir/dir2/file", "dir dirt/file"),
            ("abc/**", "abc/def abc/def/ghi", "abc"),
            ("**/dir", "dir dir/file dir2/dir/file", "mydir dirt"),
            ("**/dir2/*", "dir/dir2/file dir2/file/below", "dir2"),
            ("**/dir2/**", "dir/dir2/dir3/file", "dir2 dir3/dir2"),
            ("**file", "file dir/file myfile dir/dir/file", "files"),
            ("**/file*", "file dir/dir/file.txt", "dir/myfile"),
            ("**/file*txt", "dir/dir/file.txt", "dir/file.txt2"),
            ("**/file*.txt*", "dir/dir/file.txt file.a.txtb", "file"),
            ("**/**/*.txt", "file.txt dir/dir/file.txt", "dir/file.txt2"),
            (
                "a**/*.txt",
                "a/file.txt a/dir/dir/file.txt ab/c.txt",
                "b/a.txt",
            ),
            ("a/*.txt", "a/file.txt", "a/dir/file.txt"),
            ("a/*.txt**", "a/file.txt a/file.txt.b", "a/file"),
            ("a[b-d]e", "ace", "ae aae"),
            ("a[^b-d]e", "aze a-e", "ace"),
            ("ab[c]", "abc", "abd"),
            ("[\\]a]", "] a", "b"),
            ("[x\\-]", "x -", "z"),
            ("[a-ζ]*", "α", "A"),
            ("[[]", "[", "]"),
            ("[[:digit:]]", "7", "d"),
            ("[&~]", "& ~", "a"),
            ("a\\*b", "a*b", "ab axb"),
            ("\\d", "7", "d"),
            ("a?b", "a☺b", "ab a/b"),
            ("a???b", "axyzb", "a☺b"),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", "axbxcxdxe/xxx/f"),
            ("a*b?c*x", "abxbbxdbxebxczzx", "abxbbxdbxebxczzy"),
            (".*", ".foo", "foo"),
            ("*", "a .b a/b", ""),
            ("abc.def", "abc.def", "abcdef abcZdef"),
            ("abc?def", "abcZdef", "abcdef"),
            ("**/foo/bar", "foo/bar dir/dir2/foo/bar", "foo/dir/bar"),
            ("**/.foo", ".foo a/.foo", "bar.foo"),
            ("a(b)c/def", "a(b)c/def", "a(b)c/xyz abc/def"),
            ("a.|)$(}+{bc", "a.|)$(}+{bc", "a"),
            ("dist/*.whl", "dist/proxy.py-2.4.0rc3+g08-any.whl", "dist"),
            ("/test2", "test2 test2/a", "a/test2"),
            ("./build/../out/.", "out/file", "build/out"),
            ("../out", "", "out"),
            ("/../out", "out", ""),
            ("a^b*", "", "a^bc"),
        ] {
            let check = |paths: &str, expected: bool| {
                for path in paths.split_whitespace() {
                    assert_eq!(hides(pattern, path), expected, "{pattern:?} and {path:?}");
                }
            };
            check(hidden, true);
            check(shown, false);
        }
    }

    #[test]
    fn exceptions_bring_back_what_was_hidden_before_them() {
        for (text, hidden, shown) in [
            ("!a.go\n*.go", "a.go", ""),
            ("*.go\n!a.go", "b.go", "a.go"),
            ("docs/\n!docs/README.md", "docs docs/b", "docs/README.md"),
            ("docs/*\n!docs/README.md", "docs/b", "docs docs/README.md"),
            ("docs\n  !docs/README.md  ", "docs/b", "docs/README.md"),
            ("**\n!util/web", "util a", "util/web util/web/foo"),
            ("**\n!util/web\nutil/web/foo", "util/web/foo", "util/web"),
            ("**\n!dist/*.whl", "dist/a.zip", "dist/a-2.4.0+g08.whl"),
            ("*\n! /inverted/abs/path", "a", "inverted/abs/path"),
            // `!docs` changes nothing at `docs`, and so is not asked again below it.
            ("*/x\n!docs", "docs/x a/x", "docs docs/y"),
            ("docs\n!docs/f\ndo*", "docs/g", "docs/f"),
        ] {
            for path in hidden.split_whitespace() {
                assert!(hides(text, path), "{text:?} hides {path:?}");
            }
            for path in shown.split_whitespace() {
                assert!(!hides(text, path), "{text:?} shows {path:?}");
            }
        }
    }

    #[test]
    fn malformed_patterns_hide_nothing() {
        for pattern in [
            "[", "a[", "[^bc", "[]a]", "[-]", "[x-]", "[a-b-c]", "a\\", "!", ".",
        ] {
            assert!(!hides(pattern, "a") && !hides(pattern, "x"), "{pattern:?}");
        }
    }

    #[test]
    fn comments_blank_lines_and_malformed_patterns_do_nothing() {
        for text in ["# node_modules\n\n", "!", ".", "[", "a\\"] {
            assert!(!hides(text, "node_modules"), "{text:?}");
        }
        assert!(hides(
            "\u{feff}node_modules\r\n  dist  \r\n",
            "node_modules"
        ));
        assert!(hides("node_modules\r\n  dist  \r\n", "dist"));
        assert!(hides(" # no comment\nx", "x"));
    }

    #[test]
    fn an_exception_may_show_what_a_hidden_folder_holds() {
        let shows = |ignore: &str, path| Dockerignore::new(ignore).may_show_below(path);
        assert!(shows("docs\n!docs/README.md", "docs"));
        assert!(shows("*\n!**/keep", "docs"));
        assert!(shows("*\n!a", "a/b"));
        assert!(!shows("node_modules\n!src", "node_modules"));
    }
}

//! `.dockerignore`, read as BuildKit reads it: `moby/patternmatcher`, files `patternmatcher.go` and
//! `ignorefile/ignorefile.go`.

use regex_lite::Regex;

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

    /// Whether `path` is left out of the context. The last pattern that matches the path or one of
    /// the folders above it decides.
    #[must_use]
    pub fn hides(&self, path: &str) -> bool {
        let path = cleaned(path);
        if path.is_empty() {
            return false;
        }
        let ends = path.match_indices('/').map(|(at, _)| at);
        let prefixes: Vec<&str> = ends.chain([path.len()]).map(|end| &path[..end]).collect();
        let deciding = self
            .patterns
            .iter()
            .rev()
            .find(|pattern| prefixes.iter().any(|prefix| pattern.matches(prefix)));
        deciding.is_some_and(|pattern| !pattern.exception)
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
        if pattern.is_empty() {
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
                '*' => translation.special("[^/]*"),
                '?' => translation.special("[^/]"),
                '[' | ']' => translation.special(c.encode_utf8(&mut [0; 4])),
                '\\' => {
                    let escaped = chars.next()?;
                    translation.special(&regex_lite::escape(escaped.encode_utf8(&mut [0; 4])));
                }
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
        let special = matches!(c, '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$');
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

/// `path` as Go's `filepath.Clean` leaves it, without a slash in front.
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether one name matches a pattern of `*`, `?`, `[a-z]` and `\`-escaped characters, as Go's
/// `filepath.Match` compares them in the sources of a `COPY`.
#[must_use]
pub fn matches_name(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on when the text behind the last `*` does not match.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, n));
            p += 1;
        } else if let Some(next) = matches_char(&pattern, p, name[n]) {
            (p, n) = (next, n + 1);
        } else if let Some((after_star, at)) = retry {
            (p, n) = (after_star, at + 1);
            retry = Some((after_star, at + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// The position behind the element at `p` if it matches `c`.
fn matches_char(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' => (pattern.get(p + 1) == Some(&c)).then_some(p + 2),
        '[' => matches_class(pattern, p, c),
        literal => (literal == c).then_some(p + 1),
    }
}

fn matches_class(pattern: &[char], p: usize, c: char) -> Option<usize> {
    let close = p + 1 + pattern[p + 1..].iter().position(|&c| c == ']')?;
    let class = &pattern[p + 1..close];
    let (negated, class) = match class.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, class),
    };
    let mut at = 0;
    let mut found = false;
    while at < class.len() {
        if class.get(at + 1) == Some(&'-') && at + 2 < class.len() {
            found |= (class[at]..=class[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= class[at] == c;
            at += 1;
        }
    }
    (found != negated).then_some(close + 1)
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

    /// The table of `TestMatches` and `TestMatch` in patternmatcher_test.go, as far as it is about
    /// `/` as the separator.
    #[test]
    fn patterns_match_as_in_patternmatcher() {
        for (pattern, path, hidden) in [
            ("**", "file", true),
            ("**", "dir/file", true),
            ("**/", "file", true),
            ("**/**", "dir/file", true),
            ("dir/**", "dir/file", true),
            ("dir/**", "dir/dir2/file", true),
            ("**/dir", "dir/file", true),
            ("**/dir", "dir2/dir/file", true),
            ("**/file", "dir/dir/file", true),
            ("**/file*", "dir/dir/file.txt", true),
            ("**/file*txt", "dir/dir/file.txt", true),
            ("**/file*.txt*", "dir/dir/file.txt", true),
            ("a**/*.txt", "a/file.txt", true),
            ("a**/*.txt", "a/dir/file.txt", true),
            ("a/*.txt", "a/dir/file.txt", false),
            ("a/*.txt", "a/file.txt", true),
            ("a[b-d]e", "ae", false),
            ("a[b-d]e", "ace", true),
            ("a[^b-d]e", "aze", true),
            (".*", ".foo", true),
            (".*", "foo", false),
            ("abc.def", "abcdef", false),
            ("abc.def", "abcZdef", false),
            ("abc?def", "abcZdef", true),
            ("**/foo/bar", "foo/bar", true),
            ("**/foo/bar", "dir/dir2/foo/bar", true),
            ("abc/**", "abc", false),
            ("abc/**", "abc/def/ghi", true),
            ("**/.foo", "bar.foo", false),
            ("**/.foo", ".foo", true),
            ("a(b)c/def", "a(b)c/def", true),
            ("a.|)$(}+{", "a.|)$(}+{", true),
            ("dist/proxy.py-*", "dist/proxy.py-2.4", true),
            ("a\\*b", "a*b", true),
            ("x**", "xyz", true),
            ("./build/../out", "out/file", true),
        ] {
            assert_eq!(hides(pattern, path), hidden, "{pattern:?} and {path:?}");
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

    #[test]
    fn names_match_as_in_go() {
        assert!(matches_name("[a-c]?.txt", "b1.txt"));
        assert!(!matches_name("[^a-c]*", "b1.txt"));
        assert!(matches_name("package*.json", "package-lock.json"));
    }
}

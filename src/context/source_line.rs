//! The paths that a line of a source names.

use crate::knowledge::pattern::Pattern;

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
        // Attributes of Rust and PHP, and what the preprocessor of C reads.
        if ["#[", "#![", "#define"]
            .iter()
            .any(|mark| text.starts_with(mark))
        {
            return false;
        }
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
        if let Some(tag) = tag_of(self.text) {
            return Self { text: tag, ..*self }.quoted_paths();
        }
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
                || is_between_quotes(piece)
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

    /// The absolute paths of options in quotes: `"--user-data-dir=/data/profile"`.
    pub fn paths_of_options(&self) -> impl Iterator<Item = &'s str> {
        let quoted = self.text.split(['"', '\'', '`']).skip(1).step_by(2);
        let addresses = self.addresses;
        let options = quoted.filter(|word| word.contains('='));
        options.filter_map(move |word| addresses.path_in_argument(word))
    }

    /// The absolute paths that a line of a file of settings names, in quotes or without.
    #[must_use]
    pub fn named_paths(&self) -> Vec<&'s str> {
        let ends_word = |c: char| c.is_whitespace() || "\"'<>=,;()".contains(c);
        let mut start = 0;
        let mut words = Vec::new();
        for word in self.text.split(ends_word) {
            // What ends an element of XML is no path: `</file>`.
            if !self.text[..start].ends_with('<') {
                words.push(word);
            }
            start += word.len() + 1;
        }
        let paths = words.into_iter();
        paths
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
        // The end of a variable with a default: `${data.dir:/srv/data}`, `${data.dir:/srv/data}/x`.
        let path = match path.split_once('}') {
            Some((default, _)) if !default.contains('{') => default,
            _ => path,
        };
        let variable = path.find(['$', '{', '%', '*', '<', '(', ' ', '?', '|']);
        let fixed = match variable {
            Some(at) => &path[..path[..at].rfind('/')?],
            None => path,
        };
        (fixed.len() > 1).then_some(fixed)
    }

    /// The same of an argument: `--log=/x`, `-Xlog:gc:file=/x:time:filecount=5`.
    #[must_use]
    pub fn path_in_argument(self, word: &str) -> Option<&str> {
        let value = word.rsplit_once('=').map_or(word, |(_, value)| value);
        let among_others = || {
            let start = word.find("=/")? + 1;
            let end = word[start..].find([':', ','])?;
            self.path_in(&word[start..start + end])
        };
        self.path_in(value).or_else(among_others)
    }
}

/// What a field of Go says of itself, in quotes between quotes: `env:"DIR" envDefault:"/data"`.
fn tag_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('`')?;
    let (tag, _) = rest.rsplit_once('`')?;
    let is_key = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let key = tag.split_once(":\"")?.0;
    (!key.is_empty() && key.chars().all(is_key)).then_some(tag)
}

/// Whether `text` in quotes is none, but stands between two: `x.replace(/"/g,"&")`.
fn is_between_quotes(text: &str) -> bool {
    text.ends_with([',', ';', '(', ')'])
}

/// The first value of a connection string (`Data Source=/data/x;Mode=…`); else all of it.
fn setting_of(text: &str) -> &str {
    let first = text.split(';').next().unwrap_or(text);
    let is_name = |name: &str| {
        let mut chars = name.chars();
        chars.all(|c| c.is_ascii_alphabetic() || c == ' ' || c == ':')
    };
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_quote_in_a_regular_expression_begins_no_path() {
        assert!(paths(r#"x.replace(/&/g,"&amp;").replace(/"/g,"&quot;")"#).is_empty());
    }

    #[test]
    fn what_stands_behind_a_macro_is_added_to_it() {
        assert!(paths(r#"fopen(STATEDIR "/x.log", "a")"#).is_empty());
        assert_eq!(paths(r#"fopen("/x.log", "a")"#), ["/x.log"]);
        assert_eq!(paths(r#"LOG = "/x.log""#), ["/x.log"]);
    }

    #[test]
    fn tags_and_elements_name_paths() {
        assert_eq!(
            paths("  Dir string `env:\"DIR\" envDefault:\"/data/a\"`"),
            ["/data/a"]
        );
        let line = |text| SourceLine {
            text,
            ..SourceLine::default()
        };
        assert_eq!(
            line("<file>/data/a.log</file>").named_paths(),
            ["/data/a.log"]
        );
        assert!(line("<file>${HOME}/a.log</file>").named_paths().is_empty());
        assert!(!line("#[arg(default_value = \"/data\")]").is_comment());
        assert!(line("# include \"/data\"").is_comment());
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
        assert_eq!(absolute("${data.dir:/srv/data}"), Some("/srv/data"));
        assert_eq!(absolute("dbi:SQLite:dbname=/srv/a.db"), Some("/srv/a.db"));
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

//! `.dockerignore`, read as BuildKit reads it (`moby/patternmatcher`).

/// The patterns of an ignore file.
#[derive(Debug, Default)]
pub struct Dockerignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    /// The parts between the slashes.
    parts: Vec<String>,
    /// Whether it starts with `!`: what it matches is not hidden.
    exception: bool,
}

impl Dockerignore {
    /// Reads the text of an ignore file. Lines that start with `#` are comments; a byte order mark
    /// is skipped.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self {
            patterns: lines.filter_map(|line| Pattern::new(line.trim())).collect(),
        }
    }

    /// Whether `path` is left out of the context. The last pattern that matches the path or one of
    /// the folders above it decides.
    #[must_use]
    pub fn hides(&self, path: &str) -> bool {
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        if parts.is_empty() {
            return false;
        }
        let matching = |pattern: &&Pattern| {
            (1..=parts.len()).any(|n| matches_parts(&pattern.parts, &parts[..n]))
        };
        self.patterns
            .iter()
            .rev()
            .find(matching)
            .is_some_and(|pattern| !pattern.exception)
    }

    /// Whether a pattern brings back what an earlier one hides, so that a hidden folder may still
    /// hold something.
    #[must_use]
    pub fn has_exceptions(&self) -> bool {
        self.patterns.iter().any(|pattern| pattern.exception)
    }
}

impl Pattern {
    fn new(line: &str) -> Option<Self> {
        let (exception, pattern) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        let mut parts: Vec<String> = Vec::new();
        for part in pattern.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                _ => parts.push(part.to_owned()),
            }
        }
        (!parts.is_empty()).then_some(Self { parts, exception })
    }
}

/// Whether the parts of a path match those of a pattern, where `**` stands for any number of parts.
fn matches_parts(pattern: &[String], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((first, rest)) if first == "**" => {
            // A trailing `**` needs something to match; in the middle it may match nothing.
            let least = usize::from(rest.is_empty());
            (least..=path.len()).any(|skipped| matches_parts(rest, &path[skipped..]))
        }
        Some((first, rest)) => path
            .split_first()
            .is_some_and(|(name, below)| matches_name(first, name) && matches_parts(rest, below)),
    }
}

/// Whether one name matches a pattern of `*`, `?`, `[a-z]` and `\`-escaped characters.
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
        Some(('^' | '!', rest)) => (true, rest),
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

    #[test]
    fn wildcards_stay_in_their_part() {
        assert!(hides("*.md", "README.md"));
        assert!(!hides("*.md", "docs/README.md"));
        assert!(hides("docs/**/*.md", "docs/README.md"));
        assert!(hides("docs/**/*.md", "docs/a/b/README.md"));
        assert!(hides("[a-c]?.txt", "b1.txt"));
        assert!(!hides("[^a-c]*", "b1.txt"));
        assert!(hides("a\\*b", "a*b"));
    }

    #[test]
    fn comments_and_blank_lines_do_nothing() {
        assert!(!hides("# node_modules\n\n", "node_modules"));
    }
}

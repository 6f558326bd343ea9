//! Settings of other files: texts of which variables may decide a part.
//!
//! Such a text is carried as one string, in which marks stand around what a variable gives by default (nothing, when
//! only the caller knows), so that texts can be joined and merged before anybody asks for their value.

use std::path::{Path, PathBuf};

use super::paths::{is_remote, resolve};

/// In front of what a variable gives.
const OPEN: char = '\u{1}';
/// Behind it.
const CLOSE: char = '\u{2}';
/// Stands for any text in a pattern.
const ANY: char = '\u{3}';

/// The setting that a variable gives, which is `default` unless the caller says otherwise.
pub(super) fn variable(default: &str) -> String {
    format!("{OPEN}{}{CLOSE}", value(default))
}

/// The path `setting` from `folder`, as a setting. What a variable decides may be absolute already.
pub(super) fn absolute(folder: &Path, setting: &str) -> String {
    let plain = value(setting);
    if is_remote(&plain) || plain.starts_with(['/', '~']) || setting.starts_with(&variable("")) {
        return setting.to_owned();
    }
    let folder = folder.display();
    match setting.strip_prefix(OPEN) {
        Some(rest) => format!("{OPEN}{folder}/{rest}"),
        None => format!("{folder}/{setting}"),
    }
}

/// The value of `setting` when nobody sets its variables.
pub(super) fn value(setting: &str) -> String {
    setting.replace([OPEN, CLOSE], "")
}

/// Whether a variable decides about it, or about a part of it.
pub(super) fn is_open(setting: &str) -> bool {
    setting.contains(OPEN)
}

/// The arguments among `pairs` that have a value when nobody sets a variable.
pub(super) fn known_values(
    pairs: impl IntoIterator<Item = (String, Option<String>)>,
) -> Vec<(String, String)> {
    let known = pairs
        .into_iter()
        .filter_map(|(name, setting)| Some((name, setting?)));
    let known = known.filter(|(_, setting)| !setting.contains(&variable("")));
    known
        .map(|(name, setting)| (name, value(&setting)))
        .collect()
}

/// `setting` with `ANY` in the place of what variables give.
fn pattern(setting: &str) -> String {
    let mut pattern = String::new();
    let mut depth = 0;
    for c in setting.chars() {
        match c {
            OPEN => {
                depth += 1;
                pattern.push(ANY);
            }
            CLOSE => depth -= 1,
            c if depth == 0 => pattern.push(c),
            _ => {}
        }
    }
    pattern
}

/// The path that settings lead to, one from the other: from a folder to a build context to a Dockerfile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Location {
    /// Where they lead when nobody sets their variables; `None` when that is nowhere.
    path: Option<PathBuf>,
    /// All places where they may lead.
    pattern: String,
}

impl Location {
    /// The folder that a file is in.
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            path: Some(folder.to_owned()),
            pattern: folder.display().to_string(),
        }
    }

    /// A folder that nobody knows.
    pub(super) fn unknown() -> Self {
        Self {
            path: None,
            pattern: ANY.to_string(),
        }
    }

    /// Where `setting` leads from here; `None` for a URL.
    pub(super) fn join(&self, setting: &str) -> Option<Self> {
        if is_remote(&value(setting)) {
            return None;
        }
        // A variable that nobody sets leaves no path, whatever stands around it.
        let is_lost = setting.contains(&variable(""));
        let known = self.path.as_deref().filter(|_| !is_lost);
        Some(Self {
            path: known.and_then(|folder| resolve(folder, &value(setting))),
            pattern: joined(&self.pattern, &pattern(setting)),
        })
    }

    /// Where it is when nobody sets a variable.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether it may be `path`.
    pub(super) fn may_be(&self, path: &Path) -> bool {
        let pattern: Vec<char> = self.pattern.chars().collect();
        let text: Vec<char> = path.display().to_string().chars().collect();
        matches(&pattern, &text)
    }
}

/// `path` from `folder`, both patterns. What begins with an unknown text may lie anywhere.
fn joined(folder: &str, path: &str) -> String {
    if path.starts_with(ANY) {
        return tidied(path);
    }
    match path.starts_with('/') {
        true => tidied(path),
        false => tidied(&format!("{folder}/{path}")),
    }
}

/// A pattern without `.` and `..`. An unknown text may hold several names, so that `..` behind it leads anywhere.
fn tidied(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let any = ANY.to_string();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if last.contains(ANY) => parts = vec![any.as_str()],
                _ => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    let mut tidied = String::new();
    for part in parts {
        // What nobody knows may be nothing, and then there is one slash less.
        let is_first = tidied.is_empty() && !pattern.starts_with('/');
        if part != any && !is_first {
            tidied.push('/');
        }
        tidied.push_str(part);
    }
    tidied
}

/// Whether `text` matches `pattern`, in which `ANY` stands for any text.
fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut seen) = (0, 0);
    // The last `ANY`, and what it is tried with.
    let mut retry: Option<(usize, usize)> = None;
    while seen < text.len() {
        if pattern.get(at) == Some(&ANY) {
            retry = Some((at, seen));
            at += 1;
        } else if pattern.get(at) == Some(&text[seen]) {
            (at, seen) = (at + 1, seen + 1);
        } else if let Some((any, from)) = retry {
            retry = Some((any, from + 1));
            (at, seen) = (any + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|c| *c == ANY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(context: &str, dockerfile: &str) -> Location {
        let context = Location::of(Path::new("/p")).join(context);
        let context = context.expect("no URL");
        context.join(dockerfile).expect("no URL")
    }

    #[test]
    fn a_default_is_where_it_leads_and_not_all_that_it_may_be() {
        let found = location("./app", &variable("Dockerfile"));
        assert_eq!(found.path(), Some(Path::new("/p/app/Dockerfile")));
        assert!(found.may_be(Path::new("/p/app/Dockerfile")));
        assert!(found.may_be(Path::new("/q/Dockerfile.gpu")));
    }

    #[test]
    fn what_only_the_caller_knows_is_bounded_by_what_stands_around_it() {
        let found = location(&format!("services/{}", variable("")), "Dockerfile");
        assert_eq!(found.path(), None);
        assert!(found.may_be(Path::new("/p/services/web/Dockerfile")));
        assert!(!found.may_be(Path::new("/p/other/Dockerfile")));
        assert!(!found.may_be(Path::new("/p/services/web/Dockerfile.dev")));
        let above = location(&format!("a/{}/..", variable("")), "Dockerfile");
        assert!(above.may_be(Path::new("/p/a/b/Dockerfile")));
    }

    #[test]
    fn a_variable_may_be_empty() {
        for context in [variable(""), format!("./{}", variable(""))] {
            let found = location(&context, "Dockerfile");
            assert!(found.may_be(Path::new("/p/Dockerfile")));
            assert!(found.may_be(Path::new("/p/a/Dockerfile")));
        }
    }

    #[test]
    fn what_has_no_variable_is_one_place() {
        let found = location("..", "docker/./Dockerfile");
        assert_eq!(found.path(), Some(Path::new("/docker/Dockerfile")));
        assert!(!found.may_be(Path::new("/p/docker/Dockerfile")));
        assert_eq!(Location::of(Path::new("/p")).join("https://a/b.git"), None);
    }
}

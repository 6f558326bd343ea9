//! Paths inside an image, and sets of them.

use std::rc::Rc;

use crate::context::{last_slash, matches_name};

/// Joins `path` to `base` and resolves `.` and `..`, as Docker does for `WORKDIR` and `COPY`.
///
/// `base` is absolute or symbolic (see [`UNKNOWN_WORKDIR`]); an absolute `path` replaces it.
#[must_use]
pub fn join(base: &str, path: &str) -> String {
    // The tables have no others.
    if path.starts_with('/') && is_resolved(path) {
        return path.to_owned();
    }
    let base = if path.starts_with('/') { "" } else { base };
    let below_unknown = base.strip_prefix(UNKNOWN_WORKDIR);
    let root = if below_unknown.is_some() {
        UNKNOWN_WORKDIR
    } else {
        ""
    };
    let mut joined = String::with_capacity(base.len() + 1 + path.len());
    joined.push_str(root);
    push_parts(&mut joined, below_unknown.unwrap_or(base));
    push_parts(&mut joined, path);
    if joined.is_empty() {
        joined.push('/');
    }
    joined
}

/// Whether nothing in the absolute `path` is left to resolve.
fn is_resolved(path: &str) -> bool {
    parts(&path[1..]).all(|part| !matches!(part, "" | "." | ".."))
}

/// What stands between the slashes of `path`. Paths are short, and there are very many: a loop over their bytes beats
/// `str::split`.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let path = rest?;
        let slash = path.bytes().position(|byte| byte == b'/');
        rest = slash.map(|at| &path[at + 1..]);
        Some(&path[..slash.unwrap_or(path.len())])
    })
}

/// Goes down from `folder` along `path`, never above the root.
fn push_parts(folder: &mut String, path: &str) {
    for part in parts(path) {
        match part {
            "" | "." => {}
            ".." => folder.truncate(last_slash(folder).unwrap_or(folder.len())),
            _ => {
                folder.push('/');
                folder.push_str(part);
            }
        }
    }
}

/// The working directory of a base image of which it is not known. Paths below it are compared with
/// each other, and count as overlapping with any absolute path.
pub const UNKNOWN_WORKDIR: &str = "{workdir}";

/// The part of `path` below `base`: `Some("")` for `base` itself, `None` when it lies elsewhere.
#[must_use]
pub fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    if base == "/" {
        return path.strip_prefix('/');
    }
    let rest = path.strip_prefix(base)?;
    if rest.is_empty() {
        Some("")
    } else {
        rest.strip_prefix('/')
    }
}

/// The folder that holds `path`; `/` for what lies in the root.
#[must_use]
pub fn parent(path: &str) -> &str {
    match last_slash(path) {
        Some(0) | None => "/",
        Some(at) => &path[..at],
    }
}

/// The name of the file or folder at `path`: its last part, which is empty behind a trailing slash.
#[must_use]
pub fn file_name(path: &str) -> &str {
    last_slash(path).map_or(path, |at| &path[at + 1..])
}

/// Whether `text` names `path`, or something below it: `/data` and `/data/x`, but not `/srv/data` or `/data.txt`.
#[must_use]
pub fn is_named(path: &str, text: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "._-}".contains(c);
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + path.len()..].chars().next();
        !before.is_some_and(is_of_name) && !behind.is_some_and(is_of_name)
    })
}

/// One path and, if it is a folder, everything below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// The length of the part of the path that has no wildcard. Most paths differ in it, so that it is compared first.
    fixed: usize,
    path: Rc<str>,
}

impl Region {
    /// The region of `path`.
    #[must_use]
    pub fn new(path: impl AsRef<str>) -> Self {
        let path: Rc<str> = path.as_ref().into();
        let wildcard = path
            .bytes()
            .position(|byte| matches!(byte, b'*' | b'?' | b'['));
        let fixed = wildcard.map_or(path.len(), |at| match path[..at].rfind('/') {
            Some(slash) => slash.max(1),
            None => 0,
        });
        Self { path, fixed }
    }

    /// Absolute or symbolic, without a trailing slash. May hold `*` in its last part.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The folder of which all that may be in the region is a part; the path itself when it has no wildcard.
    #[must_use]
    pub fn fixed(&self) -> &str {
        &self.path[..self.fixed]
    }

    /// The last part of the path.
    fn name(&self) -> &str {
        file_name(&self.path)
    }

    /// Whether everything in `other` lies in this region.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let same_folder = parent(&self.path) == parent(&other.path);
        below(&other.path, &self.path).is_some()
            || same_folder && matches_name(self.name(), other.name())
    }

    /// Whether the two may share a file: one lies below the other, or they cannot be compared.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let (a, b) = (self.fixed(), other.fixed());
        a.starts_with(UNKNOWN_WORKDIR) != b.starts_with(UNKNOWN_WORKDIR)
            || below(a, b).is_some_and(|inside| other.may_hold(inside))
            || below(b, a).is_some_and(|inside| self.may_hold(inside))
    }

    /// Whether the path `inside`, seen from the fixed folder, may be in the region.
    fn may_hold(&self, inside: &str) -> bool {
        let pattern = self.path[self.fixed..].trim_start_matches('/');
        let first = |path: &str| path.split('/').next().map(str::to_owned);
        match (first(pattern), first(inside)) {
            (Some(pattern), Some(name)) if !name.is_empty() => {
                pattern.is_empty() || pattern.contains('[') || matches_name(&pattern, &name)
            }
            _ => true,
        }
    }
}

/// What an instruction or a command reads or writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Nothing is known, so it may be anything.
    Everything,
    /// These and nothing else.
    Regions(Vec<Region>),
}

impl Default for Extent {
    fn default() -> Self {
        Self::Regions(Vec::new())
    }
}

impl Extent {
    /// Adds a region.
    pub fn add(&mut self, region: Region) {
        if let Self::Regions(regions) = self
            && !regions.contains(&region)
        {
            regions.push(region);
        }
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        match other {
            Self::Everything => *self = Self::Everything,
            Self::Regions(_) if self.is_empty() => *self = other.clone(),
            Self::Regions(regions) => regions.iter().for_each(|region| self.add(region.clone())),
        }
    }

    /// Whether it may touch `region`.
    #[must_use]
    pub fn meets(&self, region: &Region) -> bool {
        match self {
            Self::Everything => true,
            Self::Regions(regions) => regions.iter().any(|own| own.meets(region)),
        }
    }

    /// Whether the two may share a file.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match other {
            Self::Everything => !self.is_empty(),
            Self::Regions(regions) => regions.iter().any(|region| self.meets(region)),
        }
    }

    /// Whether it is known to touch nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Regions(regions) if regions.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_as_a_whole() {
        for text in ["mkdir /data", "x=\"/data/a\"", "cp a /data; b", "/data"] {
            assert!(is_named("/data", text), "{text}");
        }
        for text in [
            "/srv/data",
            "cp /data.txt x",
            "/database",
            "$HOME/data",
            "${A}/data",
        ] {
            assert!(!is_named("/data", text), "{text}");
        }
    }

    #[test]
    fn joins_as_docker_does() {
        for (base, path, joined) in [
            ("/app", ".", "/app"),
            ("/app", "./", "/app"),
            ("/app", "../x/", "/x"),
            ("/app", "/srv//www/", "/srv/www"),
            ("/", "..", "/"),
            ("/app", "../../..", "/"),
            ("/app/./lib/..", "x", "/app/x"),
            (UNKNOWN_WORKDIR, "../..", UNKNOWN_WORKDIR),
            (UNKNOWN_WORKDIR, "a/b", "{workdir}/a/b"),
            (UNKNOWN_WORKDIR, "/a", "/a"),
        ] {
            assert_eq!(join(base, path), joined, "{base} + {path}");
        }
    }

    #[test]
    fn regions_meet_when_one_holds_the_other() {
        let meets = |a: &str, b: &str| Region::new(a).meets(&Region::new(b));
        assert!(meets("/app", "/app/src"));
        assert!(meets("/", "/usr"));
        assert!(!meets("/app", "/application"));
        assert!(meets("/var/lib/apt/lists/*", "/var/lib"));
        assert!(!meets("/var/lib/apt/lists/*", "/app"));
        assert!(meets("/app/package*.json", "/app/package.json"));
        assert!(meets("/app/package*.json", "/app"));
        assert!(!meets("/app/requirements.txt", "/app/package*.json"));
        assert!(meets("/app/*/lib", "/app/web/lib") && !meets("/app/web*/lib", "/app/src/lib"));
        assert!(meets("/app/[ab]*", "/app/c"), "not worth reading");
        assert!(meets("/app/*.md", "/app/*.txt"), "neither are two patterns");
        assert!(
            meets("{workdir}/a", "/usr"),
            "an unknown folder may be anywhere"
        );
        assert!(!meets("{workdir}/a", "{workdir}/b"));
    }
}

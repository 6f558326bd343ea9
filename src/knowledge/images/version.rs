//! Versions as tags write them, ranges of versions, and facts that change from version to version.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The numbers of a version as far as they are written: `3.12` is `[3, 12]`, `8u392` is `[8, 392]`.
///
/// A tag names the newest release that begins with its numbers, so every number that is not written counts as
/// infinitely large: `3.12` is newer than `3.12.4`, and no number at all (`latest`) is newest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Version(Vec<u32>);

impl Version {
    /// Reads `3.12.1`, `v20`, `8u392`, `17.0.11_9`, `1.20rc3`; nothing that begins with another letter.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut numbers = Vec::new();
        for part in text.split(['.', '_', 'u', '+']) {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let Ok(number) = part[..digits].parse() else {
                break;
            };
            numbers.push(number);
            if digits < part.len() {
                break;
            }
        }
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    /// How many numbers are written.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The first `count` numbers, as a tag writes them.
    pub(crate) fn first(&self, count: usize) -> String {
        let numbers: Vec<String> = self.0.iter().take(count).map(u32::to_string).collect();
        numbers.join(".")
    }

    /// The first `count` numbers of the version that `text` begins with, if it has as many: `3.11` of `3.11.4`.
    pub(crate) fn numbers(text: &str, count: usize) -> Option<String> {
        let version = Self::parse(text)?;
        (version.len() >= count).then(|| version.first(count))
    }

    /// Whether the release that this names is `bound` or newer.
    pub(crate) fn at_least(&self, bound: &Self) -> bool {
        for (at, limit) in bound.0.iter().enumerate() {
            match self.0.get(at) {
                None => return true,
                Some(number) if number != limit => return number > limit,
                Some(_) => {}
            }
        }
        true
    }

    /// Whether this begins with all numbers of `prefix`.
    pub(crate) fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

/// Versions that a rule holds for: `11` (11 and all 11.x), `17.0.2..` (from there on), `3.5..4` (below 4).
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Range {
    /// Everything that begins so.
    Series(Version),
    /// From the first version to the one before the second.
    Span(Version, Option<Version>),
}

impl Range {
    /// Whether `version` lies in the range.
    pub(crate) fn contains(&self, version: &Version) -> bool {
        match self {
            Self::Series(series) => version.starts_with(series),
            Self::Span(from, to) => {
                version.at_least(from) && !to.as_ref().is_some_and(|to| version.at_least(to))
            }
        }
    }
}

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let version =
            |part: &str| Version::parse(part).ok_or(format!("`{text}` is no range of versions"));
        match text.split_once("..") {
            None => Ok(Self::Series(version(&text)?)),
            Some((from, "")) => Ok(Self::Span(version(from)?, None)),
            Some((from, to)) => Ok(Self::Span(version(from)?, Some(version(to)?))),
        }
    }
}

/// A fact that holds from a version on until the next version that is listed. The value `unknown` closes a
/// stretch that nothing is known of.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub(crate) struct Since(Vec<(Version, String)>);

impl Since {
    /// What holds for `version`.
    pub(crate) fn get(&self, version: &Version) -> Option<&str> {
        let reached = self.0.iter().rev().find(|(from, _)| version.at_least(from));
        reached
            .map(|(_, value)| value.as_str())
            .filter(|value| *value != "unknown")
    }

    /// Every value that is listed.
    #[cfg(test)]
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .map(|(_, value)| value.as_str())
            .filter(|value| *value != "unknown")
    }
}

impl TryFrom<BTreeMap<String, String>> for Since {
    type Error = String;

    fn try_from(table: BTreeMap<String, String>) -> Result<Self, String> {
        let mut steps = Vec::new();
        for (from, value) in table {
            let version = Version::parse(&from).ok_or(format!("`{from}` is no version"))?;
            steps.push((version, value));
        }
        steps.sort();
        Ok(Self(steps))
    }
}

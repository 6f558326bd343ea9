//! Both images, started as they are.

use std::time::Duration;

use super::Side;
use super::engines::{Error, Image};
use super::process::Said;
use crate::report::proof::Check;

/// How a container ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// The image names nothing to start.
    NeverStarted,
    /// It still ran when the time was up.
    StillRuns,
    /// By itself, and what it said.
    Ended(Said),
}

impl End {
    /// Whether the other container ended in the same way; what it said may differ.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ended(one), Self::Ended(two)) => one.code == two.code,
            _ => self == other,
        }
    }

    /// The rest of a sentence that starts with `it`; `limit` is the time that it had.
    fn told(&self, limit: Duration) -> String {
        match self {
            Self::NeverStarted => "names nothing to start".to_owned(),
            Self::StillRuns => format!("still runs after {} s", limit.as_secs()),
            Self::Ended(said) => format!("ends with {said}"),
        }
    }
}

/// Starts a container of `image` as `docker run` without a command does, and waits for its end no longer than `limit`.
///
/// # Errors
/// When the engine fails.
pub fn start(image: &Image<'_>, side: &Side, limit: Duration) -> Result<End, Error> {
    let configuration = &side.inspected.configuration;
    let (entry_point, command) = (
        configuration.words("Entrypoint"),
        configuration.words("Cmd"),
    );
    if entry_point.is_empty() && command.is_empty() {
        return Ok(End::NeverStarted);
    }
    let said = image.run(&entry_point, &command, limit)?;
    Ok(said.map_or(End::StillRuns, End::Ended))
}

/// Compares the ends of two containers that had `limit` for it: both go on, or both end with the same code.
#[must_use]
pub fn compare(before: &End, after: &End, limit: Duration) -> Check {
    let (was, is) = (before.told(limit), after.told(limit));
    let ok = before.is_like(after);
    let finding = (!ok).then(|| format!("it {was} as it is, and {is} with the rewrites"));
    Check {
        name: "start",
        ok,
        says: is,
        findings: finding.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(code: i32, err: &str) -> End {
        End::Ended(Said {
            code,
            out: String::new(),
            err: err.to_owned(),
        })
    }

    #[test]
    fn both_go_on_or_end_with_the_same_code() {
        let check = |before: &End, after: &End| compare(before, after, Duration::from_secs(5));
        assert!(check(&End::StillRuns, &End::StillRuns).ok);
        assert!(
            check(
                &ends(1, "no database at 12:00"),
                &ends(1, "no database at 12:01")
            )
            .ok
        );
        assert!(!check(&ends(0, ""), &End::StillRuns).ok);
        assert!(!check(&End::StillRuns, &End::NeverStarted).ok);
        let lost = check(&End::StillRuns, &ends(127, "sh: tsc: not found\n"));
        assert_eq!(
            lost.findings,
            [
                "it still runs after 5 s as it is, and ends with exit 127 (\"sh: tsc: not found\") with the rewrites"
            ]
        );
    }
}

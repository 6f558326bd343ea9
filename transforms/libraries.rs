//! The names of libraries, in every release that the base image may stand for.
//!
//! A tag such as `python:3.11` names no release of the distribution: it has moved from one to the
//! next, and a machine may still have the image of the one before. A name is used only when it is
//! right in both.

use crate::knowledge::Knowledge;
use crate::knowledge::images::{Image, PackageManager};
use crate::knowledge::packages::{Dependency, Packages, Recommends};

/// Looks up libraries for one base image.
pub(super) struct Libraries<'a> {
    packages: &'a Packages,
    manager: PackageManager,
    /// The releases that the image may be of, the newest last; one that is not known is `None`.
    releases: Vec<Option<&'a str>>,
}

impl<'a> Libraries<'a> {
    /// The libraries for `image`, installed by `manager`.
    pub(super) fn new(
        knowledge: &'a Knowledge,
        image: &'a Image<'_>,
        manager: PackageManager,
    ) -> Self {
        let mut releases = Vec::new();
        if let Some(release) = &image.release {
            let older = image
                .system
                .and_then(|system| system.release_before(&release.name));
            releases.extend(older.filter(|_| !release.named).map(Some));
            releases.push(Some(release.name.as_str()));
        } else {
            releases.push(None);
        }
        Self {
            packages: &knowledge.packages,
            manager,
            releases,
        }
    }

    /// What a program needs at run time that was built with the package `name`. `None`: not known.
    pub(super) fn runtime_of(&self, name: &str) -> Option<Vec<&'a str>> {
        agreed(
            self.releases
                .iter()
                .map(|release| self.packages.runtime_of(self.manager, name, *release)),
        )
    }

    /// What is missed without the packages that the package `name` recommends.
    pub(super) fn recommended_by(&self, name: &str) -> Recommends<'a> {
        let mut answers = self
            .releases
            .iter()
            .map(|release| self.packages.recommends(name, *release));
        let oldest = answers.next().unwrap_or(Recommends::Unknown);
        match answers.all(|newer| newer == oldest) {
            true => oldest,
            false => Recommends::Unknown,
        }
    }

    /// The libraries that a package of a language needs. `None`: not known.
    pub(super) fn of_dependency(&self, dependency: &'a Dependency) -> Option<Vec<&'a str>> {
        agreed(self.releases.iter().map(|release| {
            self.packages
                .libraries_of(dependency, self.manager, *release)
        }))
    }
}

/// The answer that holds for all releases, the oldest first. A release in which there is no answer
/// does not have the package, so the build shows that the image is not of it.
fn agreed<'a>(answers: impl Iterator<Item = Option<Vec<&'a str>>>) -> Option<Vec<&'a str>> {
    let mut known = answers.flatten();
    let oldest = known.next()?;
    known
        .all(|newer| is_same(&oldest, &newer))
        .then_some(oldest)
}

/// Whether the names of an older release still install the same in a newer one. Packages that were
/// renamed for 64-bit times provide their old names: Debian wiki, ReleaseGoals/64bit-time.
fn is_same(older: &[&str], newer: &[&str]) -> bool {
    let renamed = |(old, new): (&&str, &&str)| old == new || new.strip_suffix("t64") == Some(*old);
    older.len() == newer.len() && older.iter().zip(newer).all(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::images::ImageRef;

    fn runtime_of(reference: &str, name: &str) -> Option<Vec<&'static str>> {
        let knowledge = Knowledge::builtin();
        let image = knowledge
            .images
            .lookup(&ImageRef::parse(reference))
            .expect("a known image");
        let libraries = Libraries::new(knowledge, &image, PackageManager::Apt);
        libraries.runtime_of(name).map(|names| {
            names
                .iter()
                .map(|name| String::from(*name).leak() as &str)
                .collect()
        })
    }

    #[test]
    fn a_tag_that_moved_on_needs_names_for_both_releases() {
        assert_eq!(runtime_of("python:3.11", "libpq-dev"), Some(vec!["libpq5"]));
        assert_eq!(
            runtime_of("python:3.11", "libcurl4-openssl-dev"),
            Some(vec!["libcurl4"]),
            "libcurl4t64 provides it"
        );
        assert_eq!(
            runtime_of("python:3.11-bookworm", "libicu-dev"),
            Some(vec!["libicu72"])
        );
        assert_eq!(
            runtime_of("python:3.11", "libicu-dev"),
            None,
            "libicu72 or libicu76"
        );
        assert_eq!(
            runtime_of("python:3.11", "libpcre3-dev"),
            Some(vec!["libpcre3"]),
            "the newer release has none"
        );
    }
}

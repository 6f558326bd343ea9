//! The images that files of a project have built, and the names by which others start containers of them.

use super::Use;

/// A build that a file tells of, and the names that it gives the image.
pub(super) struct Built {
    pub(super) used: Use,
    pub(super) tags: Vec<String>,
}

/// What the files of a folder say of images and containers.
#[derive(Default)]
pub(super) struct Known<'k> {
    /// What they build.
    pub(super) built: Vec<&'k Built>,
    /// The services of Compose files, by the images that they build or start.
    pub(super) services: Vec<Use>,
    /// The containers that command lines name.
    pub(super) containers: Vec<Use>,
    /// The build of the image that is meant where nobody builds one of that name.
    pub(super) own: Option<Use>,
}

impl Known<'_> {
    /// The build of the image that a command line calls `name`.
    pub(super) fn build(&self, name: &str) -> Option<&Use> {
        let built = of(&self.built, name).map(|built| &built.used);
        built.or(self.own.as_ref())
    }
}

/// The build of the image that somebody calls `name`: by the same tag, or where that says nothing, by the same name if
/// all images of that name are built from one Dockerfile.
pub(super) fn of<'b>(built: &[&'b Built], name: &str) -> Option<&'b Built> {
    let called = |plain: fn(&str) -> &str| {
        let name = plain(name);
        let built = built.iter().copied();
        built.filter(move |built| built.tags.iter().any(|tag| plain(tag) == name))
    };
    let by_tag = called(without_latest).next();
    by_tag.or_else(|| {
        let mut by_name = called(without_tag);
        let first = by_name.next()?;
        let is_same = |other: &Built| other.used.dockerfile == first.used.dockerfile;
        by_name.all(is_same).then_some(first)
    })
}

fn without_latest(image: &str) -> &str {
    image.trim_end_matches(":latest")
}

/// `a/b` of `a/b:1` and `a/b@sha256:…`.
fn without_tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let name = image.rfind('/').map_or(0, |at| at + 1);
    let tag = image[name..].find(':').map(|at| name + at);
    &image[..tag.unwrap_or(image.len())]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::project::setting::Location;

    fn built(folder: &str, tag: &str) -> Built {
        let dockerfile = Location::of(Path::new(folder)).join("Dockerfile");
        Built {
            used: Use::new("docker build", dockerfile.expect("a path")),
            tags: vec![tag.to_owned()],
        }
    }

    #[test]
    fn the_same_tag_comes_first() {
        let all = [built("/web", "me/app:web"), built("/job", "me/app:job")];
        let all: Vec<&Built> = all.iter().collect();
        assert_eq!(
            of(&all, "me/app:job").map(|one| &*one.tags[0]),
            Some("me/app:job")
        );
        assert!(of(&all, "me/app:2").is_none());
        assert!(of(&all, "me/ap").is_none());
    }

    #[test]
    fn another_tag_of_the_only_image_of_that_name_is_built_like_it() {
        let all = [built("/p", "localhost:5000/app:1"), built("/q", "other")];
        let all: Vec<&Built> = all.iter().collect();
        for name in [
            "localhost:5000/app",
            "localhost:5000/app@sha256:0",
            "localhost:5000/app:2",
        ] {
            assert!(of(&all, name).is_some(), "{name}");
        }
    }
}

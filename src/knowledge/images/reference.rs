//! Image references: `registry/repository:tag@digest`.

/// Prefixes under which an image is the one that Docker Hub serves: Docker Hub's own names, public copies of
/// it, and the per-architecture namespaces of the official images. The longest that fits is taken off.
///
/// Sources: <https://github.com/distribution/reference/blob/main/normalize.go>,
/// <https://gallery.ecr.aws/docker>, <https://cloud.google.com/artifact-registry/docs/pull-cached-dockerhub-images>,
/// <https://github.com/docker-library/official-images#architectures-other-than-amd64>.
const SAME_AS_DOCKER_HUB: [&str; 17] = [
    "docker.io/library/",
    "docker.io/",
    "index.docker.io/library/",
    "index.docker.io/",
    "registry-1.docker.io/library/",
    "registry-1.docker.io/",
    "library/",
    "public.ecr.aws/docker/library/",
    "mirror.gcr.io/library/",
    "mirror.gcr.io/",
    "amd64/",
    "arm32v5/",
    "arm32v6/",
    "arm32v7/",
    "arm64v8/",
    "i386/",
    "s390x/",
];

/// An image reference as written in `FROM`, cut into its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageRef<'a> {
    /// What stands before `repository`: empty, or the part of the name that makes no difference, such as
    /// `docker.io/library/` or `public.ecr.aws/docker/library/`.
    pub prefix: &'a str,
    /// `python`, `bitnami/redis`, `mcr.microsoft.com/dotnet/sdk`: with its registry unless that is a copy of
    /// Docker Hub.
    pub repository: &'a str,
    /// The tag, if one is written.
    pub tag: Option<&'a str>,
    /// The digest (`sha256:…`), if one is written.
    pub digest: Option<&'a str>,
}

impl<'a> ImageRef<'a> {
    /// Cuts a reference. Never fails: a text that is no reference names an image that no table knows.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = split_tag(name);
        let (prefix, repository) = name.split_at(same_as_docker_hub(name));
        Self {
            prefix,
            repository,
            tag,
            digest,
        }
    }

    /// Whether a build argument is part of the reference, so that the text does not say which image it is.
    #[must_use]
    pub fn has_variable(&self) -> bool {
        let parts = [
            Some(self.prefix),
            Some(self.repository),
            self.tag,
            self.digest,
        ];
        parts.into_iter().flatten().any(|part| part.contains('$'))
    }
}

/// `name:tag`, where the colon of a registry's port (`localhost:5000/app`) is no tag's.
fn split_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((head, tag)) if !tag.contains('/') => (head, Some(tag)),
        _ => (name, None),
    }
}

/// How many bytes of `name` only say that it comes from Docker Hub.
fn same_as_docker_hub(name: &str) -> usize {
    let fits = SAME_AS_DOCKER_HUB
        .iter()
        .filter(|prefix| name.starts_with(**prefix));
    fits.map(|prefix| prefix.len()).max().unwrap_or(0)
}

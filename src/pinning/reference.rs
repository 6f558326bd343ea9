//! Where a registry has an image: <https://github.com/distribution/reference/blob/main/normalize.go>.

/// An image in a registry.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Reference {
    /// The host, with its port if it has one; Docker Hub is `docker.io`.
    pub(super) host: String,
    /// `library/python`.
    pub(super) repository: String,
    /// The tag; `latest` if none is named.
    pub(super) tag: String,
}

impl Reference {
    /// Reads a reference without a digest.
    pub(super) fn parse(text: &str) -> Self {
        let (name, tag) = match text.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (text, "latest"),
        };
        let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
        let (host, repository) = match name.split_once('/') {
            Some((host, rest)) if is_host(host) => (host, rest),
            _ => ("docker.io", name),
        };
        let host = if host == "index.docker.io" {
            "docker.io"
        } else {
            host
        };
        let is_official = host == "docker.io" && !repository.contains('/');
        Self {
            host: host.to_owned(),
            repository: if is_official {
                format!("library/{repository}")
            } else {
                repository.to_owned()
            },
            tag: tag.to_owned(),
        }
    }

    /// The registry's address. As for Docker, only this machine may do without encryption.
    pub(super) fn address(&self) -> String {
        let host = if self.host == "docker.io" {
            "registry-1.docker.io"
        } else {
            &self.host
        };
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_local = name == "localhost" || name == "[::1]" || name.starts_with("127.");
        let scheme = if is_local { "http" } else { "https" };
        format!("{scheme}://{host}")
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn names_are_completed() {
        let parts = |text: &str| {
            let reference = Reference::parse(text);
            format!(
                "{} {} {} {}",
                reference.address(),
                reference.host,
                reference.repository,
                reference.tag
            )
        };
        assert_eq!(
            parts("python"),
            "https://registry-1.docker.io docker.io library/python latest"
        );
        assert_eq!(
            parts("bitnami/redis:7"),
            "https://registry-1.docker.io docker.io bitnami/redis 7"
        );
        assert_eq!(
            parts("docker.io/library/node:20"),
            "https://registry-1.docker.io docker.io library/node 20"
        );
        assert_eq!(
            parts("localhost:5000/a/b"),
            "http://localhost:5000 localhost:5000 a/b latest"
        );
        assert_eq!(parts("ghcr.io/a/b:1"), "https://ghcr.io ghcr.io a/b 1");
    }
}

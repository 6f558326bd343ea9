//! Manifests, lock files and settings as trees.

use std::sync::Arc;

use serde_json::Value;

use super::BuildContext;

impl BuildContext {
    /// The tree of the JSON or TOML file at `path`, which is parsed once; `None` when a `COPY` does not see it, or it is
    /// malformed.
    #[must_use]
    pub fn document(&self, path: &str) -> Option<Arc<Value>> {
        self.documents
            .get(path, || parsed(path, &self.read(path)?).map(Arc::new))
    }
}

/// The tree of the file with this text at `path`. `None` when it is malformed.
fn parsed(path: &str, text: &str) -> Option<Value> {
    match is_json(path, text) {
        true => serde_json::from_str(text).ok(),
        false => toml::from_str(text).ok(),
    }
}

/// Whether the file with this text at `path` is JSON, whatever the end of its name: `composer.lock` is.
pub(super) fn is_json(path: &str, text: &str) -> bool {
    path.ends_with(".json") || text.starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_their_own_form() {
        let name = |path: &str, text: &str| parsed(path, text)?.get("name").cloned();
        for (path, text) in [
            ("package.json", "\n{\"name\": \"tea\"}"),
            ("composer.lock", "{\"name\": \"tea\"}"),
            ("Pipfile", "name = \"tea\""),
        ] {
            assert_eq!(name(path, text), Some("tea".into()), "{path}");
        }
        assert_eq!(name("broken.json", "{\"name\": "), None);
    }
}

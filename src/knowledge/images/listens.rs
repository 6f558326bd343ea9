//! Ports that programs open because of the image that they run in.

use serde::Deserialize;

use super::version::{Range, Version};

/// A port that programs in the image open, because the image or its language says so.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listens {
    /// The port.
    pub port: u16,
    /// The versions of the image for which that is so.
    versions: Vec<Range>,
    /// Variables that name another one.
    #[serde(default)]
    pub unless_env: Vec<String>,
}

impl Listens {
    /// Whether it is so in `version`.
    pub(crate) fn holds_for(&self, version: &Version) -> bool {
        self.versions.iter().any(|range| range.contains(version))
    }
}

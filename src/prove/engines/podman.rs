//! Podman: Docker's commands, buildah's builds.

use std::ffi::OsString;

use super::driver::Driver;
use super::{Log, Order, buildah, log};

/// Podman: <https://docs.podman.io/en/latest/markdown/podman-build.1.html>.
pub(super) struct Podman;

impl Driver for Podman {
    fn name(&self) -> &'static str {
        "podman"
    }

    fn version(&self) -> &'static [&'static [&'static str]] {
        // `version` asks nothing of the store or of a remote machine; `info` does.
        &[&["version", "--format={{.Client.Version}}"], &["info"]]
    }

    fn build(&self, order: &Order<'_>, tag: &str) -> Vec<OsString> {
        buildah::build(order, tag)
    }

    fn read_line(&self, log: &mut Log, line: &str) {
        log::read_buildah(log, line);
    }
}

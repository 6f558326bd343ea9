//! Podman: Docker's commands, buildah's builds.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{Driver, Inspected, Log, Order, arguments, buildah, docker, log};

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

    fn inspect(&self, image: &str) -> Vec<OsString> {
        arguments(["image", "inspect", image])
    }

    fn inspected(&self, answer: &Value) -> Option<Inspected> {
        docker::inspected(answer)
    }

    fn create(&self, name: &str, image: &str, command: &[String]) -> Vec<OsString> {
        docker::create(name, image, command)
    }

    fn start(&self, name: &str, _command: &[String]) -> Vec<OsString> {
        arguments(["start", "--attach", name])
    }

    fn export(&self, name: &str, _image: &str, _scratch: &Path) -> io::Result<Vec<OsString>> {
        Ok(arguments(["export", name]))
    }

    fn remove(&self, name: &str) -> Vec<OsString> {
        arguments(["rm", "--force", "--volumes", name])
    }

    fn remove_image(&self, image: &str) -> Vec<OsString> {
        arguments(["rmi", "--force", image])
    }
}

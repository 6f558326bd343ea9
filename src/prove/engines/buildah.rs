//! Buildah, which has neither a daemon nor a place where containers run by themselves.

use std::ffi::OsString;
use std::path::Path;
use std::{fs, io};

use serde_json::Value;

use super::driver::{Driver, LABEL, arguments, common};
use super::{Configuration, Inspected, Log, Order, log};

/// Buildah: <https://github.com/containers/buildah/blob/main/docs/buildah-build.1.md>.
pub(super) struct Buildah;

impl Driver for Buildah {
    fn name(&self) -> &'static str {
        "buildah"
    }

    fn version(&self) -> &'static [&'static [&'static str]] {
        &[&["--version"], &["info"]]
    }

    fn build(&self, order: &Order<'_>, tag: &str) -> Vec<OsString> {
        build(order, tag)
    }

    fn read_line(&self, log: &mut Log, line: &str) {
        log::read_buildah(log, line);
    }

    fn inspect(&self, image: &str) -> Vec<OsString> {
        arguments(["inspect", "--type=image", image])
    }

    fn inspected(&self, answer: &Value) -> Option<Inspected> {
        let image = answer.get("Docker")?;
        Some(Inspected {
            configuration: Configuration::new(image["config"].clone()),
            bytes: None,
            layers: image["rootfs"]["diff_ids"].as_array().map_or(0, Vec::len),
        })
    }

    fn create(&self, name: &str, image: &str, _command: &[String]) -> Vec<OsString> {
        arguments(["from", "--pull-never", "--name", name, image])
    }

    fn start(&self, name: &str, command: &[String]) -> Vec<OsString> {
        let mut words = arguments(["run", name, "--"]);
        words.extend(command.iter().map(OsString::from));
        words
    }

    fn export(&self, name: &str, image: &str, scratch: &Path) -> io::Result<Vec<OsString>> {
        // A build writes its files as a tar, also where a container cannot be mounted. Without a step of its own, it
        // would leave a container behind.
        let dockerfile = scratch.join("Dockerfile");
        fs::write(&dockerfile, format!("FROM {image}\nLABEL {LABEL}=\n"))?;
        let mut words = arguments(["build", "--quiet", "--layers", "--force-rm", "--output=-"]);
        words.extend(arguments(["--tag", name, "--file"]));
        words.extend([dockerfile.into(), scratch.into()]);
        Ok(words)
    }

    fn remove(&self, name: &str) -> Vec<Vec<OsString>> {
        vec![arguments(["rm", name]), self.remove_image(name)]
    }

    fn remove_image(&self, image: &str) -> Vec<OsString> {
        arguments(["rmi", "--force", image])
    }
}

/// A build by buildah's code, which podman has as well. Images in Docker's format keep `HEALTHCHECK` and `SHELL`.
pub(super) fn build(order: &Order<'_>, tag: &str) -> Vec<OsString> {
    // By default some versions keep the containers of a build that fails.
    let mut words = arguments(["build", "--format=docker", "--layers", "--force-rm"]);
    let mut own = order.dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    if Path::new(&own).is_file() {
        words.push("--ignorefile".into());
        words.push(own);
    }
    words.extend(common(order, tag));
    words.push(order.context.into());
    words
}

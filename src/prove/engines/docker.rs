//! Docker, with buildx. What podman does in the same way is here as well.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{Configuration, Driver, Inspected, Log, Order, arguments, common, log};

/// Docker: <https://docs.docker.com/reference/cli/docker/buildx/build/>.
pub(super) struct Docker;

impl Driver for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn version(&self) -> &'static [&'static [&'static str]] {
        &[
            &["version", "--format={{.Server.Version}}"],
            &["buildx", "version"],
        ]
    }

    fn build(&self, order: &Order<'_>, tag: &str) -> Vec<OsString> {
        // Builders of other drivers than docker's keep what they build unless it is asked for.
        let mut words = arguments(["buildx", "build", "--progress=plain", "--load"]);
        words.extend(
            order
                .builder
                .map(|builder| format!("--builder={builder}").into()),
        );
        words.extend(common(order, tag));
        words.push(order.context.into());
        words
    }

    fn read_line(&self, log: &mut Log, line: &str) {
        log::read_buildkit(log, line);
    }

    fn inspect(&self, image: &str) -> Vec<OsString> {
        arguments(["image", "inspect", image])
    }

    fn inspected(&self, answer: &Value) -> Option<Inspected> {
        inspected(answer)
    }

    fn create(&self, name: &str, image: &str, command: &[String]) -> Vec<OsString> {
        create(name, image, command)
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
        arguments(["image", "rm", "--force", image])
    }
}

/// Makes a container that is not started. The label finds what a crash has left behind.
pub(super) fn create(name: &str, image: &str, command: &[String]) -> Vec<OsString> {
    let mut words = arguments(["create", "--name", name, "--label", "dfopt.prove", image]);
    words.extend(command.iter().map(OsString::from));
    words
}

/// Reads the answer of `image inspect`.
pub(super) fn inspected(answer: &Value) -> Option<Inspected> {
    let image = answer.as_array()?.first()?;
    let mut config = image["Config"].clone();
    // podman has it beside the rest.
    if let (Some(config), check @ Value::Object(_)) =
        (config.as_object_mut(), &image["Healthcheck"])
    {
        config.insert("Healthcheck".to_owned(), check.clone());
    }
    Some(Inspected {
        configuration: Configuration::new(config),
        bytes: image["Size"].as_u64(),
        layers: image["RootFS"]["Layers"].as_array().map_or(0, Vec::len),
    })
}

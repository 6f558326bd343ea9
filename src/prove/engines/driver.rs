//! What is different from engine to engine.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{Configuration, Inspected, Log, Order};

/// The label that finds what a crash has left behind.
pub(super) const LABEL: &str = "dfopt.prove";

/// The words of an engine's command line, and its answers. What is not said otherwise is Docker's language, which podman
/// has taken over: <https://docs.docker.com/reference/cli/docker/>.
pub(super) trait Driver: Sync {
    /// The program.
    fn name(&self) -> &'static str;

    /// The arguments with which it says its version. They have to fail when it cannot build.
    fn version(&self) -> &'static [&'static [&'static str]];

    /// The arguments that build `order` and call the image `tag`.
    fn build(&self, order: &Order<'_>, tag: &str) -> Vec<OsString>;

    /// Notes what a line of the output of a build says.
    fn read_line(&self, log: &mut Log, line: &str);

    /// The arguments that show everything about an image as JSON.
    fn inspect(&self, image: &str) -> Vec<OsString> {
        arguments(["image", "inspect", image])
    }

    /// What it has shown.
    fn inspected(&self, answer: &Value) -> Option<Inspected> {
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

    /// The arguments that make a container of `image`, to run `command` in.
    fn create(&self, name: &str, image: &str, command: &[String]) -> Vec<OsString> {
        let mut words = arguments(["create", "--name", name, "--label", LABEL, image]);
        words.extend(command.iter().map(OsString::from));
        words
    }

    /// The arguments that run it to its end. `command` begins with the entry point.
    fn start(&self, name: &str, _command: &[String]) -> Vec<OsString> {
        arguments(["start", "--attach", name])
    }

    /// The arguments that write the files of a container of `image` to standard output as a tar. `scratch` is an
    /// empty folder.
    ///
    /// # Errors
    /// When something has to be written there and cannot be.
    fn export(&self, name: &str, _image: &str, _scratch: &Path) -> io::Result<Vec<OsString>> {
        Ok(arguments(["export", name]))
    }

    /// The commands that remove a container, whether it runs or not, and what its export has left.
    fn remove(&self, name: &str) -> Vec<Vec<OsString>> {
        vec![arguments(["rm", "--force", "--volumes", name])]
    }

    /// The arguments that remove an image.
    fn remove_image(&self, image: &str) -> Vec<OsString> {
        arguments(["image", "rm", "--force", image])
    }
}

/// Arguments from texts and paths.
pub(super) fn arguments<const N: usize>(words: [&str; N]) -> Vec<OsString> {
    words.map(OsString::from).into()
}

/// The arguments that all engines have in common: what to build, from where.
pub(super) fn common(order: &Order<'_>, tag: &str) -> Vec<OsString> {
    let mut words = arguments(["--tag", tag, "--file"]);
    words.push(order.dockerfile.into());
    if order.afresh {
        words.push("--no-cache".into());
    }
    words.extend(
        order
            .target
            .map(|target| format!("--target={target}").into()),
    );
    words.extend(order.arguments.iter().map(OsString::from));
    words
}

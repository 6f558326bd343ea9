//! Compose files: the services that build a Dockerfile, and how their containers are started.

mod container;
mod files;
mod shared;
mod variables;

use std::path::Path;

use serde_json::Value;

use super::setting::{self, Location};
use super::yaml::text;
use super::{Target, Use, line_of};
use crate::project::Container;

pub(super) use container::memory;

/// A service of a Compose file.
#[derive(PartialEq)]
pub(super) struct Service {
    /// How it is built and started; by a Dockerfile that nobody knows where an image is named instead.
    pub(super) used: Use,
    /// The image that is built, or started.
    pub(super) image: Option<String>,
    pub(super) is_built: bool,
}

/// The services of the Compose files among the `names` in `folder` that build a Dockerfile or start an image by its name.
///
/// The files that Compose takes by itself count together with what is laid over them. Another one
/// (`compose.prod.yaml`) is meant to be laid over those, or to stand alone: both count.
pub(super) fn services(folder: &Path, names: &[String]) -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for project in files::projects(folder, names) {
        let own = project.services.iter();
        let own = own.filter_map(|(name, body)| {
            let found = service(folder, name, body)?;
            let used = Use {
                file: folder.join(&project.name),
                line: line_of(&project.text, name),
                ..found.used
            };
            Some(Service { used, ..found })
        });
        for found in shared::noted(own.collect()) {
            if !services.contains(&found) {
                services.push(found);
            }
        }
    }
    services
}

/// What is known of the service `body`, with paths from `folder`.
fn service(folder: &Path, name: &str, body: &Value) -> Option<Service> {
    let image = text(&body["image"]).map(|image| setting::value(&image));
    let built = of_service(folder, name, body);
    let is_built = built.is_some();
    let started = || Use {
        container: Some(Container::read(folder, body)),
        ..Use::new(name, Location::unknown())
    };
    let used = built.or_else(|| body["build"].is_null().then(started))?;
    (is_built || image.is_some()).then_some(Service {
        used,
        image,
        is_built,
    })
}

/// What the service `body` builds, with paths from `folder`; `None` when it builds no Dockerfile.
fn of_service(folder: &Path, name: &str, body: &Value) -> Option<Use> {
    let build = &body["build"];
    if !build.is_object() || !build["dockerfile_inline"].is_null() {
        return None;
    }
    let context = Location::of(folder).join(text(&build["context"]).as_deref().unwrap_or("."))?;
    let dockerfile = text(&build["dockerfile"]);
    let dockerfile = context.join(dockerfile.as_deref().unwrap_or("Dockerfile"))?;
    let contexts = named(&build["additional_contexts"]);
    Some(Use {
        context: context.path().map(Path::to_owned),
        target: text(&build["target"]).and_then(|target| Target::of_setting(&target)),
        arguments: pairs(&build["args"]),
        named_contexts: contexts.iter().map(|(name, _)| name.clone()).collect(),
        context_images: contexts,
        container: Some(Container::read(folder, body)),
        ..Use::new(name, dockerfile)
    })
}

/// The names and values in a mapping, or in a list of `name=value`.
fn named(value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(object) => {
            let pairs = object.iter();
            let plain = |value: &Value| setting::value(&text(value).unwrap_or_default());
            pairs
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect()
        }
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str);
            let pairs = texts.filter_map(|item| item.split_once('='));
            pairs
                .map(|(name, value)| (setting::value(name), setting::value(value)))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The variables in a mapping, or in a list of `NAME=value`. One without a value gets that of the caller.
fn pairs(args: &Value) -> Vec<(String, String)> {
    let pairs: Vec<(String, Option<String>)> = match args {
        Value::Object(object) => {
            let pairs = object.iter();
            pairs.map(|(name, arg)| (name.clone(), text(arg))).collect()
        }
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str);
            let pairs = texts.filter_map(|item| item.split_once('='));
            pairs
                .map(|(name, arg)| (name.to_owned(), Some(arg.to_owned())))
                .collect()
        }
        _ => Vec::new(),
    };
    setting::known_values(pairs)
}

#[cfg(test)]
mod tests;

//! Dockerfiles that are built on what others of the project build.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::images::{self, Built};
use super::{Use, dockerfiles, files};
use crate::context::matches_name;
use crate::knowledge::pattern::Pattern;

/// What a Dockerfile, or a command, takes from the image that another one builds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Child {
    /// Whether its steps run in that image; else it only copies files of it.
    pub is_built_on: bool,
    /// Whether it installs packages and downloads no lists of them.
    pub needs_lists: bool,
}

impl Child {
    /// Steps that run in the image.
    pub(super) fn of_steps() -> Self {
        Self {
            is_built_on: true,
            needs_lists: false,
        }
    }

    /// What takes files of the image.
    pub(super) fn of_files() -> Self {
        Self {
            is_built_on: false,
            needs_lists: false,
        }
    }
}

/// How they look; see the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Children {
    names: Vec<String>,
    installs: Pattern,
    downloads: Pattern,
}

impl Children {
    /// What Dockerfiles in `folder`, of the `names` there and of the `others`, take from the images that files have
    /// `built`: a use of each of these.
    pub(super) fn uses(
        &self,
        folder: &Path,
        names: &[String],
        built: &[&Built],
        others: &[Use],
    ) -> Vec<Use> {
        let has_contexts = |used: &Use| !used.context_images.is_empty();
        if built.is_empty() && !others.iter().any(has_contexts) {
            return Vec::new();
        }
        let is_one = |name: &&String| self.names.iter().any(|known| matches_name(known, name));
        let beside = names.iter().filter(is_one);
        let beside = beside.map(|name| (folder.join(name), None));
        let built_here = built.iter().map(|built| &built.used);
        let builds: Vec<&Use> = built_here.chain(others).collect();
        let known = builds.iter().filter_map(|used| {
            let path = used.dockerfile.path()?;
            Some((path.to_owned(), Some(*used)))
        });
        let mut found: Vec<Use> = Vec::new();
        let mut read: Vec<(PathBuf, Option<&Use>)> = Vec::new();
        for (path, own) in known.chain(beside) {
            let is_same = |(other, used): &(PathBuf, Option<&Use>)| {
                *other == path && own.is_none_or(|own| used.is_some_and(|used| is_alike(used, own)))
            };
            if read.iter().any(is_same) {
                continue;
            }
            let text = files::read(&path).unwrap_or_default();
            let name = path.strip_prefix(folder).unwrap_or(&path).display();
            let name = name.to_string();
            for child in self.of_file((&path, &text), own, built, &builds) {
                let child = Use {
                    name: name.clone(),
                    ..child
                };
                if !found.contains(&child) {
                    found.push(child);
                }
            }
            read.push((path, own));
        }
        found
    }

    /// The uses of other images by a Dockerfile, with its text, which is built as `own` says.
    fn of_file(
        &self,
        (path, text): (&Path, &str),
        own: Option<&Use>,
        built: &[&Built],
        builds: &[&Use],
    ) -> Vec<Use> {
        let needs_lists = self.installs.is_match(text) && !self.downloads.is_match(text);
        let given = own.map_or(&[][..], |own| &own.arguments);
        let named = dockerfiles::images(text, given).into_iter();
        let children = named.filter_map(|named| {
            let base = base(&named.image, own, built, builds)?;
            let child = Child {
                is_built_on: named.is_built_on,
                needs_lists,
            };
            (base.dockerfile.path() != Some(path)).then(|| Use {
                file: path.to_owned(),
                line: Some(named.line),
                container: None,
                child: Some(child),
                ..base.clone()
            })
        });
        children.collect()
    }
}

fn is_alike(a: &Use, b: &Use) -> bool {
    a.arguments == b.arguments && a.context_images == b.context_images
}

/// What builds `image`, as a Dockerfile names it that is built as `own` says.
fn base<'u>(
    image: &str,
    own: Option<&Use>,
    built: &[&'u Built],
    builds: &[&'u Use],
) -> Option<&'u Use> {
    let mut contexts = own.into_iter().flat_map(|own| &own.context_images);
    let by_tag = |image: &str| images::of(built, image).map(|built| &built.used);
    let Some((_, source)) = contexts.find(|(name, _)| name == image) else {
        return by_tag(image);
    };
    match source.split_once(':')? {
        ("service" | "target", name) => builds.iter().copied().find(|used| used.name == name),
        ("docker-image", image) => by_tag(image.trim_start_matches('/')),
        _ => None,
    }
}

//! `dfopt.toml`, and what it and the command line make of each file.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf, absolute};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use dfopt::knowledge::{Knowledge, Tables};
use dfopt::report::Position;
use dfopt::transform::{Info, Preset, Safety, Transform};
use dfopt::transforms;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;
use toml::Spanned;

use crate::cli::Args;
use crate::discover::Source;
use crate::{files, select};

/// The name under which the configuration is looked for.
const FILE_NAME: &str = "dfopt.toml";

/// What may be done to one file.
pub(crate) struct Settings {
    /// The transforms to run.
    pub(crate) transforms: Vec<&'static dyn Transform>,
    /// How far rewrites must be trusted.
    pub(crate) safety: Safety,
    /// The build context, when one is named.
    pub(crate) context: Option<PathBuf>,
}

/// A configuration file that has been read.
#[derive(Debug, Default)]
pub(crate) struct Config {
    base: Layer,
    overrides: Vec<(Gitignore, Layer)>,
    /// The tables with the entries of the user, if there are any.
    knowledge: Option<Knowledge>,
}

/// The keys that a configuration has at its top, and again for some of its files.
#[derive(Debug, Default)]
struct Layer {
    safety: Option<Safety>,
    preset: Option<Preset>,
    context: Option<PathBuf>,
    transforms: BTreeMap<String, bool>,
}

impl Config {
    /// Reads the configuration at `path`.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", files::shown(path)))?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let document = Document { text, path };
        let file: ConfigFile = toml::from_str(text)
            .map_err(|error| document.error(error.span(), suggest(error.message())))?;
        let root = absolute(path)?
            .parent()
            .map_or_else(PathBuf::new, Path::to_owned);
        let base = Layer {
            safety: file.safety,
            preset: file.preset,
            context: file.context.map(|folder| root.join(folder)),
            transforms: document.switches(file.transforms)?,
        };
        let mut overrides = Vec::new();
        for section in file.overrides {
            let patterns = document.patterns(&root, &section.paths)?;
            let layer = Layer {
                safety: section.safety,
                preset: section.preset,
                context: section.context.map(|folder| root.join(folder)),
                transforms: document.switches(section.transforms)?,
            };
            overrides.push((patterns, layer));
        }
        Ok(Self {
            base,
            overrides,
            knowledge: file.knowledge.map(Knowledge::with),
        })
    }

    /// The tables.
    pub(crate) fn knowledge(&self) -> &Knowledge {
        self.knowledge
            .as_ref()
            .unwrap_or_else(|| Knowledge::builtin())
    }

    /// What may be done to `source` when `args` were given.
    pub(crate) fn settings(&self, args: &Args, source: &Source) -> Result<Settings> {
        let file = source.path().map(absolute).transpose()?;
        let matching = self
            .overrides
            .iter()
            .filter(|(patterns, _)| matches(patterns, file.as_deref()));
        let layers: Vec<&Layer> = std::iter::once(&self.base)
            .chain(matching.map(|(_, layer)| layer))
            .collect();
        let safety = layers.iter().rev().find_map(|layer| layer.safety);
        let context = layers.iter().rev().find_map(|layer| layer.context.as_ref());
        // Standard input has no folder, so only the command line can say what its context is.
        let context = context.filter(|_| file.is_some());
        Ok(Settings {
            transforms: transforms(&layers, args),
            safety: args
                .safety
                .map(|level| level.0)
                .or(safety)
                .unwrap_or_default(),
            context: args.context.as_ref().or(context).cloned(),
        })
    }
}

/// The transforms that `layers` switch on by name, or leave as the preset has them; `--only` overrules both.
fn transforms(layers: &[&Layer], args: &Args) -> Vec<&'static dyn Transform> {
    let names = |list: &[String], id: &str| list.iter().any(|name| name == id);
    let preset = args.preset.map(|preset| preset.0);
    let preset = preset.or_else(|| layers.iter().rev().find_map(|layer| layer.preset));
    let is_on = |info: &Info| {
        let id = info.id;
        let configured = layers
            .iter()
            .rev()
            .find_map(|layer| layer.transforms.get(id).copied());
        let asked = if args.only.is_empty() {
            configured.unwrap_or_else(|| info.runs_with(preset))
        } else {
            names(&args.only, id)
        };
        asked && !names(&args.skip, id)
    };
    transforms::ALL
        .iter()
        .copied()
        .filter(|transform| is_on(transform.info()))
        .collect()
}

fn matches(patterns: &Gitignore, file: Option<&Path>) -> bool {
    let inside = file.and_then(|file| file.strip_prefix(patterns.path()).ok());
    inside.is_some_and(|path| {
        patterns
            .matched_path_or_any_parents(path, false)
            .is_ignore()
    })
}

/// The configurations of all folders, each read once.
#[derive(Default)]
pub(crate) struct Configs {
    /// The one that `--config` names.
    given: Option<Arc<Config>>,
    /// The one in force in a folder, or why it cannot be read.
    by_folder: Mutex<HashMap<PathBuf, Result<Arc<Config>, String>>>,
}

impl Configs {
    /// With the configuration that `--config` names, if it does.
    pub(crate) fn new(given: Option<&Path>) -> Result<Self> {
        let given = given.map(Config::load).transpose()?.map(Arc::new);
        Ok(Self {
            given,
            by_folder: Mutex::default(),
        })
    }

    /// The configuration for `source`: the nearest one upwards.
    pub(crate) fn for_source(&self, source: &Source) -> Result<Arc<Config>> {
        match &self.given {
            Some(config) => Ok(Arc::clone(config)),
            None => self.nearest(&source.folder()?).map_err(anyhow::Error::msg),
        }
    }

    fn nearest(&self, folder: &Path) -> Result<Arc<Config>, String> {
        // An entry is put there whole, so it is good even if another thread has failed meanwhile.
        let by_folder = || {
            self.by_folder
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let known = by_folder().get(folder).cloned();
        if let Some(known) = known {
            return known;
        }
        let path = folder.join(FILE_NAME);
        let config = match (path.is_file(), folder.parent()) {
            (true, _) => Config::load(&path)
                .map(Arc::new)
                .map_err(|error| format!("{error:#}")),
            (false, Some(parent)) => self.nearest(parent),
            (false, None) => Ok(Arc::default()),
        };
        by_folder().insert(folder.to_owned(), config.clone());
        config
    }
}

/// A configuration that is being read: knows where an error is.
struct Document<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Document<'_> {
    /// The transforms that are switched on and off by name.
    fn switches(
        &self,
        switches: BTreeMap<Spanned<String>, bool>,
    ) -> Result<BTreeMap<String, bool>> {
        let mut transforms = BTreeMap::new();
        for (id, on) in switches {
            select::by_id(id.get_ref()).map_err(|error| self.error(Some(id.span()), error))?;
            transforms.insert(id.into_inner(), on);
        }
        Ok(transforms)
    }

    /// The patterns as `.gitignore` reads them, from the folder of the configuration.
    fn patterns(&self, root: &Path, patterns: &[Spanned<String>]) -> Result<Gitignore> {
        let mut builder = GitignoreBuilder::new(root);
        for pattern in patterns {
            let added = builder.add_line(None, pattern.get_ref());
            added.map_err(|error| self.error(Some(pattern.span()), error))?;
        }
        Ok(builder.build()?)
    }

    fn error(&self, span: Option<Range<usize>>, message: impl Display) -> anyhow::Error {
        let Position { line, column } = Position::of(self.text, span.map_or(0, |span| span.start));
        anyhow!("{}:{line}:{column}: {message}", files::shown(self.path))
    }
}

/// The message of serde, with the nearest of the names that it lists.
fn suggest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message
        .starts_with("unknown")
        .then(|| quoted.next())
        .flatten();
    match unknown.and_then(|word| select::nearest(word, quoted)) {
        Some(nearest) => format!("{message}; did you mean `{nearest}`?"),
        None => message.to_owned(),
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    safety: Option<Safety>,
    preset: Option<Preset>,
    context: Option<PathBuf>,
    #[serde(default)]
    transforms: BTreeMap<Spanned<String>, bool>,
    #[serde(default, rename = "override")]
    overrides: Vec<Override>,
    knowledge: Option<Tables>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    paths: Vec<Spanned<String>>,
    safety: Option<Safety>,
    preset: Option<Preset>,
    context: Option<PathBuf>,
    #[serde(default)]
    transforms: BTreeMap<Spanned<String>, bool>,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn error(text: &str) -> String {
        let error = Config::parse(text, Path::new("dfopt.toml")).expect_err("the text is wrong");
        format!("{error:#}")
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest() {
        let message = error("\nsaftey = \"safe\"\n");
        assert!(
            message.starts_with("dfopt.toml:2:1: unknown field `saftey`"),
            "{message}"
        );
        assert!(message.ends_with("did you mean `safety`?"), "{message}");
    }

    #[test]
    fn an_unknown_transform_names_its_line_and_the_nearest() {
        let message = error("[transforms]\nmerge-atp = false\n");
        assert!(
            message.starts_with("dfopt.toml:2:1: no transform is called `merge-atp`"),
            "{message}"
        );
        assert!(message.contains("did you mean `merge-apt`?"), "{message}");
    }

    #[test]
    fn an_unknown_level_names_the_nearest() {
        let message = error("[[override]]\npaths = []\nsafety = \"asumed\"\n");
        assert!(
            message.starts_with("dfopt.toml:3:10: unknown variant `asumed`"),
            "{message}"
        );
        assert!(message.ends_with("did you mean `assumed`?"), "{message}");
    }

    #[test]
    fn later_overrides_win() {
        let text = r#"
            safety = "safe"
            [transforms]
            merge-apt = false
            [[override]]
            paths = ["legacy/**"]
            safety = "unsafe"
            [[override]]
            paths = ["legacy/new/"]
            transforms = { merge-apt = true }
        "#;
        let config = Config::parse(text, Path::new("dfopt.toml")).expect("the text is right");
        let args = Args::parse_from(["dfopt"]);
        let of = |path: &str| {
            let settings = config
                .settings(&args, &Source::File(path.into()))
                .expect("settings");
            let merges = settings
                .transforms
                .iter()
                .any(|transform| transform.info().id == "merge-apt");
            (settings.safety, merges)
        };
        assert_eq!(of("Dockerfile"), (Safety::Safe, false));
        assert_eq!(of("legacy/Dockerfile"), (Safety::Unsafe, false));
        assert_eq!(of("legacy/new/Dockerfile"), (Safety::Unsafe, true));
    }
}

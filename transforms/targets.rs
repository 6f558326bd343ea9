//! The programs that a build makes together, by the manifests of the project.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::analysis::commands::Invocation;
use crate::analysis::paths::join;
use crate::analysis::stages::Stage;
use crate::context::{BuildContext, folder_and_name, in_folder};
use crate::knowledge::tools::Targets;
use crate::transform::Cx;
use crate::transforms::origin::{Origin, origin_before};

/// The names of the programs that `invocation`, called in `directory` by instruction `at`, makes for certain. None where it may
/// make others, or the project cannot be looked at.
pub(super) fn names(
    cx: &Cx<'_>,
    stage: &Stage,
    at: usize,
    directory: &str,
    invocation: &Invocation<'_>,
) -> BTreeSet<String> {
    let asked = |names: &[String]| {
        let mut options = invocation.options.iter();
        options.any(|option| names.contains(&option.name))
    };
    let found = || {
        let targets = invocation.tool.targets.as_ref()?;
        let context = cx.context?;
        let path = join(directory, &targets.manifest);
        let Origin::File(manifest) = origin_before(cx, stage, at, &path) else {
            return None;
        };
        let root = Project::read(context, targets, &manifest)?;
        let projects = match asked(&targets.chosen_by) {
            true => Vec::new(),
            false if asked(&targets.all_by) => root.built_with_it(Members::All),
            false => root.built_with_it(Members::Usual),
        };
        Some(projects.iter().flat_map(Project::programs).collect())
    };
    found().unwrap_or_default()
}

/// Which projects of a workspace a build is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// Those that are built when nothing is said.
    Usual,
    /// All of them.
    All,
}

/// A project of a workspace, or one by itself.
pub(super) struct Project<'a> {
    context: &'a BuildContext,
    targets: &'a Targets,
    /// Where it is in the context.
    folder: String,
    manifest: Arc<Value>,
}

impl<'a> Project<'a> {
    /// The project with this manifest of the context.
    pub(super) fn read(
        context: &'a BuildContext,
        targets: &'a Targets,
        manifest: &str,
    ) -> Option<Self> {
        let folder = folder_and_name(manifest).0;
        Some(Self {
            context,
            targets,
            folder: folder.to_owned(),
            manifest: context.document(manifest)?,
        })
    }

    /// The projects that are built when this one is: all of a workspace that has no project of its own, or those that it names.
    pub(super) fn built_with_it(self, asked: Members) -> Vec<Self> {
        let all = asked == Members::All;
        let list = |key: &str| {
            let workspace = self.manifest.get(&self.targets.workspace)?;
            let list = workspace.get(key)?.as_array()?.iter();
            Some(
                list.filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            )
        };
        let members = list(&self.targets.members).unwrap_or_default();
        let is_project = self.manifest.get(&self.targets.name.0).is_some();
        let named = match list(&self.targets.usual_members) {
            Some(usual) if !all => usual,
            _ if is_project && !all => return vec![self],
            _ => members,
        };
        let left_out = list(&self.targets.left_out).unwrap_or_default();
        let mut projects: Vec<Self> = named
            .iter()
            .filter(|member| *member != ".")
            .flat_map(|member| self.members(member, &left_out))
            .collect();
        if is_project && (all || named.iter().any(|member| member == ".")) {
            projects.push(self);
        }
        projects
    }

    /// The members that `pattern` stands for.
    fn members(&self, pattern: &str, left_out: &[String]) -> Vec<Self> {
        let manifest = format!(
            "{}/{}",
            pattern.trim_end_matches('/'),
            self.targets.manifest
        );
        let manifests = self.context.glob(&in_folder(&self.folder, &manifest));
        let projects = manifests
            .iter()
            .filter_map(|path| Self::read(self.context, self.targets, path));
        projects
            .filter(|project| {
                let mut left_out = left_out.iter().map(|path| in_folder(&self.folder, path));
                !left_out.any(|path| project.folder == path)
            })
            .collect()
    }

    /// The names of the programs that are made of it.
    pub(super) fn programs(&self) -> BTreeSet<String> {
        let listed = self.manifest.get(&self.targets.listed);
        let listed: Vec<&Map<String, Value>> = listed
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_object).collect())
            .unwrap_or_default();
        let text = |one: &Map<String, Value>, key: &str| {
            one.get(key).and_then(Value::as_str).map(str::to_owned)
        };
        let is_listed = |name: &str, source: &str| {
            listed.iter().any(|one| {
                text(one, &self.targets.listed_name).as_deref() == Some(name)
                    || text(one, &self.targets.listed_source).as_deref() == Some(source)
            })
        };
        let always = listed
            .iter()
            .filter(|one| !one.contains_key(&self.targets.unless));
        let mut names: BTreeSet<String> = always
            .filter_map(|one| text(one, &self.targets.listed_name))
            .collect();
        let has_edition = self.value(&self.targets.edition).is_some();
        let is_automatic = self.value(&self.targets.automatic).is_none();
        if is_automatic && (has_edition || listed.is_empty()) {
            let found = self.sources().into_iter();
            let new = found.filter(|(name, source)| !is_listed(name, source));
            names.extend(new.map(|(name, _)| name));
        }
        names
    }

    /// The programs whose sources stand in the usual places, with these.
    fn sources(&self) -> Vec<(String, String)> {
        let beside = |path: &str| in_folder(&self.folder, path);
        let inside = |path: &str| path[self.folder.len()..].trim_start_matches('/').to_owned();
        let name = self.value(&self.targets.name).and_then(Value::as_str);
        let main = &self.targets.main;
        let has_main = self.context.kind(&beside(main)).is_some();
        let mut found: Vec<(String, String)> = Vec::new();
        found.extend(
            name.filter(|_| has_main)
                .map(|name| (name.to_owned(), main.clone())),
        );
        for pattern in &self.targets.others {
            let Some((before, behind)) = pattern.split_once('*') else {
                continue;
            };
            for source in self.context.glob(&beside(pattern)) {
                let source = inside(&source);
                let name = source
                    .strip_prefix(before)
                    .and_then(|rest| rest.strip_suffix(behind));
                let name = name.map(str::to_owned);
                found.extend(name.map(|name| (name, source)));
            }
        }
        found
    }

    /// The value of a key in a table of the manifest.
    pub(super) fn value(&self, (table, key): &(String, String)) -> Option<&Value> {
        self.manifest.get(table)?.get(key)
    }
}

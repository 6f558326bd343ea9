//! What an install of dependencies installs.

use std::sync::Arc;

use crate::analysis::paths::{below, file_name, join, parent};
use crate::analysis::runs::Step;
use crate::context::{
    BuildContext, Entry, extras_of, in_folder, named_extras, pinned, required_by, required_with,
};
use crate::knowledge::tools::Role;
use crate::transform::Cx;
use crate::transforms::origin::{Origin, origin_before};

/// The names of the packages of the language that `step` installs, in lower case, as far as its
/// command line and its manifests tell.
pub(super) fn named(cx: &Cx<'_>, step: &Step<'_>) -> Vec<String> {
    let Some(invocation) = &step.invocation else {
        return Vec::new();
    };
    let operands = invocation.operands.iter().flat_map(|&at| {
        let word = step.args[at].known();
        std::iter::once(dependency_name(word)).chain(named_extras(word))
    });
    let mut names: Vec<String> = operands.collect();
    if let Some(context) = cx.context {
        for path in manifests(cx, step) {
            names.extend(context.dependencies(&path).iter().cloned());
        }
        names.extend(of_projects(cx, context, step));
    }
    names
}

/// What the projects ask for that `step` installs by the folders in which they are: `pip install .`,
/// `pip install -e "./core[pdf]"`, a line with such a folder in a list of requirements.
fn of_projects(cx: &Cx<'_>, context: &BuildContext, step: &Step<'_>) -> Vec<String> {
    let Some(invocation) = &step.invocation else {
        return Vec::new();
    };
    let operands = invocation.operands.iter();
    let operands = operands.map(|&at| step.args[at].known().to_owned());
    let options = invocation.options.iter();
    let values = options.filter(|option| option.role == Role::Read);
    let values = values.filter_map(|option| option.value.clone());
    let mut words: Vec<String> = operands.chain(values).collect();
    if !invocation.action.project_manifests.is_empty() {
        let lists = manifests(cx, step).into_iter();
        let lists = lists.filter_map(|path| context.read(&path));
        lists.for_each(|text| words.extend(text.lines().map(str::to_owned)));
    }
    let mut names = Vec::new();
    for word in &words {
        let folder = project_folder(step, word).into_iter();
        for path in folder.flat_map(|folder| manifests_in(cx, context, step, &folder)) {
            names.extend(asked_for(context, &path, &extras_of(word)));
        }
    }
    names
}

/// What the project with the manifest `path` asks for: there, and in the lists of requirements beside it which that names
/// (`dynamic`, `open("requirements.txt")`).
fn asked_for(context: &BuildContext, path: &str, extras: &[String]) -> Vec<String> {
    let text = context.read(path).unwrap_or_default();
    let is_named = |list: &String| text.contains(file_name(list));
    let lists = context.glob(&in_folder(parent(path).trim_start_matches('/'), "*.txt"));
    let lists = lists.into_iter().filter(is_named);
    let listed = lists.flat_map(|list| context.dependencies(&list).to_vec());
    let own = match path.ends_with(".toml") {
        true => required_with(&text, extras),
        false => context.dependencies(path).to_vec(),
    };
    own.into_iter().chain(listed).collect()
}

/// The folder in the image that `word` may name, as one names a project: `-e ./core[pdf]` gives `/app/core`.
fn project_folder(step: &Step<'_>, word: &str) -> Option<String> {
    let mut editable = ["--editable", "-e"].into_iter();
    let behind = editable.find_map(|option| word.trim().strip_prefix(option));
    let path = behind.unwrap_or(word).trim_start_matches([' ', '=']);
    let path = path.split(['[', ' ']).next().unwrap_or_default();
    let is_folder = path.starts_with(['.', '/']) || path.ends_with('/');
    let cwd = step.cwd.as_deref().filter(|_| is_folder)?;
    Some(join(cwd, path))
}

/// The manifests of the project in `folder` of the image, as paths in the build context: those that a copy has brought. Where
/// none has, a mount may bring those at the same place.
fn manifests_in(cx: &Cx<'_>, context: &BuildContext, step: &Step<'_>, folder: &str) -> Vec<String> {
    let known = step.invocation.iter();
    let known = known.flat_map(|invocation| &invocation.action.project_manifests);
    let paths: Vec<String> = known.map(|name| join(folder, name)).collect();
    let at = instruction_of(cx, step);
    let copied = |path: &String| {
        let (at, stage) = (at?, cx.facts.stage_of(at?)?);
        match origin_before(cx, stage, at, path) {
            Origin::File(file) => Some(file),
            _ => None,
        }
    };
    let found: Vec<String> = paths.iter().filter_map(copied).collect();
    if !found.is_empty() {
        return found;
    }
    let cwd = step.cwd.as_deref().unwrap_or_default();
    let same = paths.iter().filter_map(|path| below(path, cwd));
    same.filter(|path| context.has(path))
        .map(str::to_owned)
        .collect()
}

/// The instruction that `step` is part of.
fn instruction_of(cx: &Cx<'_>, step: &Step<'_>) -> Option<usize> {
    let has = |at: &usize| {
        cx.facts
            .steps(*at)
            .iter()
            .any(|own| std::ptr::eq(own, step))
    };
    (0..cx.facts.views.len()).find(has)
}

/// The one version of the Python package `name` that `step` installs, as far as its command line and its manifests tell.
pub(super) fn version_of(cx: &Cx<'_>, step: &Step<'_>, name: &str) -> Option<String> {
    let words = step.words();
    let on_the_line = words
        .filter(|word| dependency_name(word) == name)
        .find_map(|word| pinned("", word, name));
    on_the_line.or_else(|| {
        let context = cx.context?;
        let mut manifests = manifests(cx, step).into_iter();
        manifests.find_map(|path| pinned(&path, &context.read(&path)?, name))
    })
}

/// The manifests that `step` reads, as paths in the build context.
pub(super) fn manifests(cx: &Cx<'_>, step: &Step<'_>) -> Vec<String> {
    let (Some(context), Some(invocation)) = (cx.context, &step.invocation) else {
        return Vec::new();
    };
    let named = invocation
        .options
        .iter()
        .filter(|option| option.role == Role::Manifest);
    let named = named.filter_map(|option| option.value.clone());
    let named = named.flat_map(|path| in_context(context, path));
    let usual = invocation
        .action
        .manifests
        .iter()
        .map(|name| name.trim_end_matches('?').to_owned());
    let entries: Vec<String> = named.chain(usual).collect();
    // What stands in the way of copying the manifests alone does not matter here.
    let given: Vec<Entry> = entries.iter().cloned().map(Entry::from).collect();
    match required_by(context, &cx.knowledge.manifests, &given, &[], &|_| true) {
        Ok(found) => found
            .into_iter()
            .filter(|found| !found.is_folder)
            .map(|found| found.path)
            .collect(),
        Err(_) => entries,
    }
}

/// The files of the build context that a step may mean by `path`. Where it has none there, a copy has put it there: every
/// file of that name counts.
fn in_context(context: &BuildContext, path: String) -> Vec<String> {
    if context.has(&path) {
        return vec![path];
    }
    let name = file_name(&path);
    let found = context.glob(&format!("**/{name}"));
    if found.is_empty() { vec![path] } else { found }
}

/// Whether `step` reads a manifest that has to be there.
pub(super) fn reads(step: &Step<'_>) -> bool {
    let Some(invocation) = &step.invocation else {
        return false;
    };
    let is_needed = |name: &String| !name.ends_with('?');
    let mut options = invocation.options.iter();
    options.any(|option| option.role == Role::Manifest)
        || invocation.action.manifests.iter().any(is_needed)
        || step.needs_source().is_some()
}

/// The manifests that `step` reads, with their texts.
pub(super) fn texts(cx: &Cx<'_>, step: &Step<'_>) -> Vec<(String, Arc<str>)> {
    let Some(context) = cx.context else {
        return Vec::new();
    };
    let tool = step.invocation.iter().map(|invocation| invocation.tool);
    let of_tool = tool.filter(|_| step.needs_source().is_some());
    let of_tool = of_tool.flat_map(|tool| tool.actions.iter().flat_map(|action| &action.manifests));
    let of_tool = of_tool.map(|name| name.trim_end_matches('?').to_owned());
    let mut found: Vec<(String, Arc<str>)> = Vec::new();
    for path in manifests(cx, step).into_iter().chain(of_tool) {
        for path in in_context(context, path) {
            let text = context
                .read(&path)
                .filter(|_| found.iter().all(|(known, _)| *known != path));
            found.extend(text.map(|text| (path, text)));
        }
    }
    found
}

/// The name in `flask[async]==3.0` or `name@1`, in lower case.
pub(super) fn dependency_name(word: &str) -> String {
    word.split(['=', '<', '>', '~', '!', '[', ';', ' ', '@'])
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

//! The packages that a build compiles from the sources of the project: that of its first manifest, and those which it leads
//! to.

use serde_json::Value;

use crate::analysis::paths::{below, join, parent};
use crate::context::{BuildContext, Entry, folder_and_name, in_folder, required_by};
use crate::knowledge::tools::StandIns;

use super::way::{Build, Listed};

/// A package of the project.
pub(super) struct Package {
    /// Its folder beside the first manifest; empty for the same folder.
    pub(super) folder: String,
    pub(super) name: String,
}

/// The packages of the project that `build` compiles, whose manifests are `listed`.
///
/// # Errors
/// Why it is not known which there are, or which name means something else as well.
pub(super) fn of_the_project(
    build: &Build<'_, '_>,
    table: &StandIns,
    listed: &Listed<'_>,
) -> Result<Vec<Package>, String> {
    is_outermost(build, listed)?;
    let mut packages = Vec::new();
    for manifest in manifests(build, listed)? {
        if let Some(name) = name(listed.context, table, &manifest)? {
            if manifest == listed.origin {
                is_no_dependency(listed.context, table, &manifest, &name)?;
            }
            is_once(listed.context, table, listed, &name)?;
            let folder = beside(listed, &manifest).ok_or_else(|| {
                let origin = &listed.origin;
                format!("{manifest} lies outside of the folder of {origin}")
            })?;
            let folder = folder.to_owned();
            packages.push(Package { folder, name });
        }
    }
    let lock = in_folder(listed.folder(), &table.lock);
    match packages.len() {
        0 => Err(format!("{} does not say what it is called", listed.origin)),
        2.. if !listed.context.has(&lock) => Err(format!(
            "which packages belong to the project is not known without {lock}"
        )),
        _ => Ok(packages),
    }
}

/// Makes sure that no folder above has a manifest, to which the project might belong.
fn is_outermost(build: &Build<'_, '_>, listed: &Listed<'_>) -> Result<(), String> {
    let (_, file) = folder_and_name(&listed.origin);
    let mut folder = listed.directory.as_str();
    while folder != "/" {
        folder = parent(folder);
        let path = join(folder, file);
        if build.brought(&path).is_some() {
            return Err(format!("the project may be part of that of {path}"));
        }
    }
    Ok(())
}

/// The manifests of packages, in the context: the first, and those that it leads to.
fn manifests(build: &Build<'_, '_>, listed: &Listed<'_>) -> Result<Vec<String>, String> {
    let tables = &build.sink.cx.knowledge.manifests;
    let first = [Entry::from(listed.origin.clone())];
    let finds = build.sink.finds();
    let required = required_by(listed.context, tables, &first, &listed.options, &finds);
    let required = required.map_err(|obstacle| obstacle.message)?;
    let paths = required.into_iter().map(|required| required.path);
    let is_one = |path: &String| folder_and_name(path).1 == folder_and_name(&listed.origin).1;
    Ok(paths.filter(is_one).collect())
}

/// The folder of `manifest`, seen from that of the first. `None` when it lies outside.
fn beside<'m>(listed: &Listed<'_>, manifest: &'m str) -> Option<&'m str> {
    let (own, folder) = (listed.folder(), folder_and_name(manifest).0);
    if own.is_empty() {
        return Some(folder);
    }
    below(folder, own)
}

/// What the package of a manifest is called. `None` when there is none: it only holds a workspace together.
fn name(
    context: &BuildContext,
    table: &StandIns,
    manifest: &str,
) -> Result<Option<String>, String> {
    let tree = context.document(manifest).unwrap_or_default();
    let (section, key) = &table.name;
    let Some(section) = tree.get(section) else {
        return Ok(None);
    };
    let name = section.get(key).and_then(Value::as_str);
    match name.filter(|name| is_plain(name)) {
        Some(name) => Ok(Some(name.to_owned())),
        None => Err(format!("{manifest} does not say what it is called")),
    }
}

/// Makes sure that `name` means nothing else, as far as there is a lock file.
fn is_once(
    context: &BuildContext,
    table: &StandIns,
    listed: &Listed<'_>,
    name: &str,
) -> Result<(), String> {
    let line = table.once.replace("{name}", name);
    let lock = in_folder(listed.folder(), &table.lock);
    let text = context.read(&lock);
    let times = text.map_or(1, |text| {
        text.lines().filter(|other| *other == line).count()
    });
    match times {
        1 => Ok(()),
        _ => Err(format!(
            "{lock} knows more than one package called {name}, or none"
        )),
    }
}

/// Makes sure that the manifest of the package `name` asks for nothing of that name.
fn is_no_dependency(
    context: &BuildContext,
    table: &StandIns,
    manifest: &str,
    name: &str,
) -> Result<(), String> {
    let text = context.read(manifest).unwrap_or_default();
    let text: toml::Table = toml::from_str(&text).unwrap_or_default();
    let sections = table
        .dependencies
        .iter()
        .filter_map(|known| text.get(known));
    let mut dependencies = sections.filter_map(toml::Value::as_table).flatten();
    // The key of one that is called otherwise here is that of the section which names a package.
    let is_called = |(key, value): (&String, &toml::Value)| {
        let package = value.get(&table.name.0).and_then(toml::Value::as_str);
        package.unwrap_or(key) == name
    };
    if dependencies.any(is_called) {
        return Err(format!(
            "{manifest} names a dependency called {name} as well"
        ));
    }
    Ok(())
}

/// What is taken for granted so that the names of `packages` mean nothing else.
pub(super) fn assumptions(
    context: &BuildContext,
    table: &StandIns,
    listed: &Listed<'_>,
    packages: &[Package],
) -> Vec<String> {
    let is_locked = context.has(&in_folder(listed.folder(), &table.lock));
    let lock = &table.lock;
    let assumed = |one: &Package| {
        let name = &one.name;
        format!("no dependency is called {name} as well: there is no {lock}")
    };
    let unknown = packages.iter().filter(|_| !is_locked);
    unknown.map(assumed).collect()
}

/// Whether a package of the project names something to compile, and the lock file, if there is one, something that does not
/// belong to the project.
pub(super) fn have_dependencies(
    build: &Build<'_, '_>,
    table: &StandIns,
    listed: &Listed<'_>,
) -> bool {
    let context = listed.context;
    let lock = context.read(&in_folder(listed.folder(), &table.lock));
    let fetches = lock.is_none_or(|text| text.lines().any(|line| table.fetched.is_match(line)));
    let names_some = |manifest: &String| {
        let tree = context.document(manifest).unwrap_or_default();
        let is_filled = |name: &String| {
            let section = tree.get(name).and_then(Value::as_object);
            section.is_some_and(|section| !section.is_empty())
        };
        table.dependencies.iter().any(is_filled)
    };
    let all = manifests(build, listed);
    let all = all.unwrap_or_else(|_| vec![listed.origin.clone()]);
    fetches && all.iter().any(names_some)
}

/// Whether a shell takes it as one plain word.
pub(super) fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    word.chars().all(is_plain) && !word.is_empty() && !word.starts_with('-')
}

//! Dependencies in a stage of their own.
//!
//! ```dockerfile
//! FROM node:20 AS dependencies
//! COPY package.json package-lock.json ./
//! RUN npm ci
//!
//! FROM dependencies AS builder
//! COPY . .
//! RUN npm run build && rm -rf node_modules
//!
//! FROM node:20-slim
//! COPY --from=dependencies /app/node_modules /app/node_modules
//! COPY --from=builder /app /app
//! ```
//!
//! Where the whole project is taken over, dependencies would come with it: each change of a source would remove again what
//! only the build needs, and make a new layer of all that is left.

use serde_json::Value;

use crate::analysis::mounts;
use crate::analysis::paths::{Region, below, join};
use crate::analysis::runs::Step;
use crate::context::{folder_and_name, in_folder};
use crate::knowledge::dependency_folders::DependencyFolder;
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transforms::origin::{Origin, origin_before};

use super::Site;
use super::artefacts::{source_before, steps};
use super::brought;
use super::installed;
use super::roles::Role;
use super::scripts::Scripts;

/// What is installed in a stage of its own.
pub(super) struct Apart {
    /// The folder, an absolute path.
    pub(super) folder: String,
    /// The name of the folder, in the working directory.
    pub(super) name: String,
    /// The first instruction that is not of that stage.
    pub(super) end: usize,
}

impl Apart {
    /// What the builder removes, so that the folder is taken from the other stage alone.
    pub(super) fn removal(&self) -> String {
        format!("rm -rf {}", self.name)
    }

    /// What is taken for granted.
    pub(super) fn assumption(&self) -> String {
        format!(
            "the build leaves nothing in {} that the program needs",
            self.folder
        )
    }
}

/// The folder of dependencies in the working directory, when the file installs all of it before the sources are there,
/// and no later step touches it.
pub(super) fn plan(site: &Site<'_>) -> Option<Apart> {
    let context = site.cx.context?;
    let workdir = site.workdir();
    let (at, install) = steps(site, Role::Dependencies).last()?;
    let tool = &install.invocation.as_ref()?.tool.id;
    let entry = site.cx.knowledge.tools.dependency_folder(tool)?;
    let apart = Apart {
        folder: join(&workdir, &entry.folder),
        name: entry.folder.clone(),
        end: end(site)?,
    };
    let manifest = join(&workdir, &entry.manifest);
    // A manifest that is only mounted for the install is not there for a command behind it.
    let Origin::File(manifest) = origin_before(site.cx, site.stage, apart.end, &manifest) else {
        return None;
    };
    let text = context.document(&manifest)?;
    let is_there = |at: usize| site.cx.facts.states[at].workdir == workdir;
    let is_first = (at..site.roles.split).all(is_there) && !source_before(site, apart.end);
    let is_left = brought::has(site, context, &apart.folder) == Some(false)
        && is_left_alone(site, entry, &Scripts::new(site, entry, &text), &apart);
    let folder = folder_and_name(&manifest).0;
    let is_alone = has_own_folder(site, entry, &text, folder);
    (is_first && is_left && is_alone && all_installed(site, &apart.folder)).then_some(apart)
}

/// The first instruction behind the installs. `None`: the stage cannot end there.
fn end(site: &Site<'_>) -> Option<usize> {
    let facts = site.cx.facts;
    let end = site.roles.with(Role::Dependencies).last()? + 1;
    let platform = facts.views[site.stage.from].flag("platform");
    // An argument is none of the next stage, and what describes the image is moved away from where it stands.
    let argument = |at: usize| matches!(facts.views[at].kind, Kind::Arg { .. });
    let goes_on = end < site.roles.split && site.roles.of(end) != Role::Config;
    let is_later = |at: usize| at >= end;
    (goes_on
        && platform.is_none()
        && !(site.stage.body.start..end).any(argument)
        && site.roles.with(Role::Build).all(is_later))
    .then_some(end)
}

/// Whether the manifest in `folder` of the context makes the tool fill one folder, and surely.
fn has_own_folder(
    site: &Site<'_>,
    entry: &DependencyFolder,
    manifest: &Value,
    folder: &str,
) -> bool {
    let needed = manifest.get(&entry.needs).and_then(Value::as_object);
    let is_other = |member: &String| manifest.get(member).is_some();
    let is_beside = |name: &String| {
        let context = site.cx.context;
        context.is_none_or(|context| context.has(&in_folder(folder, name)))
    };
    needed.is_some_and(|needed| !needed.is_empty())
        && !entry.never_with.iter().any(is_other)
        && !entry.never_beside.iter().any(is_beside)
}

/// Whether nothing but `folder` is installed in the working directory.
fn all_installed(site: &Site<'_>, folder: &str) -> bool {
    let Ok(paths) = installed::paths(site) else {
        return false;
    };
    let workdir = site.workdir();
    let mut inside = paths.iter().filter(|path| below(path, &workdir).is_some());
    inside.next().is_some_and(|path| path == folder) && inside.next().is_none()
}

fn is_mounted(site: &Site<'_>, at: usize, region: &Region) -> bool {
    let mut targets = mounts::of(site.cx.facts, at).map(|mount| mount.target);
    targets.any(|target| target.is_none_or(|target| region.meets(&Region::new(target))))
}

/// Whether no step between the installs and the split touches the folder, as far as a program would notice.
fn is_left_alone(
    site: &Site<'_>,
    entry: &DependencyFolder,
    scripts: &Scripts<'_>,
    apart: &Apart,
) -> bool {
    let region = Region::new(apart.folder.clone());
    let workdir = site.workdir();
    let is_left = |step: &Step<'_>| {
        let is_there = step.cwd.as_ref() == Some(&workdir);
        let words: Option<Vec<String>> = step.args.iter().map(|arg| arg.text.clone()).collect();
        match step.does() {
            Some(Does::Build | Does::Run) => {
                is_there && words.is_some_and(|words| scripts.leave_dependencies(&words))
            }
            _ => is_there && !step.effects.writes.meets(&region),
        }
    };
    let names = |at: usize| entry.is_named_in(site.cx.facts.source_text(at));
    let mut behind = apart.end..site.roles.split;
    behind.all(|at| match site.cx.facts.run(at) {
        // What is mounted below it could not be removed.
        Some(run) => !names(at) && !is_mounted(site, at, &region) && run.steps.iter().all(is_left),
        None => true,
    })
}

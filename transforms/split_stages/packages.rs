//! The packages of the distribution that the runtime stage installs.

use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::context::required_by;
use crate::knowledge::images::{PackageManager, Runs};
use crate::knowledge::tools::{Does, Role as OptionRole, Tool};
use crate::syntax::Span;
use crate::transform::{Cx, Evidence, Refusal};

use super::Site;
use super::base::Runtime;
use super::libraries::Libraries;
use super::roles::Role;

/// What the runtime stage installs.
#[derive(Default)]
pub(super) struct RuntimePackages {
    /// The name of the package manager's tool; `None` when nothing is installed.
    pub(super) manager: Option<String>,
    /// The options of the author, in order.
    pub(super) options: Vec<String>,
    /// The packages, in the order of the author.
    pub(super) names: Vec<String>,
    /// Packages of the original that the runtime does without.
    pub(super) removed: Vec<String>,
    /// Packages that the original did not name.
    pub(super) added: Vec<String>,
    /// What is taken for granted.
    pub(super) assumes: Vec<String>,
    /// What proves it.
    pub(super) because: Vec<Evidence>,
}

impl RuntimePackages {
    /// Adds a package that the original got with its base image or as part of another package.
    pub(super) fn add(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
            self.added.push(name.to_owned());
        }
    }

    /// Adds what the base image of the runtime lacks and every program may need.
    pub(super) fn complete_for(&mut self, site: &Site<'_>, base: &Runtime) {
        let manager = site
            .image
            .system
            .and_then(|system| system.package_manager.tool());
        for name in &base.lacks {
            self.manager = self.manager.take().or(manager.map(str::to_owned));
            self.add(name);
        }
        if base.runs == Runs::Dynamic {
            self.assumes.push(format!(
                "the program is linked with no library that {} lacks",
                base.reference
            ));
        }
        let compilers: Vec<&str> = self
            .removed
            .iter()
            .map(String::as_str)
            .filter(|name| !name.ends_with("-dev"))
            .collect();
        if !compilers.is_empty() && base.runs != Runs::Static {
            let sentence = format!(
                "what is compiled needs no library that only {} brings",
                compilers.join(", ")
            );
            self.assumes.push(sentence);
        }
    }
}

/// Whether the stage installs a package that only a build needs.
pub(super) fn some_are_for_builds(cx: &Cx<'_>, stage: &Stage) -> bool {
    installs(cx, stage.body.clone()).any(|(_, step)| {
        let Some(invocation) = &step.invocation else {
            return false;
        };
        let is_for_builds = |at: &usize| {
            let name = bare(step.args[*at].known());
            is_for_builds(cx, &invocation.tool.id, name)
        };
        invocation.operands.iter().any(is_for_builds)
    })
}

fn installs<'a>(
    cx: &'a Cx<'a>,
    range: std::ops::Range<usize>,
) -> impl Iterator<Item = (usize, &'a Step<'a>)> {
    let runs = range.filter_map(|at| Some((at, cx.facts.runs[at].as_ref()?)));
    runs.flat_map(|(at, run)| run.steps.iter().map(move |step| (at, step)))
        .filter(|(_, step)| step.does() == Some(Does::InstallPackages))
}

/// Whether only a build needs the package `name` of the package manager with the tool `id`.
pub(super) fn is_for_builds(cx: &Cx<'_>, id: &str, name: &str) -> bool {
    PackageManager::of_tool(id)
        .is_some_and(|manager| cx.knowledge.packages.build_only(manager, name))
}

/// The name without a version or an architecture.
fn bare(word: &str) -> &str {
    word.split(['=', ':', '~', '<', '>'])
        .next()
        .unwrap_or_default()
}

/// The packages that are installed before the split, without those that only the build needs, and
/// with the library itself in place of the package to build against it.
pub(super) fn for_runtime(site: &Site<'_>) -> Result<RuntimePackages, Refusal> {
    let mut packages = RuntimePackages::default();
    let range = site.stage.body.start..site.roles.split;
    if let Some(at) = upgrades(site).next() {
        return Err(site.refuse_at(
            at,
            "upgrades-packages",
            "it brings all packages up to date, which a smaller image would have to repeat",
        ));
    }
    for (at, step) in installs(site.cx, range) {
        let Some(invocation) = &step.invocation else {
            continue;
        };
        if packages
            .manager
            .as_ref()
            .is_some_and(|manager| *manager != invocation.tool.id)
        {
            return Err(site.refuse_at(
                at,
                "two-package-managers",
                "it uses another package manager than the lines above",
            ));
        }
        packages.manager = Some(invocation.tool.id.clone());
        for option in &invocation.options {
            packages.option(site, at, option, step)?;
        }
        for &operand in &invocation.operands {
            let Some(word) = &step.args[operand].text else {
                return Err(site.refuse_at(
                    at,
                    "variable-packages",
                    "the names of packages are known only to the build",
                ));
            };
            packages.package(
                site,
                &invocation.tool.id,
                word,
                site.cx.file.instructions()[at].span,
            );
        }
    }
    add_native_needs(site, &mut packages)?;
    Ok(packages)
}

fn upgrades<'s>(site: &'s Site<'_>) -> impl Iterator<Item = usize> + 's {
    (site.stage.body.start..site.roles.split).filter(|&at| {
        let steps = site.cx.facts.runs[at].iter().flat_map(|run| &run.steps);
        steps
            .into_iter()
            .any(|step| step.does() == Some(Does::UpgradePackages))
    })
}

impl RuntimePackages {
    fn option(
        &mut self,
        site: &Site<'_>,
        at: usize,
        option: &crate::analysis::commands::OptionUse,
        step: &Step<'_>,
    ) -> Result<(), Refusal> {
        if option.role != OptionRole::Flag {
            return Err(site.refuse_at(
                at,
                "package-options",
                &format!(
                    "{} applies to all packages of its line, and they are split",
                    option.name
                ),
            ));
        }
        let written = step.args[option.at].known();
        if !self.options.iter().any(|known| known == written) {
            self.options.push(written.to_owned());
        }
        Ok(())
    }

    fn package(&mut self, site: &Site<'_>, manager: &str, word: &str, place: Span) {
        let name = bare(word);
        let manager = PackageManager::of_tool(manager);
        let runtime_of =
            |manager| Libraries::new(site.cx.knowledge, site.image, manager).runtime_of(name);
        if let Some(libraries) = manager.and_then(runtime_of) {
            self.removed.push(word.to_owned());
            if !libraries.is_empty() {
                let note = format!(
                    "{name} is for building; programs need {}",
                    libraries.join(", ")
                );
                self.because.push(Evidence {
                    place: place.into(),
                    note,
                });
            }
            libraries.iter().for_each(|library| self.add(library));
        } else if !self.names.iter().any(|known| known == word) {
            self.names.push(word.to_owned());
        }
    }
}

/// The names of the packages of the language that `step` installs, in lower case, as far as its
/// command line and its manifests tell.
pub(super) fn named_dependencies(site: &Site<'_>, step: &Step<'_>) -> Vec<String> {
    let Some(invocation) = &step.invocation else {
        return Vec::new();
    };
    let mut names: Vec<String> = invocation
        .operands
        .iter()
        .map(|&at| dependency_name(step.args[at].known()))
        .collect();
    let Some(context) = site.cx.context else {
        return names;
    };
    let manifests: Vec<String> = invocation
        .options
        .iter()
        .filter(|option| option.role == OptionRole::Manifest)
        .filter_map(|option| option.value.clone())
        .chain(
            invocation
                .action
                .manifests
                .iter()
                .map(|name| name.trim_end_matches('?').to_owned()),
        )
        .collect();
    let found =
        required_by(context, &site.cx.knowledge.manifests, &manifests, &[]).unwrap_or_default();
    for requirement in found.iter().filter(|requirement| !requirement.is_folder) {
        let text = context.read(&requirement.path).unwrap_or_default();
        names.extend(crate::context::dependencies(&requirement.path, &text));
    }
    names
}

fn dependency_name(word: &str) -> String {
    word.split(['=', '<', '>', '~', '!', '[', ';', ' ', '@'])
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

/// Adds the libraries and programs that dependencies load when they run.
fn add_native_needs(site: &Site<'_>, packages: &mut RuntimePackages) -> Result<(), Refusal> {
    let Some(manager) = site.image.system.map(|system| system.package_manager) else {
        return Ok(());
    };
    let Some(tool) = manager.tool() else {
        return Ok(());
    };
    let Some(ecosystem) = site.image.provides else {
        return Ok(());
    };
    let libraries = Libraries::new(site.cx.knowledge, site.image, manager);
    let (mut open, mut installs_dependencies) = (false, false);
    for at in site
        .roles
        .with(Role::Dependencies)
        .chain(site.roles.with(Role::Build))
    {
        let run = site.cx.facts.runs[at].as_ref();
        for step in run
            .into_iter()
            .flat_map(|run| &run.steps)
            .filter(|step| step.does() == Some(Does::InstallDependencies))
        {
            installs_dependencies = true;
            let names = named_dependencies(site, step);
            open |= names.is_empty() || site.cx.context.is_none();
            for name in &names {
                let Some(package) = site.cx.knowledge.packages.dependency(ecosystem, name) else {
                    continue;
                };
                let known = libraries.of_dependency(package);
                let Some(needs) = known.filter(|_| package.refuse.is_none()) else {
                    let message = format!(
                        "{name} needs programs or libraries that dfopt does not know how to install in a smaller image"
                    );
                    return Err(site.refuse_at(at, "native-dependency", &message));
                };
                let programs = package.programs.values().map(String::as_str);
                for need in needs.into_iter().chain(programs) {
                    packages.manager.get_or_insert_with(|| tool.to_owned());
                    packages.add(need);
                }
            }
        }
    }
    let sentence = if open {
        "the dependencies load no library that only the larger image has"
    } else {
        "the dependencies that dfopt knows nothing of load no library that only the larger image has"
    };
    if installs_dependencies && !site.image.runtimes.is_empty() {
        packages.assumes.push(sentence.to_owned());
    }
    Ok(())
}

/// Packages can be added where the original installs some, or where its release is still served.
pub(super) fn check_served(site: &Site<'_>, packages: &RuntimePackages) -> Result<(), Refusal> {
    let release = site.image.release.as_ref().map(|release| &release.name);
    let archived = site
        .image
        .system
        .zip(release)
        .is_some_and(|(system, release)| system.archived.contains(release));
    let installs_itself = installs(site.cx, site.stage.body.clone()).next().is_some();
    if !archived || installs_itself || packages.added.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the smaller image would need {}, and the packages of its release are no longer served",
        packages.added.join(", ")
    );
    Err(site.refuse("archived-release", message))
}

/// The `RUN` that installs the packages, without the keyword; `None` when there are none.
pub(super) fn command(
    tool: Option<&Tool>,
    packages: &RuntimePackages,
    indent: &str,
    newline: &str,
    escape: char,
) -> Option<String> {
    let recipe = tool?.recipe.as_ref()?;
    if packages.names.is_empty() {
        return None;
    }
    let mut install = recipe.install.clone();
    let given = |option: &&String| !install.contains(option.as_str());
    let wanted: Vec<String> = recipe
        .options
        .iter()
        .chain(&packages.options)
        .filter(given)
        .cloned()
        .collect();
    let mut options: Vec<String> = Vec::new();
    for option in wanted {
        if !options.contains(&option)
            && !(is_yes(&option) && options.iter().any(|known| is_yes(known)))
        {
            options.push(option);
        }
    }
    install = [vec![install], options, packages.names.clone()]
        .concat()
        .join(" ");
    let commands: Vec<String> = recipe
        .before
        .iter()
        .cloned()
        .chain(std::iter::once(install))
        .chain(recipe.after.iter().cloned())
        .collect();
    Some(commands.join(&format!(" {escape}{newline}{indent}&& ")))
}

/// One of the spellings of "do not ask".
fn is_yes(option: &str) -> bool {
    matches!(
        option,
        "-y" | "--yes" | "--assume-yes" | "--assumeyes" | "-qy" | "-yq" | "-qqy" | "-yqq"
    )
}

//! The packages of the distribution that the runtime stage installs.

use crate::analysis::commands::OptionUse;
use crate::analysis::paths::{Extent, Region, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::images::{PackageManager, Runs};
use crate::knowledge::tools::{Does, Role as OptionRole};
use crate::syntax::Span;
use crate::transform::{Cx, Evidence, Refusal};

use super::Site;
use super::base::Runtime;
use super::install_commands;
use super::needs;
use super::programs_only;
use super::tools_only;
use crate::transforms::libraries::Libraries;

/// What the runtime stage installs.
#[derive(Default)]
pub(super) struct RuntimePackages {
    /// The name of the package manager's tool; `None` when nothing is installed.
    pub(super) manager: Option<String>,
    /// Whether a source starts programs, which a shell may be needed for.
    pub(super) needs_shell: bool,
    /// The options of the author, in order.
    pub(super) options: Vec<String>,
    /// Whether some of the packages were installed together with what they recommend.
    pub(super) recommended: bool,
    /// The packages, in the order of the author.
    pub(super) names: Vec<String>,
    /// Packages of the original that the runtime does without.
    pub(super) removed: Vec<String>,
    /// Those of them that the original does not remove itself in the layer that installs them.
    pub(super) shed: Vec<String>,
    /// The step of the author that only the runtime stage needs.
    pub(super) moved: Option<usize>,
    /// Whether a step in front of the author's packages needs some of these.
    pub(super) come_first: bool,
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

    /// Drops again what was added, where the runtime starts from the same image and does without none of the author's
    /// packages: the original had no more.
    pub(super) fn add_nothing_to(&mut self, base: &Runtime) {
        if base.is_same && self.removed.is_empty() {
            let added = std::mem::take(&mut self.added);
            self.names.retain(|name| !added.contains(name));
            self.manager = self.manager.take().filter(|_| !self.names.is_empty());
        }
    }

    /// Leaves the step that installs the packages to the runtime stage alone, if nothing in the builder has a use for them.
    pub(super) fn move_to_runtime(&mut self, site: &Site<'_>) {
        self.moved = programs_only::step(site, self);
        if self.moved.is_some() {
            let sentence =
                "no install in the builder starts what only the runtime stage installs now";
            self.assumes.push(sentence.to_owned());
        }
    }

    /// Adds what the base image of the runtime lacks and every program may need.
    pub(super) fn complete_for(&mut self, site: &Site<'_>, base: &Runtime) {
        let manager = site.package_tool();
        for name in &base.lacks {
            self.manager = self.manager.take().or(manager.map(str::to_owned));
            self.add(name);
        }
        if base.runs == Runs::Dynamic {
            self.assumes.push(format!(
                "the program is linked with no library that {} lacks",
                base.written
            ));
        }
        let headers: Vec<&str> = self
            .shed
            .iter()
            .map(String::as_str)
            .filter(|name| name.ends_with("-dev"))
            .collect();
        if base.is_same && !headers.is_empty() {
            self.assumes.push(format!(
                "what is compiled needs no other library that {} brings",
                headers.join(", ")
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

/// Whether the stage installs a package that only a build needs, and keeps it in the layer.
pub(super) fn some_are_for_builds(cx: &Cx<'_>, stage: &Stage) -> bool {
    installs(cx, stage.body.clone()).any(|(at, step)| {
        if removals(cx, at..at + 1).next().is_some() {
            return false;
        }
        let Some(invocation) = &step.invocation else {
            return false;
        };
        let is_for_builds = |at: &usize| {
            let name = bare(step.args[*at].known());
            let manager = PackageManager::of_tool(&invocation.tool.id);
            let tool = manager.and_then(|manager| cx.knowledge.packages.tool_in(manager, name));
            tool.is_some() || is_for_builds(cx, &invocation.tool.id, name)
        };
        invocation.operands.iter().any(is_for_builds)
    })
}

fn installs<'a>(
    cx: &'a Cx<'a>,
    range: std::ops::Range<usize>,
) -> impl Iterator<Item = (usize, &'a Step<'a>)> {
    doing(cx, range, Does::InstallPackages)
}

fn removals<'a>(
    cx: &'a Cx<'a>,
    range: std::ops::Range<usize>,
) -> impl Iterator<Item = (usize, &'a Step<'a>)> {
    doing(cx, range, Does::RemovePackages)
}

fn doing<'a>(
    cx: &'a Cx<'a>,
    range: std::ops::Range<usize>,
    does: Does,
) -> impl Iterator<Item = (usize, &'a Step<'a>)> {
    steps_in(cx, range).filter(move |(_, step)| step.does() == Some(does))
}

fn steps_in<'a>(
    cx: &'a Cx<'a>,
    range: std::ops::Range<usize>,
) -> impl Iterator<Item = (usize, &'a Step<'a>)> {
    range.flat_map(|at| cx.facts.steps(at).iter().map(move |step| (at, step)))
}

/// Whether only a build needs the package `name` of the package manager with the tool `id`.
pub(super) fn is_for_builds(cx: &Cx<'_>, id: &str, name: &str) -> bool {
    PackageManager::of_tool(id)
        .is_some_and(|manager| cx.knowledge.packages.build_only(manager, name))
}

/// The instruction with which the author removes one of `names` again, in front of the split.
///
/// # Errors
/// When only the build knows what is removed.
fn removed_at(site: &Site<'_>, names: &[Option<&str>]) -> Result<Option<usize>, Refusal> {
    for (at, step) in removals(site.cx, site.stage.body.start..site.roles.split) {
        let gone = operands(site, at, step)?;
        if gone.iter().any(|word| names.contains(&Some(bare(word)))) {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The packages that a command line names.
///
/// # Errors
/// When only the build knows one of them.
fn operands<'s>(site: &Site<'_>, at: usize, step: &'s Step<'_>) -> Result<Vec<&'s str>, Refusal> {
    let invocation = step.invocation.iter();
    let words = invocation.flat_map(|invocation| &invocation.operands);
    let known = |&operand: &usize| {
        let arg = &step.args[operand];
        arg.text.as_deref().filter(|_| !arg.glob)
    };
    let words: Option<Vec<&str>> = words.map(known).collect();
    words.ok_or_else(|| {
        site.refuse_at(
            at,
            "variable-packages",
            "the names of packages are known only to the build",
        )
    })
}

/// Refuses when `word` is the file of a package that a step has made: the runtime stage installs before it takes over files.
fn check_file(site: &Site<'_>, at: usize, step: &Step<'_>, word: &str) -> Result<(), Refusal> {
    if !word.starts_with(['/', '.']) {
        return Ok(());
    }
    let file = Region::new(join(step.cwd.as_deref().unwrap_or_default(), word));
    let is_other = |other: &&Step<'_>| !std::ptr::eq(*other, step);
    let makes = |other: &Step<'_>| match &other.effects.writes {
        Extent::Everything => false,
        regions => regions.meets(&file),
    };
    let before = site.stage.body.start..=at;
    let mut steps = before
        .flat_map(|at| site.cx.facts.steps(at))
        .filter(is_other);
    if !steps.any(makes) {
        return Ok(());
    }
    let message = format!("it installs {word}, which only the builder has");
    Err(site.refuse_at(at, "output-not-located", &message))
}

/// The name without a version or an architecture.
pub(super) fn bare(word: &str) -> &str {
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
        packages.install(site, at, step)?;
    }
    needs::add(site, &mut packages)?;
    check_removals(site, &packages)?;
    Ok(packages)
}

/// What stays with the runtime may only remove packages that are there: the package manager does not know others without
/// its lists, and fails.
fn check_removals(site: &Site<'_>, packages: &RuntimePackages) -> Result<(), Refusal> {
    let (split, end) = (site.roles.split, site.stage.body.end);
    for (at, step) in removals(site.cx, split..end) {
        let mut there: Vec<&str> = packages.names.iter().map(|name| bare(name)).collect();
        for (earlier, install) in installs(site.cx, split..at + 1) {
            there.extend(operands(site, earlier, install)?.into_iter().map(bare));
        }
        let gone = operands(site, at, step)?;
        if let Some(missing) = gone.iter().find(|word| !there.contains(&bare(word))) {
            let message = format!(
                "it removes {missing}, which the smaller image would not have; remove it in a RUN of its own, right behind what needs it"
            );
            return Err(site.refuse_at(at, "removes-packages", &message));
        }
    }
    Ok(())
}

fn upgrades<'s>(site: &'s Site<'_>) -> impl Iterator<Item = usize> + 's {
    (site.stage.body.start..site.roles.split).filter(|&at| {
        let mut steps = site.cx.facts.steps(at).iter();
        steps.any(|step| step.does() == Some(Does::UpgradePackages))
    })
}

impl RuntimePackages {
    fn install(&mut self, site: &Site<'_>, at: usize, step: &Step<'_>) -> Result<(), Refusal> {
        let Some(invocation) = &step.invocation else {
            return Ok(());
        };
        let tool = invocation.tool;
        if self
            .manager
            .as_ref()
            .is_some_and(|manager| *manager != tool.id)
        {
            return Err(site.refuse_at(
                at,
                "two-package-managers",
                "it uses another package manager than the lines above",
            ));
        }
        self.manager = Some(tool.id.clone());
        let names_group = |option: &&OptionUse| tool.group_options.contains(&option.name);
        let group = invocation.options.iter().find(names_group);
        for option in &invocation.options {
            if !names_group(&option) {
                self.option(site, at, option, step)?;
            }
        }
        let group = group.and_then(|group| group.value.as_deref());
        let before = self.names.len();
        for word in operands(site, at, step)? {
            check_file(site, at, step, word)?;
            match removed_at(site, &[Some(bare(word)), group])? {
                Some(removal) => {
                    self.removed.push(word.to_owned());
                    self.shed.extend((removal != at).then(|| word.to_owned()));
                }
                None => {
                    let place = site.cx.file.instructions()[at].span;
                    self.package(site, &tool.id, word, place);
                }
            }
        }
        let manager = install_commands::manager_of(site, &tool.id);
        let minimal = manager.and_then(|manager| manager.no_recommends.as_deref());
        let leaves_out = minimal.is_some_and(|option| invocation.has(option));
        self.recommended |= self.names.len() > before && !leaves_out;
        Ok(())
    }

    fn option(
        &mut self,
        site: &Site<'_>,
        at: usize,
        option: &OptionUse,
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
        if let Some(sentence) = manager.and_then(|manager| tools_only::package(site, manager, name))
        {
            self.removed.push(word.to_owned());
            self.shed.push(word.to_owned());
            self.assumes.push(sentence);
        } else if let Some(libraries) = manager.and_then(runtime_of) {
            self.removed.push(word.to_owned());
            self.shed.push(word.to_owned());
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

/// Whatever is installed behind the split finds the package lists that it needs: those that the build downloads stay
/// in the builder.
pub(super) fn check_lists(site: &Site<'_>) -> Result<(), Refusal> {
    let stage = site.stage;
    let managers = site.cx.knowledge.package_managers.iter();
    for manager in managers.filter(|manager| !manager.fetches_on_demand) {
        let calls = |range| {
            let steps = steps_in(site.cx, range);
            steps.filter(|(_, step)| {
                let invocation = step.invocation.as_ref();
                invocation.is_some_and(|invocation| invocation.tool.id == manager.tool)
            })
        };
        let refreshes = |step: &Step<'_>| {
            let own = [&manager.refreshing[..], manager.uncached.as_slice()].concat();
            step.does() == Some(Does::RefreshLists)
                || step
                    .args
                    .iter()
                    .any(|arg| own.iter().any(|option| option == arg.known()))
        };
        let mut later = calls(site.roles.split..stage.body.end);
        let first =
            later.find(|(_, step)| refreshes(step) || step.does() == Some(Does::InstallPackages));
        if let Some((at, _)) = first.filter(|(_, step)| !refreshes(step)) {
            let message = "it looks packages up in lists that are there before the split; download them there as well";
            return Err(site.refuse_at(at, "lists-needed-later", message));
        }
    }
    Ok(())
}

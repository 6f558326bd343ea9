//! Where dependencies are installed, so that the runtime stage can take them over.

use crate::analysis::commands::{Arg, Invocation};
use crate::analysis::effects::{environment_of, is_local_path};
use crate::analysis::paths::{below, join};
use crate::analysis::runs::Step;
use crate::context::matches_name;
use crate::knowledge::installs::Installs;
use crate::knowledge::pattern::Pattern;
use crate::knowledge::tools::{Does, Operands};
use crate::transform::Refusal;
use crate::transforms::dependencies;
use crate::transforms::interpreters::{self, Owner};
use crate::transforms::settings::Settings;

use super::Site;
use super::base;
use super::copies;
use super::roles::Role;
use super::tools_only;

/// The folders that steps in front of the split install into, as far as programs need them.
///
/// # Errors
/// When one of them is not known.
pub(super) fn paths(site: &Site<'_>) -> Result<Vec<String>, Refusal> {
    let mut paths = Vec::new();
    for (at, step) in before_split(site) {
        let found = of_step(site, at, step)
            .map_err(|message| site.refuse_at(at, "output-not-located", message))?;
        for path in found {
            let is_in = |own: &String| below(&path, own).is_some();
            if !paths.iter().any(is_in) {
                paths.retain(|own| below(own, &path).is_none());
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

/// The commands in front of the split, each with its instruction.
fn before_split<'s>(site: &'s Site<'_>) -> impl Iterator<Item = (usize, &'s Step<'s>)> {
    let all = site.stage.body.start..site.roles.split;
    all.flat_map(|at| site.cx.facts.steps(at).iter().map(move |step| (at, step)))
}

/// A published program that a step installs beside what is built may be one that the container starts.
///
/// # Errors
/// The first step that installs one, if it is not known where.
pub(super) fn check_programs(site: &Site<'_>) -> Result<(), Refusal> {
    for (at, step) in before_split(site) {
        let installs = step.invocation.as_ref().filter(|invocation| {
            let action = invocation.action;
            let is_install = action.does == Does::InstallDependencies && action.installs.is_none();
            is_install && action.operands == Operands::Packages && !invocation.operands.is_empty()
        });
        if installs.is_some() {
            let text = site.cx.facts.written(at, step.span);
            let message = format!("`{text}` may make files that the program needs");
            return Err(site.refuse_at(at, "unknown-step", &message));
        }
    }
    Ok(())
}

/// The steps in front of the split that install something, of which it is not known where, and why not.
pub(super) fn unlocated<'s>(site: &'s Site<'_>) -> Vec<(usize, &'s Step<'s>, &'static str)> {
    let found = before_split(site);
    let unknown = found.filter_map(|(at, step)| Some((at, step, of_step(site, at, step).err()?)));
    unknown.collect()
}

/// The steps in front of the split that only serve the build, with the tools that would have to run to need them.
pub(super) fn for_builds<'s>(site: &'s Site<'_>) -> Vec<(&'s Step<'s>, usize, Vec<String>)> {
    let found = before_split(site);
    let unused = found.filter_map(|(at, step)| Some((step, at, tools_only::unused(site, step)?)));
    unused.collect()
}

/// The commands in front of the split that install nothing but what is below `folder`, and of that nothing in `taken` or
/// around it.
pub(super) fn below_only(site: &Site<'_>, folder: &str, taken: &[String]) -> Vec<String> {
    let is_taken = |path: &String| {
        let meets = |own: &String| below(path, own).is_some() || below(own, path).is_some();
        taken.iter().any(meets)
    };
    let is_left = |path: &String| below(path, folder).is_some() && !is_taken(path);
    let found = before_split(site).filter(|(at, step)| {
        let paths = of_step(site, *at, step).unwrap_or_default();
        !paths.is_empty() && paths.iter().all(is_left)
    });
    found.map(|(at, step)| command(site, at, step)).collect()
}

/// A command as the verifier names it.
pub(super) fn command(site: &Site<'_>, at: usize, step: &Step<'_>) -> String {
    site.cx.facts.command(at, step)
}

/// Where `step` of instruction `at` installs, or why that is not known. Nothing when no program needs it.
fn of_step(site: &Site<'_>, at: usize, step: &Step<'_>) -> Result<Vec<String>, &'static str> {
    let Some(invocation) = &step.invocation else {
        return Ok(Vec::new());
    };
    let Some(installs) = &invocation.action.installs else {
        return match invocation.action.does {
            Does::InstallDependencies => Err("dfopt does not know where it installs"),
            _ => Ok(Vec::new()),
        };
    };
    if tools_only::unused(site, step).is_some() {
        return Ok(Vec::new());
    }
    let install = Install {
        site,
        at,
        step,
        invocation,
        installs,
        settings: Settings::new(site.cx, site.stage, at, step),
        directory: step
            .directory()
            .ok_or("dfopt cannot tell in which folder it works")?,
    };
    install.check_interpreter()?;
    let mut paths = install.locations()?;
    paths.extend(install.kept());
    Ok(paths)
}

/// The absolute paths in `text`.
fn paths_in(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| c.is_whitespace() || "\"'=:,;()".contains(c));
    parts.filter(|part| part.starts_with('/'))
}

/// One step that installs.
struct Install<'a> {
    site: &'a Site<'a>,
    /// Its instruction.
    at: usize,
    step: &'a Step<'a>,
    invocation: &'a Invocation<'a>,
    installs: &'a Installs,
    settings: Settings<'a>,
    directory: String,
}

impl Install<'_> {
    fn locations(&self) -> Result<Vec<String>, &'static str> {
        let elsewhere = "an option or a variable makes it install somewhere else";
        if let Some((when, value)) = self.settings.first(self.invocation, self.installs)? {
            let at = when.at.as_ref().ok_or(elsewhere)?;
            return at
                .iter()
                .map(|path| self.path(path, &value))
                .collect::<Result<Vec<_>, _>>()
                .map(|paths| paths.concat());
        }
        if self.is_unknown() {
            return Err("a line of its manifests makes it install somewhere else");
        }
        if let Some(environment) = self.environment() {
            return Ok(vec![environment]);
        }
        if self.installs.settings_file.is_some() && self.site.cx.context.is_none() {
            return Err("its settings may stand in the build context, which is not at hand");
        }
        let known = self
            .installs
            .at
            .as_ref()
            .ok_or("dfopt does not know where it installs")?;
        let at = if self.is_scattered(known) {
            &self.installs.all
        } else {
            known
        };
        at.iter()
            .map(|path| self.path(path, ""))
            .collect::<Result<Vec<_>, _>>()
            .map(|paths| paths.concat())
    }

    /// The paths that an entry of the table stands for.
    fn path(&self, entry: &str, value: &str) -> Result<Vec<String>, &'static str> {
        let site = self.site;
        if entry.starts_with("/root/")
            && site.cx.facts.states[site.stage.body.end - 1]
                .variables
                .contains_key("HOME")
        {
            return Err("HOME is set, and it installs there");
        }
        let is_shared = !self.installs.into_environment && entry.starts_with('@');
        if is_shared && self.made_environment().is_some() {
            return Err("dfopt cannot tell which environment it installs into");
        }
        let mut paths = Vec::new();
        let packaged = self.packaged().map(|(area, _)| area);
        let entry = match &packaged {
            Some(area) if entry.starts_with('@') => area,
            _ => entry,
        };
        let around = format!("{entry}-prefix");
        let is_open = self.minor().is_none() && self.needs_version(entry);
        let has_folder = || {
            site.cx
                .knowledge
                .tools
                .paths(&around)
                .all(|path| path != around)
        };
        let entry = match is_open && packaged.is_none() && has_folder() {
            true => &*around,
            false => entry,
        };
        for path in site.cx.knowledge.tools.paths(entry) {
            let is_of_language = path.starts_with("/usr/");
            let is_own = site.image.provides == self.invocation.tool.ecosystem.as_deref();
            if is_of_language && !is_own && packaged.is_none() {
                return Err("dfopt knows where it installs only in the images of its language");
            }
            let path = match path.contains("{minor}") {
                true => path.replace(
                    "{minor}",
                    &self
                        .minor()
                        .ok_or("the version of the base image is not known")?,
                ),
                false => path.replace("{value}", value),
            };
            paths.push(join(&self.directory, &path));
        }
        Ok(paths)
    }

    /// The version of the language, as far as paths name it. `None` when it is not known, or another build may have
    /// another one.
    fn minor(&self) -> Option<String> {
        match self.packaged() {
            Some((_, version)) => Some(version.to_owned()),
            None if self.site.tag.is_some() => None,
            None => base::version(self.site.reference(), 2),
        }
    }

    /// In an image that is made for no language: the area in which this tool of the distribution installs, and the
    /// version of the language.
    fn packaged(&self) -> Option<(String, &str)> {
        let image = self.site.image;
        let language = self.invocation.tool.ecosystem.as_deref()?;
        let releases = image.system?.packaged.get(language)?;
        let version = releases.get(&image.release.as_ref()?.name)?;
        let program = self.step.args.first().map_or("", Arg::known);
        let is_other =
            program.contains('/') || program.contains('.') && !program.ends_with(version.as_str());
        let area = format!("@packaged-{language}");
        (image.provides.is_none() && !is_other).then_some((area, version))
    }

    /// Whether the version of the language is a part of the paths that `entry` stands for.
    fn needs_version(&self, entry: &str) -> bool {
        let mut paths = self.site.cx.knowledge.tools.paths(entry);
        paths.any(|path| path.contains("{minor}"))
    }

    /// Whether files go to other places as well than to `known`.
    fn is_scattered(&self, known: &[String]) -> bool {
        let needs_version = known.iter().any(|entry| self.needs_version(entry));
        let launches = self.site.launches.launches.iter();
        let started: Vec<String> = launches.map(|launch| launch.program().to_owned()).collect();
        let is_scattered = |name: &String| {
            let patterns = &self.installs.scattered;
            patterns.iter().any(|pattern| matches_name(pattern, name))
        };
        needs_version && self.minor().is_none()
            || self.installs_a_project()
            || dependencies::named(self.site.cx, self.step)
                .iter()
                .any(is_scattered)
            || started.iter().any(is_scattered)
            || self.is_named_elsewhere(known)
    }

    /// Whether what the container starts, or a variable that it is given, names a file where the tool installs, but not in `known`.
    fn is_named_elsewhere(&self, known: &[String]) -> bool {
        let site = self.site;
        let tools = &site.cx.knowledge.tools;
        let folders = known.iter().flat_map(|entry| tools.paths(entry));
        let minor = self.minor().unwrap_or_default();
        let folders: Vec<String> = folders
            .map(|path| path.replace("{minor}", &minor))
            .collect();
        let is_elsewhere = |path: &str| {
            let is_in = |around: &String| below(path, around).is_some_and(|rest| !rest.is_empty());
            let is_known = folders.iter().any(|folder| below(path, folder).is_some());
            !is_known && self.installs.all.iter().any(is_in)
        };
        let names = |text: &str| paths_in(text).any(is_elsewhere);
        let lines = site.command_lines().unwrap_or_default();
        let mut words = lines.iter().flat_map(|line| &line.words);
        let state = site.cx.facts.state_after(site.stage);
        let mut variables = state.variables.iter();
        words.any(|word| names(word))
            || variables.any(|(name, value)| {
                let is_search = name == "PATH";
                !is_search && value.known().is_some_and(names)
            })
    }

    /// Whether it installs a project from a folder or an archive, which may bring files for anywhere: the `data_files`
    /// of a `setup.py`.
    fn installs_a_project(&self) -> bool {
        let operands = self.invocation.operands.iter();
        let operands = operands.map(|&at| self.step.args[at].known().to_owned());
        let named = dependencies::named(self.site.cx, self.step);
        operands.chain(named).any(|name| is_local_path(&name))
    }

    fn is_unknown(&self) -> bool {
        if self.site.cx.context.is_none() {
            let mut signs = self.installs.unknown_signs.iter();
            return signs.any(|sign| self.is_given(sign) || is_copied(self.site, sign));
        }
        let texts = dependencies::texts(self.site.cx, self.step);
        let has_any = |patterns: &[Pattern]| {
            let mut lines = texts.iter().flat_map(|(_, text)| text.lines());
            lines.any(|line| patterns.iter().any(|regex| regex.is_match(line)))
        };
        has_any(&self.installs.unknown_with) && !has_any(&self.installs.unknown_unless)
    }

    fn is_given(&self, option: &str) -> bool {
        let mut options = self.invocation.options.iter();
        options.any(|given| given.name == option)
    }

    /// The environment that it installs into, if it is not the system.
    fn environment(&self) -> Option<String> {
        if !self.installs.into_environment {
            return None;
        }
        let program = self.step.args.first().map_or("", Arg::known);
        let cwd = self.step.cwd.as_deref().filter(|_| program.contains('/'));
        let path = cwd.map(|cwd| join(cwd, program));
        let called = path.and_then(|path| environment_of(&path).map(str::to_owned));
        let made = || self.made_environment();
        self.step.environment.clone().or(called).or_else(made)
    }

    /// The environment that `PATH` points into at this step, when the stage makes it itself, as `python -m venv` does.
    fn made_environment(&self) -> Option<String> {
        let site = self.site;
        let environments = &site.cx.facts.states[self.at].environments;
        let made = environments.iter().find(|path| is_made(site, path));
        made.cloned()
    }

    /// Files that it makes and a program reads, which the project does not bring.
    fn kept(&self) -> impl Iterator<Item = String> + '_ {
        let is_brought = move |name: &&String| {
            let context = self.site.cx.context;
            context.is_some_and(|context| context.has(name)) || is_copied(self.site, name)
        };
        let made = self
            .installs
            .keeps
            .iter()
            .filter(move |name| !is_brought(name));
        made.map(|name| join(&self.directory, name))
    }

    /// Fails when the tool brings an interpreter of its own, in another folder.
    fn check_interpreter(&self) -> Result<(), &'static str> {
        match interpreters::owner(self.site.cx, self.site.stage, self.at, self.step) {
            Owner::Tool(_) => Err(
                "the image has no interpreter that the project asks for, which the tool would download into another folder",
            ),
            Owner::Image | Owner::Assumed(_) => Ok(()),
        }
    }
}

/// Whether a copy names something called `name`.
fn is_copied(site: &Site<'_>, name: &str) -> bool {
    let mut sources = site.roles.with(Role::Source);
    sources.any(|at| copies::names(site, at, name))
}

fn is_made(site: &Site<'_>, path: &str) -> bool {
    let body = site.stage.body.clone();
    let mut steps = body.flat_map(|at| site.cx.facts.steps(at));
    steps.any(|step| {
        let program_words = step
            .invocation
            .as_ref()
            .map_or(0, |invocation| invocation.program_words);
        step.args
            .iter()
            .skip(program_words)
            .any(|arg| arg.known() == path)
    })
}

//! The one thing that a build makes and the container starts.

use std::sync::Arc;

use crate::knowledge::pattern::Pattern;

use crate::analysis::commands::Invocation;
use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::paths::{Region, below, file_name, join, parent};
use crate::analysis::runs::{Run, Step};
use crate::context::{BuildContext, in_folder, matches_name};
use crate::knowledge::tools::{Action, Does, Makes};
use crate::transform::Refusal;
use crate::transforms::targets;

use super::Site;
use super::artefacts::{source_before, steps};
use super::brought;
use super::handed_over;
use super::outputs;
use super::prefix;
use super::roles::Role;
use super::siblings;
use super::transfers::puts;

mod searched;
mod several;

/// What a build makes.
pub(super) struct Product<'s> {
    /// Where the builder has it.
    pub(super) path: String,
    /// Where the runtime stage has it, when the container finds it by its name alone.
    pub(super) found_at: Option<String>,
    /// The build.
    pub(super) action: &'s Action,
    /// The folder in which the builder makes it.
    pub(super) directory: String,
    /// Whether it is a folder in which, or in whose `bin`, the container finds the program.
    pub(super) is_searched: bool,
    /// What is made with it, by several builds or the same one, and where the runtime stage has it.
    pub(super) beside: Vec<(String, String)>,
}

/// A build, and what the container starts of it.
#[derive(Clone)]
struct Build<'s> {
    site: &'s Site<'s>,
    at: usize,
    directory: String,
    step: &'s Step<'s>,
    invocation: &'s Invocation<'s>,
}

/// The product of the stage, if its build makes one thing. `None` when it makes a tree of files.
///
/// # Errors
/// When a build makes one thing, and it cannot be found.
pub(super) fn find<'s>(site: &'s Site<'s>) -> Result<Option<Product<'s>>, Refusal> {
    let commands = builds(site);
    let makes_one = |command: &&Command<'_>| command.invocation.action.makes != Makes::Tree;
    let Some(first) = commands.iter().find(makes_one) else {
        return Ok(None);
    };
    let refuse = |message: &str| site.refuse_at(first.at, "output-not-located", message);
    let mut all = Vec::new();
    for command in &commands {
        let directory = command.step.directory();
        let unknown = || refuse("dfopt cannot tell in which folder it works");
        all.push(Build {
            site,
            at: command.at,
            directory: directory.ok_or_else(unknown)?,
            step: command.step,
            invocation: command.invocation,
        });
    }
    match all.as_slice() {
        [only] => only.product().map_err(refuse),
        builds => several::product(builds).map_err(refuse),
    }
}

/// A command that builds.
#[derive(Clone, Copy)]
struct Command<'s> {
    /// Its instruction.
    at: usize,
    step: &'s Step<'s>,
    invocation: &'s Invocation<'s>,
}

impl Command<'_> {
    /// Whether it compiles dependencies for `other`, which does the same once the source is there.
    fn prepares(&self, site: &Site<'_>, other: &Self) -> bool {
        self.at < other.at
            && self.invocation.tool.id == other.invocation.tool.id
            && self.step.directory() == other.step.directory()
            && !source_before(site, self.at)
            && source_before(site, other.at)
    }
}

/// The builds of the stage, without those that have no source yet and that others repeat when it is there.
fn builds<'s>(site: &'s Site<'s>) -> Vec<Command<'s>> {
    let builds = steps(site, Role::Build).filter(|(_, step)| step.does() == Some(Does::Build));
    let builds = builds.filter_map(|(at, step)| {
        let invocation = step.invocation.as_ref()?;
        Some(Command {
            at,
            step,
            invocation,
        })
    });
    let builds: Vec<Command<'s>> = builds.collect();
    let counts = |build: &&Command<'_>| !builds.iter().any(|other| build.prepares(site, other));
    builds.iter().filter(counts).copied().collect()
}

impl<'s> Build<'s> {
    /// Whether it runs in every build, which fails when it does.
    fn is_certain(&self) -> bool {
        let run = self.site.cx.facts.run(self.at);
        run.is_some_and(Run::is_straight)
    }

    fn words(&self) -> &'s [String] {
        self.site
            .launches
            .launches
            .first()
            .map_or(&[], |launch| launch.words.as_slice())
    }

    /// Where the command line says that the result goes; `Some(None)` when only the build knows.
    fn output(&self) -> Option<Option<String>> {
        let options = &self.invocation.action.options.write;
        let option = self
            .invocation
            .options
            .iter()
            .find(|option| options.contains(&option.name))?;
        Some(
            option
                .value
                .as_deref()
                .map(|value| join(&self.directory, value)),
        )
    }

    /// The folders that the result goes to when the command line does not say.
    fn folders(&self) -> Vec<String> {
        let outputs = outputs::folders(self.site, self.at, self.invocation);
        let own = outputs.is_empty().then(|| self.directory.clone());
        own.into_iter()
            .chain(outputs.iter().map(|folder| join(&self.directory, folder)))
            .collect()
    }

    fn product_at(&self, path: String) -> Product<'s> {
        Product {
            path,
            found_at: None,
            action: self.invocation.action,
            directory: self.directory.clone(),
            is_searched: false,
            beside: Vec::new(),
        }
    }

    /// What it makes. `None` when that is a tree of files.
    fn product(&self) -> Result<Option<Product<'s>>, &'static str> {
        if outputs::are_lost(self.site, self.at, self.invocation) {
            return Err("a command of the build says where it puts what it makes");
        }
        match self.invocation.action.makes {
            Makes::Tree => Ok(None),
            Makes::Executable if self.is_installed_anywhere() => {
                Err("dfopt cannot tell where it installs what it makes")
            }
            Makes::Executable if self.is_scattered() => Ok(None),
            Makes::Executable => self.executable().map(Some),
            Makes::Archive => Ok(self.archive()),
            Makes::Folder => self.folder(),
        }
    }

    fn fills_started_folder(&self) -> bool {
        let makes_folder = self.invocation.action.makes == Makes::Folder;
        makes_folder && matches!(self.product(), Ok(Some(_)))
    }

    fn is_made_anywhere(&self) -> bool {
        let mut outputs = self.invocation.action.outputs.iter();
        outputs.any(|output| output == "**")
    }

    /// Whether it installs into a folder that is not known, or that holds other things.
    fn is_installed_anywhere(&self) -> bool {
        prefix::installs(self.step) && prefix::installed_into(self.site, self.step).is_none()
    }

    /// Whether the program may need other things that the build makes in its folder.
    fn is_scattered(&self) -> bool {
        let action = self.invocation.action;
        if action.scattered.is_empty() || action.makes != Makes::Executable {
            return false;
        }
        let is_installed = prefix::installed_into(self.site, self.step).is_some();
        let Some(context) = self.site.cx.context else {
            return !is_installed;
        };
        let texts = context.files_called(&action.sources);
        !is_installed && texts.find(&action.scattered).is_some()
    }

    fn executable(&self) -> Result<Product<'s>, &'static str> {
        let programs = handed_over::programs(self.site);
        let mut found = programs
            .iter()
            .map(|program| self.executable_called(program));
        let first = found
            .next()
            .ok_or("dfopt cannot tell which program the container starts")?;
        first.or_else(|why| found.find_map(Result::ok).ok_or(why))
    }

    fn executable_called(&self, program: &str) -> Result<Product<'s>, &'static str> {
        let path = join(&self.site.workdir(), program);
        if let Some(folder) = prefix::installed_into(self.site, self.step) {
            return self.installed(program, folder);
        }
        if !program.contains('/') {
            return self.searched(program);
        }
        let found = match self.output() {
            Some(Some(output)) => path == output || parent(&path) == output,
            Some(None) => false,
            None => self.is_made(&path),
        };
        if found && outputs::are_several(self.site, self.step, self.invocation) {
            Ok(self.product_at(parent(&path).to_owned()))
        } else if found {
            let is_beside = self.output().is_none() && self.is_below_outputs(&path);
            let beside = is_beside.then(|| self.siblings(&path, parent(&path)));
            Ok(Product {
                beside: beside.unwrap_or_default(),
                ..self.product_at(path)
            })
        } else {
            Err("dfopt cannot tell where the program is that it makes")
        }
    }

    /// The other programs that are made with the one at `path`, and their places in `folder` of the runtime stage.
    fn siblings(&self, path: &str, folder: &str) -> Vec<(String, String)> {
        let (made_in, program) = (parent(path), file_name(path));
        let names = targets::names(
            self.site.cx,
            self.site.stage,
            self.at,
            &self.directory,
            self.invocation,
        );
        let others = names.into_iter().filter(|name| name != program);
        let placed = others.map(|name| (join(made_in, &name), join(folder, &name)));
        placed
            .filter(|(from, _)| !siblings::is_touched(self.site, from))
            .collect()
    }

    /// Whether `path` stands directly in a folder that the build puts its results into.
    fn is_below_outputs(&self, path: &str) -> bool {
        self.folders()
            .iter()
            .any(|folder| is_below_directly(path, folder))
    }

    /// A program in the folder that the build installs into, which is taken as a whole.
    fn installed(&self, program: &str, folder: String) -> Result<Product<'s>, &'static str> {
        let path = join(&self.site.workdir(), program);
        let is_below = program.contains('/') && below(&path, &folder).is_some();
        let is_found = !program.contains('/') && self.is_searched(&join(&folder, "bin"));
        match is_below || is_found {
            true => Ok(Product {
                is_searched: is_found,
                ..self.product_at(folder)
            }),
            false => Err("the container does not start what it installs"),
        }
    }

    /// Whether programs are found in `folder` by their names.
    fn is_searched(&self, folder: &str) -> bool {
        let environments = &self.site.cx.facts.state_after(self.site.stage).environments;
        let mut own = environments
            .iter()
            .map(|environment| join(environment, "bin"));
        PROGRAM_FOLDERS.contains(&folder) || own.any(|own| own == folder)
    }

    /// Nothing else can have made it: the original works, and the context does not hold it.
    fn is_made(&self, path: &str) -> bool {
        if path.contains(['*', '?']) {
            return false;
        }
        let context = self.site.cx.context;
        let in_context = |path: &str| {
            context.is_some_and(|context| brought::has(self.site, context, path).unwrap_or(true))
        };
        let is_there =
            |folder: &String| is_below_directly(path, folder) || self.is_copied(path, folder);
        let folders = self.folders();
        let mut modules = self.module(path).into_iter().flat_map(|module| {
            let outputs = outputs::folders(self.site, self.at, self.invocation).into_iter();
            outputs.map(move |output| join(&join(&self.directory, &module), &output))
        });
        let is_in_module = modules.any(|folder| parent(path) == folder);
        let is_anywhere = self.is_made_anywhere() && self.is_new(path);
        (folders.iter().any(is_there) || is_in_module || is_anywhere) && !in_context(path)
    }

    /// Whether `path` is in the working directory and no copy of the context, which is at hand, puts it there.
    fn is_new(&self, path: &str) -> bool {
        let is_inside = below(path, &self.site.workdir()).is_some_and(|inside| !inside.is_empty());
        let context = self.site.cx.context;
        is_inside
            && context.is_some_and(|context| brought::has(self.site, context, path) == Some(false))
    }

    /// The folder, below that of the build, of the part of the project that `path` is made in: it has a manifest of its
    /// own.
    fn module(&self, path: &str) -> Option<String> {
        let context = self.site.cx.context?;
        let inside = below(path, &self.directory)?;
        let mut folders = ancestors(inside);
        folders
            .find(|folder| self.manifest_in(context, folder).is_some())
            .map(str::to_owned)
    }

    /// The text of the manifest in a folder of the context.
    fn manifest_in(&self, context: &BuildContext, folder: &str) -> Option<Arc<str>> {
        let names = self.invocation.action.sources.iter();
        let mut texts = names.filter_map(|name| context.read(&in_folder(folder, name)));
        texts.next()
    }

    /// Whether a command takes `path` from `folder`: `cp target/*.jar app.jar`, `mv target/release/shop /usr/bin/`.
    fn is_copied(&self, path: &str, folder: &str) -> bool {
        let site = self.site;
        let mut steps =
            (site.stage.body.start..site.roles.split).flat_map(|at| site.cx.facts.steps(at));
        let folder = Region::new(folder);
        steps.any(|step| puts(step, path) && step.effects.reads.meets(&folder))
    }

    /// An archive that holds all that it needs, as far as the context shows; else the whole tree is taken.
    fn archive(&self) -> Option<Product<'s>> {
        let action = self.invocation.action;
        let context = self.site.cx.context?;
        let is_archive = |word: &&String| {
            action
                .archives
                .iter()
                .any(|pattern| matches_name(pattern, file_name(word)))
        };
        let path = join(&self.site.workdir(), self.words().iter().find(is_archive)?);
        let whole = self.manifest_in(context, "")?;
        let module = self.module(&path);
        let part = module.and_then(|folder| self.manifest_in(context, &folder));
        let matches = |regexes: &[Pattern]| {
            let is_match = |line: &str| regexes.iter().any(|regex| regex.is_match(line));
            whole
                .lines()
                .chain(part.iter().flat_map(|part| part.lines()))
                .any(is_match)
        };
        let is_whole = action.whole.is_empty() || matches(&action.whole);
        let is_alone = is_whole && !matches(&action.scattered);
        (is_alone && self.is_made(&path)).then(|| self.product_at(path))
    }

    /// A folder with all that the program needs; the whole tree when it is not known which one that is.
    fn folder(&self) -> Result<Option<Product<'s>>, &'static str> {
        let workdir = self.site.workdir();
        let started = |folder: &String| {
            let mut paths = self.words().iter().map(|word| join(&workdir, word));
            paths.find_map(|path| folder_of(&path, folder))
        };
        if let Some(output) = self.output() {
            let folder = output.ok_or("it is not said where the result goes")?;
            let starts = started(&folder).is_some();
            return match starts {
                true => Ok(Some(self.product_at(folder))),
                false => Err("the container starts nothing of what it makes"),
            };
        }
        let outputs = outputs::folders(self.site, self.at, self.invocation).into_iter();
        let mut folders = outputs.map(|output| join(&self.directory, &output));
        let folder = folders.find_map(|folder| started(&folder));
        Ok(folder.map(|folder| self.product_at(folder)))
    }
}

/// Whether `path` stands in a folder like `pattern`, in which a `*` stands for one name.
fn is_below_directly(path: &str, pattern: &str) -> bool {
    folder_of(parent(path), pattern).is_some_and(|folder| folder == parent(path))
}

/// The folders around a relative path, the nearest first, without the root.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.rmatch_indices('/').map(|(end, _)| end);
    ends.map(|end| &path[..end])
}

/// The part of `path` that is the folder `pattern`, in which a `*` stands for one name.
fn folder_of(path: &str, pattern: &str) -> Option<String> {
    let expected: Vec<&str> = pattern.split('/').collect();
    let parts: Vec<&str> = path.split('/').take(expected.len()).collect();
    let mut pairs = parts.iter().zip(&expected);
    let is_same = pairs.all(|(part, expected)| matches_name(expected, part));
    (is_same && parts.len() == expected.len()).then(|| parts.join("/"))
}

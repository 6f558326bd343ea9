//! The packages of the distribution that a stage needs and that a smaller image lacks.

use crate::analysis::launch::{Launch, Launches};
use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::knowledge::images::PackageManager;
use crate::knowledge::tools::Does;
use crate::transform::{Change, Place, Refusal, Rewrite};
use crate::transforms::dependencies;
use crate::transforms::launched;
use crate::transforms::libraries::Libraries;
use crate::transforms::opened;
use crate::transforms::other_image;

use super::{Site, Target, extra, manifests};

/// The code for tools that are there to build.
const NEEDS_TOOL: &str = "needs-tool";

/// What is needed in addition, in the order in which it was found.
#[derive(Default)]
pub(super) struct Needs {
    /// Packages, each with who needs it.
    packages: Vec<(String, String)>,
}

impl Needs {
    /// What the stage needs, and neither `target` has nor the stage installs itself.
    ///
    /// # Errors
    /// When it needs what only builds have, or what nobody knows.
    pub(super) fn of(site: &Site<'_>, target: &Target<'_>) -> Result<Self, Refusal> {
        let mut needs = Self::default();
        needs.programs_of_commands(site, target)?;
        needs.programs_of_sources(site, target)?;
        needs.repositories(site);
        needs.dependencies(site, target)?;
        Ok(needs)
    }

    /// Installs what is needed, behind `FROM`.
    ///
    /// # Errors
    /// When it cannot be installed.
    pub(super) fn add_to(
        self,
        site: &Site<'_>,
        target: &Target<'_>,
        rewrite: &mut Rewrite,
    ) -> Result<(), Refusal> {
        if self.packages.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = self
            .packages
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let names = extra::packages(site, target, &names);
        let instruction = extra::instruction(site, target, &names)?;
        let end = site.cx.file.instructions()[site.stage.from].full.end;
        rewrite.edits.insert(end, instruction);
        for (name, who) in self.packages {
            rewrite.evidence(
                Place::Table("images"),
                format!("{name} is not in the smaller image, and is needed for {who}"),
            );
        }
        rewrite.declares.push(Change::PackagesAdded(names));
        Ok(())
    }

    fn add(&mut self, site: &Site<'_>, before: usize, package: &str, who: &str) {
        let is_known = self.packages.iter().any(|(known, _)| known == package);
        if !is_known && !is_installed(site, before, package) {
            self.packages.push((package.to_owned(), who.to_owned()));
        }
    }

    /// The programs that steps and containers call, through scripts of the project as well.
    fn programs_of_commands(
        &mut self,
        site: &Site<'_>,
        target: &Target<'_>,
    ) -> Result<(), Refusal> {
        let mut all = Launches {
            launches: steps(site),
            ..Launches::default()
        };
        let steps = all.launches.len();
        all.launches
            .extend(site.launches().launches.iter().cloned());
        let lines = launched::command_lines(site.cx, site.stage, &all);
        let lines = lines.map_err(|path| {
            let message = format!("dfopt cannot tell which programs {path} starts");
            site.refuse("opaque-command", message)
        })?;
        for line in lines {
            let is_step = all.launches[..steps]
                .iter()
                .any(|step| std::ptr::eq(step, line.launch));
            let at = line.launch.instruction;
            if is_step
                && (line.is_unread
                    || launched::is_prompt(&Launch {
                        words: line.words.clone(),
                        ..line.launch.clone()
                    }))
            {
                let message = "it runs a script that dfopt cannot read, which may need what only this image has";
                return Err(site.refuse_at(at, "opaque-step", message));
            }
            let builds_first = other_image::builds_first(site.cx, site.image, &line.words);
            if builds_first || is_build_tool(site, target, &line.words, is_step) {
                return Err(refuse_tool(site, at, &line.words[0]));
            }
            let before = if is_step { at } else { site.stage.body.end };
            for program in called(site, &line.words) {
                self.program(site, target, before, &program, at)?;
            }
        }
        Ok(())
    }

    /// The program `name`, which the instruction `at` calls.
    fn program(
        &mut self,
        site: &Site<'_>,
        target: &Target<'_>,
        before: usize,
        name: &str,
        at: usize,
    ) -> Result<(), Refusal> {
        let left_behind = other_image::left_behind(site.cx, site.image);
        if left_behind.iter().any(|known| known == name) {
            return Err(refuse_tool(site, at, name));
        }
        let lacked = target.lacks.and_then(|lacks| lacks.programs.get(name));
        let Some(package) = lacked.filter(|_| !is_of_language(site, target, name)) else {
            return Ok(());
        };
        let is_for_builds = site
            .cx
            .knowledge
            .packages
            .build_only(PackageManager::Apt, package);
        if is_for_builds && !is_installed(site, before, package) {
            return Err(refuse_tool(site, at, name));
        }
        self.add(site, before, package, &format!("calls of {name}"));
        Ok(())
    }

    /// The programs that sources start, and files that they open.
    fn programs_of_sources(&mut self, site: &Site<'_>, target: &Target<'_>) -> Result<(), Refusal> {
        let language = target
            .image
            .provides
            .and_then(|name| site.cx.knowledge.tools.language(name));
        let (Some(context), Some(language)) = (site.cx.context, language) else {
            return Ok(());
        };
        let sources = context.sources(language);
        if let Some(found) = sources.find(&language.loads) {
            let message = format!(
                "{} loads a library by its name, and the smaller image may not have it",
                found.path
            );
            let place = Place::File(found.path.to_owned(), Some(found.line));
            return Err(site
                .refuse("loads-library", message)
                .because(place, "names it"));
        }
        let of_program = sources.files();
        let mut of_program = of_program.filter(|file| language.is_of_program(file.path()));
        if let Some(found) =
            of_program.find_map(|file| file.lines_with(&language.builds_when_run).next())
        {
            let message = format!(
                "{} compiles something when it runs, which the smaller image cannot",
                found.path
            );
            let place = Place::File(found.path.to_owned(), Some(found.line));
            let refusal = site.refuse(NEEDS_TOOL, message);
            return Err(refusal.because(place, "what the program does"));
        }
        let known = target.lacks.iter().flat_map(|lacks| lacks.programs.keys());
        let known = known.chain(other_image::left_behind(site.cx, site.image));
        let known: Vec<&str> = known.map(String::as_str).collect();
        for name in sources.programs(language, &known) {
            self.program(site, target, site.stage.body.end, &name, site.stage.from)?;
        }
        let opened = target
            .lacks
            .map(|lacks| opened::packages(site.cx, site.stage, language, lacks));
        for package in opened.into_iter().flatten() {
            self.add(
                site,
                site.stage.body.end,
                package,
                "files that the program opens",
            );
        }
        Ok(())
    }

    /// Dependencies that are fetched from a repository take git.
    fn repositories(&mut self, site: &Site<'_>) {
        let names_one = |text: &str| {
            ["git+", "git://", "git@", "github:"]
                .iter()
                .any(|scheme| text.contains(scheme))
        };
        for (at, step) in site.steps().filter(|(_, step)| manifests::installs(step)) {
            let in_words = step.args.iter().any(|arg| names_one(arg.known()));
            let texts = dependencies::texts(site.cx, step);
            if in_words || texts.iter().any(|(_, text)| names_one(text)) {
                self.add(site, at, "git", "a dependency in a repository");
            }
        }
    }

    /// The libraries and programs that dependencies are known to load, wherever they are installed.
    fn dependencies(&mut self, site: &Site<'_>, target: &Target<'_>) -> Result<(), Refusal> {
        let libraries = Libraries::new(site.cx.knowledge, &target.image, PackageManager::Apt);
        let facts = site.cx.facts;
        let all = 0..facts.runs.len();
        let steps = all.flat_map(|at| facts.steps(at).iter().map(move |step| (at, step)));
        for (at, step) in steps.filter(|(_, step)| manifests::installs(step)) {
            let tool = step.invocation.as_ref().map(|invocation| invocation.tool);
            let ecosystem = tool
                .and_then(|tool| tool.ecosystem.as_deref())
                .unwrap_or_default();
            for name in manifests::named(site.cx, step) {
                let Some(known) = site.cx.knowledge.packages.dependency(ecosystem, &name) else {
                    continue;
                };
                let version = dependencies::version_of(site.cx, step, &name);
                if known.is_ready_made(version.as_deref(), None) {
                    continue;
                }
                let found = libraries
                    .of_dependency(known)
                    .filter(|_| known.refuse.is_none());
                let Some(found) = found else {
                    let message = format!(
                        "{name} needs programs or libraries that dfopt does not know how to install in a smaller image"
                    );
                    return Err(site.refuse_at(at, "native-dependency", &message));
                };
                let lacks = target.lacks;
                let comes_along = |program: &String| {
                    lacks.is_some_and(|lacks| lacks.programs.contains_key(program))
                };
                let programs = known.programs.iter();
                let programs = programs.filter(|(program, _)| comes_along(program));
                let programs = programs.map(|(_, package)| package.as_str());
                for need in found.into_iter().chain(programs) {
                    self.add(site, site.stage.body.end, need, &name);
                }
            }
        }
        Ok(())
    }
}

/// The commands of the stage's steps and those in their substitutions, as if the container started them.
fn steps(site: &Site<'_>) -> Vec<Launch> {
    let launch = |(instruction, step): (usize, &Step<'_>)| Launch {
        instruction,
        words: step.words().map(str::to_owned).collect(),
        needs_shell: false,
    };
    site.all_commands()
        .filter(|(_, step)| !step.args.is_empty())
        .map(launch)
        .collect()
}

/// The program of a command line, and those that it is known to start.
fn called(site: &Site<'_>, words: &[String]) -> Vec<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let program = words.first().map(|word| file_name(word));
    let tool = site.cx.knowledge.tools.find(&words);
    let started = tool
        .into_iter()
        .flat_map(|(tool, _)| tool.started_by(&words));
    program
        .into_iter()
        .chain(started)
        .map(str::to_owned)
        .collect()
}

fn refuse_tool(site: &Site<'_>, at: usize, name: &str) -> Refusal {
    let message =
        format!("it needs {name}, which is a tool of builds that the smaller image has not");
    site.refuse_at(at, NEEDS_TOOL, &message)
}

/// Whether a command line calls a tool of the language, in a step or to build, that `target` has not.
fn is_build_tool(site: &Site<'_>, target: &Target<'_>, words: &[String], is_step: bool) -> bool {
    let cx = site.cx;
    if other_image::share_repository(site.reference, &target.reference) {
        return false;
    }
    let words_of: Vec<&str> = words.iter().map(String::as_str).collect();
    let tool = cx.knowledge.tools.find(&words_of);
    let language = tool.and_then(|(tool, _)| tool.ecosystem.as_deref());
    let is_own = language.is_some() && language == site.image.provides;
    is_own && (is_step || other_image::builds(cx, words))
}

/// Whether a program belongs to the language of the image to come.
pub(super) fn is_of_language(site: &Site<'_>, target: &Target<'_>, name: &str) -> bool {
    let tool = site.cx.knowledge.tools.find(&[name]);
    let language = tool.and_then(|(tool, _)| tool.ecosystem.as_deref());
    language.is_some() && language == target.image.provides
}

/// Whether the stage installs `package`, or one that brings it, in front of or at the instruction `before`.
pub(super) fn is_installed(site: &Site<'_>, before: usize, package: &str) -> bool {
    let installs = site
        .steps()
        .filter(|(at, step)| *at <= before && step.does() == Some(Does::InstallPackages));
    let mut names = installs.flat_map(|(_, step)| {
        let operands = step
            .invocation
            .iter()
            .flat_map(|invocation| &invocation.operands);
        operands.map(|&at| {
            step.args[at]
                .known()
                .split(['=', ':'])
                .next()
                .unwrap_or_default()
        })
    });
    names.any(|name| site.cx.knowledge.bases.is_brought(name, package))
}

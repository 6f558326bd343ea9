//! The sources and settings of the project, read once.

use std::sync::Arc;

use super::site::Site;
use super::start::Start;
use crate::analysis::paths::{below, file_name};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::context::{Addresses, Source, SourceLine, Sources};
use crate::knowledge::tools::Language;
use crate::transform::{Cx, Place, Refusal};

use crate::knowledge::Knowledge;
use crate::knowledge::startup::Needs;
use crate::knowledge::tools::{Action, Does};
use crate::transforms::calls;

/// Only root may enter it.
pub(super) const HOME_OF_ROOT: &str = "/root";

/// What the build context has of the program.
pub(super) struct Project<'a> {
    /// The sources in the languages of all stages.
    languages: Vec<(&'a Language, Arc<Sources>)>,
    /// Its settings.
    settings: Arc<Sources>,
}

impl<'a> Project<'a> {
    /// Reads it, with the settings that `start` names. Without a build context there is nothing in it.
    pub(super) fn read(cx: &Cx<'a>, start: &Start) -> Self {
        let Some(context) = cx.context else {
            return Self {
                languages: Vec::new(),
                settings: Arc::default(),
            };
        };
        let languages = languages(cx).into_iter();
        Self {
            languages: languages
                .map(|language| (language, context.sources(language)))
                .collect(),
            settings: context.files_called(&files_of_settings(cx, start)),
        }
    }

    /// Whether the sources of the program are at hand.
    pub(super) fn has_sources(&self) -> bool {
        self.files().any(|(_, file)| file.lines().next().is_some())
    }

    /// How the program takes addresses of databases; the cautious way, which finds no path, where no source shows it.
    pub(super) fn addresses(&self) -> Addresses {
        let languages = || self.files().map(|(language, _)| language.addresses());
        match languages().next().is_some() && languages().all(|it| it == Addresses::Absolute) {
            true => Addresses::Absolute,
            false => Addresses::Relative,
        }
    }

    /// The sources, with their languages.
    pub(super) fn files(&self) -> impl Iterator<Item = (&'a Language, &Source)> {
        self.languages
            .iter()
            .flat_map(|(language, sources)| sources.files().map(|file| (*language, file)))
            .filter(|(language, file)| {
                language.is_of_program(file.path()) && !language.is_for_pages(file.text())
            })
    }

    /// The lines of sources.
    pub(super) fn lines(&self) -> impl Iterator<Item = SourceLine<'_>> {
        self.files().flat_map(|(_, file)| file.lines())
    }

    /// Refuses when a line of the program does what only root may do, or starts a command that does.
    ///
    /// # Errors
    /// The first such line. A file that asks which user runs it, and goes on, has provided for both.
    pub(super) fn check_rights(&self, site: &Site<'_>) -> Result<(), Refusal> {
        for (language, file) in self.files() {
            let mut lines = file.lines_with(&language.as_root);
            let line = lines.find(|line| !line.is_comment());
            if let Some(line) = line.filter(|_| !asks_for_root(file)) {
                let does = "does what only root may do (accounts, owners of files, raw sockets, devices, other containers)";
                return Err(refuse_line(site, line, does));
            }
        }
        let knowledge = site.cx.knowledge;
        for (language, file) in self.files() {
            let is_wanted = |words: &[String]| only_root_may(knowledge, name_of(words));
            let found = calls::find(knowledge, language, file, is_wanted);
            if let Some((line, words)) = found.filter(|_| !asks_for_root(file)) {
                let does = format!("starts `{}`, which needs root", name_of(&words));
                return Err(refuse_line(site, line, &does));
            }
        }
        Ok(())
    }

    /// Refuses when a line of the program, or of its settings, names what the host has for root alone, such as a device.
    ///
    /// # Errors
    /// The first such line.
    pub(super) fn check_host(&self, site: &Site<'_>) -> Result<(), Refusal> {
        for of_host in &site.cx.knowledge.startup.of_host {
            let files = self.files().map(|(_, file)| file);
            let files = files.chain(self.settings.files());
            let mut lines = files.flat_map(|file| file.lines_with(&of_host.lines));
            if let Some(line) = lines.find(|line| !line.is_comment()) {
                return Err(refuse_line(site, line, &of_host.why));
            }
        }
        Ok(())
    }

    /// Refuses when a line of the program, or of its settings, names something in the home of root.
    ///
    /// # Errors
    /// The first such line.
    pub(super) fn check_home(&self, site: &Site<'_>) -> Result<(), Refusal> {
        let settings = &site.cx.knowledge.startup.settings;
        let of_root = |path: &&str| below(path, HOME_OF_ROOT).is_some();
        let in_source = |line: &SourceLine<'_>| {
            let quoted = line.quoted_paths().into_iter();
            let quoted = quoted.filter(|(before, _)| !settings.is_other(before));
            let mut paths = quoted.map(|(_, path)| path).chain(line.paths_of_options());
            paths.find(of_root).map(str::to_owned)
        };
        let in_settings = |line: &SourceLine<'_>| {
            let mut paths = line.named_paths().into_iter();
            paths.find(of_root).map(str::to_owned)
        };
        let is_code = |line: &SourceLine<'_>| !line.is_comment();
        let mut lines = self.lines().filter(is_code);
        let found = lines.find_map(|line| Some((line, in_source(&line)?)));
        let mut lines = self.settings().filter(is_code);
        let of_settings = || lines.find_map(|line| Some((line, in_settings(&line)?)));
        let Some((line, path)) = found.or_else(of_settings) else {
            return Ok(());
        };
        let message = format!(
            "{}:{} names {path}, and only root may enter {HOME_OF_ROOT}; use a folder of the program, or set USER yourself if it does without",
            line.path, line.line
        );
        let place = Place::File(line.path.to_owned(), Some(line.line));
        Err(site
            .refuse("home-of-root", message)
            .because(place, "what the program uses"))
    }

    /// Refuses when a line of the program installs something where the build, as root, has put the dependencies.
    ///
    /// # Errors
    /// The first such line.
    pub(super) fn check_installs(&self, site: &Site<'_>) -> Result<(), Refusal> {
        let knowledge = site.cx.knowledge;
        let by_command = self.files().find_map(|(language, file)| {
            let installs = |words: &[String]| calls::installs(knowledge, words);
            let (line, words) = calls::find(knowledge, language, file, installs)?;
            let started = words.join(" ");
            Some((
                line,
                format!(
                    "starts `{started}`, which installs what the build, as root, has put there"
                ),
            ))
        });
        let by_library = || {
            let mut files = self.files();
            files.find_map(|(language, file)| by_library(site, language, file))
        };
        let Some((line, does)) = by_command.or_else(by_library) else {
            return Ok(());
        };
        let message = format!(
            "{}:{} {does}; do it in a RUN, or into a folder of the program",
            line.path, line.line,
        );
        let place = Place::File(line.path.to_owned(), Some(line.line));
        Err(site
            .refuse("builds-at-start", message)
            .because(place, "what the program does"))
    }

    /// The lines of settings.
    pub(super) fn settings(&self) -> impl Iterator<Item = SourceLine<'_>> {
        self.settings.lines()
    }

    /// Refuses when the sources start a program that works only on what its own account has made, and a step
    /// has made some as root.
    ///
    /// # Errors
    /// The first such program.
    pub(super) fn check_owner_bound(&self, site: &Site<'_>) -> Result<(), Refusal> {
        let (cx, stage) = (site.cx, site.stage);
        let known = &cx.knowledge.startup.owner_bound;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let programs = self
            .languages
            .iter()
            .flat_map(|(language, sources)| sources.programs(language, &known));
        for program in programs {
            let calls = |index: &usize| {
                let mut steps = cx.facts.steps(*index).iter();
                steps.any(|step| step.args.first().is_some_and(|arg| arg.known() == program))
            };
            if let Some(index) = stage.body.clone().find(calls) {
                let message = format!(
                    "the program starts {program}, which refuses to work on what root has made with it"
                );
                let instruction = cx.file.instructions()[index].span;
                return Err(site
                    .refuse("owner-bound", message)
                    .because(instruction, "made by root"));
            }
        }
        Ok(())
    }
}

/// The names of files of settings: those that are usual, and those that the command lines name (`--log-config web.ini`).
fn files_of_settings(cx: &Cx<'_>, start: &Start) -> Vec<String> {
    let settings = &cx.knowledge.startup.settings;
    let words = start.commands.iter().flat_map(|command| &command.words);
    let named = words.filter_map(|word| {
        let name = file_name(word.rsplit('=').next()?);
        let (_, ending) = name.rsplit_once('.')?;
        settings
            .endings
            .iter()
            .any(|known| known == ending)
            .then(|| name.to_owned())
    });
    settings.files.iter().cloned().chain(named).collect()
}

fn refuse_line(site: &Site<'_>, line: SourceLine<'_>, does: &str) -> Refusal {
    let message = format!(
        "{}:{} {does}; set USER yourself if the program does without",
        line.path, line.line
    );
    let place = Place::File(line.path.to_owned(), Some(line.line));
    site.refuse("needs-root", message)
        .because(place, "what the program does")
}

/// The name of the program that `words` start, without its folder.
fn name_of(words: &[String]) -> &str {
    let program = words.first().map_or("", String::as_str);
    file_name(program)
}

/// Whether only root may run the program `name`, whatever it is asked: it needs root, or works on the packages of the system.
fn only_root_may(knowledge: &Knowledge, name: &str) -> bool {
    let words = [name.to_owned()];
    let program = knowledge.startup.program(&words);
    let needs_root = program.is_some_and(|(program, _)| program.needs == Needs::Root);
    let installs = |action: &Action| action.does == Does::InstallPackages;
    let tool = knowledge.tools.find(&[name]);
    needs_root || tool.is_some_and(|(tool, _)| tool.actions.iter().any(installs))
}

/// Whether a source does something only if root runs it: `if os.getuid() == 0:`.
fn asks_for_root(file: &Source) -> bool {
    file.lines().any(|line| {
        let text: String = line.text.to_lowercase().split_whitespace().collect();
        let asks = ["uid()==0", "uid()===0"];
        asks.iter().any(|asked| text.contains(asked))
    })
}

/// The line of `file` that has a library install something beside it, and what it does, unless a step uses that library before.
fn by_library<'s>(
    site: &Site<'_>,
    language: &Language,
    file: &'s Source,
) -> Option<(SourceLine<'s>, String)> {
    let facts = site.cx.facts;
    let is_used = |step: &Step<'_>, name: &str| {
        let tool = step.invocation.as_ref().map(|own| own.tool.id.as_str());
        let names = |word: &str| word.contains(name);
        // `pip install` only brings it.
        let is_brought = step.does() == Some(Does::InstallDependencies);
        tool == Some(name) || !is_brought && step.words().any(names)
    };
    let is_done = |name: &str| {
        let mut steps = (0..facts.runs.len()).flat_map(|at| facts.steps(at));
        steps.any(|step| is_used(step, name))
    };
    language.installers.iter().find_map(|(name, line)| {
        let mut lines = file.lines_with(std::slice::from_ref(line));
        let line = lines.find(|line| !line.is_comment())?;
        let does = || {
            format!("has {name} install something beside it, where the build, as root, has put it")
        };
        (!is_done(name)).then(|| (line, does()))
    })
}

/// The languages of all stages: all there are where no image says what it is for, as that of a distribution.
fn languages<'a>(cx: &Cx<'a>) -> Vec<&'a Language> {
    let provided = |stage: &Stage| cx.facts.image(stage)?.provides;
    let mut names: Vec<&str> = cx.facts.stages.iter().filter_map(provided).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return cx.knowledge.tools.languages().iter().collect();
    }
    names
        .into_iter()
        .filter_map(|name| cx.knowledge.tools.language(name))
        .collect()
}

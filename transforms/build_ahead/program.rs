//! Where the program is that has been built.

use std::collections::BTreeSet;
use std::iter::successors;

use crate::analysis::paths::{Region, file_name, join, parent};
use crate::analysis::runs::Step;
use crate::context::{FileKind, folder_and_name, in_folder, matches_name};
use crate::knowledge::tools::Does;
use crate::syntax::{Kind, Transfer};
use crate::transform::Refusal;
use crate::transforms::targets;

use super::Site;
use super::command::Command;
use super::guards::{Project, line_with};

/// Where a program is put that can be put anywhere.
const FOLDER: &str = "/usr/local/bin";

/// Its name when none of the project will do.
const NAME: &str = "app";

/// Folders that are called the same in every project.
const USUAL_FOLDERS: [&str; 6] = ["src", "code", "source", "build", "work", "workspace"];

/// The program that is started.
pub(super) struct Program {
    /// Its path in the image.
    pub(super) path: String,
    /// The instruction that builds it already, or else the command that has to.
    pub(super) built_by: Result<usize, String>,
    /// Whether it is built in another profile than the container would.
    pub(super) is_other_profile: bool,
}

impl Program {
    /// Its name, for messages.
    pub(super) fn name(&self) -> &str {
        file_name(&self.path)
    }
}

impl Site<'_, '_> {
    /// What `command` builds.
    ///
    /// # Errors
    /// When it cannot be told where it is put.
    pub(super) fn program(
        &self,
        command: &Command<'_>,
        project: &Project<'_>,
    ) -> Result<Program, Refusal> {
        self.check_places(command, project)?;
        match command.ahead.output {
            Some(_) => self.put_anywhere(command),
            None => self.put_in_its_folder(command, project),
        }
    }

    /// The program of a tool that is told where to put it. Where a `RUN` has put one, or whether, is left open.
    fn put_anywhere(&self, command: &Command<'_>) -> Result<Program, Refusal> {
        let path = format!("{FOLDER}/{}", self.name(command));
        if self.cx.file.text().contains(&path) {
            let message = format!("something else may be at {path}; build the program in a RUN");
            return Err(self.refuse("other-place", message));
        }
        Ok(Program {
            built_by: Err(command.build(&path)),
            path,
            is_other_profile: false,
        })
    }

    /// The program of a tool that puts it where its options say.
    fn put_in_its_folder(
        &self,
        command: &Command<'_>,
        project: &Project<'_>,
    ) -> Result<Program, Refusal> {
        let name = self.target(command, project)?;
        let mut builds = self.builds(command, project);
        let built = builds.find_map(|(at, step)| Some((at, command.like_build(step)?)));
        let options = built
            .as_ref()
            .map_or(&command.options, |(_, options)| options);
        let folder = command.folder(options);
        Ok(Program {
            path: join(&self.state.workdir, &format!("{folder}/{name}")),
            is_other_profile: folder != command.folder(&command.options),
            built_by: built.map(|(at, _)| at).ok_or_else(|| command.build("")),
        })
    }

    /// Refuses where something may say that the program is put in another place than usual, or that the project needs more
    /// than its folder: settings, or the manifest of a larger project.
    fn check_places(&self, command: &Command<'_>, project: &Project<'_>) -> Result<(), Refusal> {
        let (ahead, context) = (command.ahead, project.context);
        let settings = ahead.unless_beside.iter();
        let settings = settings.map(|name| in_folder(&project.folder, name));
        let around = folders_above(&project.folder).filter(|_| ahead.output.is_none());
        let around = around.map(|folder| in_folder(folder, &ahead.manifest));
        let file = settings.chain(around).find(|path| context.has(path));
        let text = self.cx.file.text();
        let mut words = ahead.unless_mentioned.iter();
        let word = words.find(|word| text.contains(word.as_str()));
        let manifest = context.read(&project.file).unwrap_or_default();
        let leads_out = line_with(&manifest, &ahead.elsewhere).map(|_| project.file.clone());
        let Some(what) = file.or(word.cloned()).or(leads_out) else {
            return Ok(());
        };
        let message = format!(
            "{what} may put the program somewhere else; start the one that a RUN has built"
        );
        Err(self.refuse("other-place", message))
    }

    /// What the program is called: as the folder of its sources, unless that is the name of a tool.
    fn name(&self, command: &Command<'_>) -> String {
        let (files, folder) = command.sources();
        let path = match folder {
            Some(folder) => join(&self.state.workdir, folder),
            None => parent(&join(
                &self.state.workdir,
                files.first().map_or("", |file| file),
            ))
            .to_owned(),
        };
        let name = file_name(&path);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let image = self.cx.facts.image(self.stage);
        let is_tool = self.cx.knowledge.tools.find(&[name]).is_some()
            || image
                .and_then(|image| image.toolset)
                .is_some_and(|set| set.programs.contains_key(name));
        let is_own = !name.is_empty() && !USUAL_FOLDERS.contains(&name);
        match is_own && name.chars().all(is_plain) && !is_tool {
            true => name.to_owned(),
            false => NAME.to_owned(),
        }
    }

    /// The name of the program among those of the project that is started.
    fn target(&self, command: &Command<'_>, project: &Project<'_>) -> Result<String, Refusal> {
        let targets = command.tool.targets.as_ref();
        let read = targets
            .and_then(|targets| targets::Project::read(project.context, targets, &project.file));
        let default = read.as_ref().and_then(|read| {
            read.value(command.ahead.default.as_ref()?)?
                .as_str()
                .map(str::to_owned)
        });
        let names: BTreeSet<String> = read
            .map(|read| {
                read.built_with_it(targets::Members::Usual)
                    .iter()
                    .flat_map(targets::Project::programs)
                    .collect()
            })
            .unwrap_or_default();
        let only = || names.first().filter(|_| names.len() == 1).cloned();
        let name = command
            .chosen()
            .map(str::to_owned)
            .or(default)
            .or_else(only);
        name.filter(|name| names.contains(name)).ok_or_else(|| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let message = format!("the project has several programs ({}), or none that dfopt finds; say in CMD which one is started", names.join(", "));
            self.refuse("several-programs", message)
        })
    }

    /// The steps of the same tool in the folder in which the container starts, behind which nothing changes files there of
    /// which it makes something: it would find nothing to do. What a step puts into a mount is not in the image.
    fn builds<'s>(
        &'s self,
        command: &'s Command<'_>,
        project: &Project<'_>,
    ) -> impl Iterator<Item = (usize, &'s Step<'s>)> {
        let facts = self.cx.facts;
        let here = Region::new(&self.state.workdir);
        let mut found = Vec::new();
        for at in self.stage.body.clone().rev() {
            if let Kind::Copy(transfer) | Kind::Add(transfer) = &facts.views[at].kind {
                let is_here = Region::new(facts.destination(at, transfer)).meets(&here);
                if is_here && !self.brings_data_only(at, transfer, command, project) {
                    break;
                }
                continue;
            }
            // What is done under conditions or in the background may not be done. Variables that lead the program elsewhere
            // have been looked for.
            let run = facts.runs[at].as_deref();
            let is_plain = run.is_some_and(|run| run.and_list().is_some());
            let steps = run.iter().flat_map(|run| run.steps.iter().rev());
            let behind = steps
                .clone()
                .position(|step| step.effects.writes.meets(&here));
            let is_it = |step: &&Step<'_>| {
                let own = step.invocation.as_ref();
                own.is_some_and(|own| own.tool.id == command.tool.id)
                    && step.directory().as_deref() == Some(&self.state.workdir)
                    && facts.views[at].flag("mount").is_none()
                    && is_plain
            };
            let count = behind.map_or(usize::MAX, |at| at + 1);
            found.extend(steps.take(count).filter(is_it).map(|step| (at, step)));
            if run.is_some_and(|run| run.effects.writes.meets(&here)) {
                break;
            }
        }
        found.into_iter()
    }
}

/// More files than these are not looked through.
const MOST_FILES: usize = 20_000;

impl Site<'_, '_> {
    /// Whether the copy `at` brings only what the tool does not look at: what it has built without these files, it would not
    /// build again because of them. A program that the build runs may look at anything.
    fn brings_data_only(
        &self,
        at: usize,
        transfer: &Transfer,
        command: &Command<'_>,
        project: &Project<'_>,
    ) -> bool {
        let (ahead, context) = (command.ahead, project.context);
        let mut programs = ahead.of_build.iter();
        let runs_program = programs.any(|name| context.has(&in_folder(&project.folder, name)));
        let from_elsewhere = self.cx.facts.views[at].flag("from").is_some();
        if ahead.of_build.is_empty() || runs_program || from_elsewhere {
            return false;
        }
        let builds = command.tool.actions.iter();
        let builds = builds.filter(|action| action.does == Does::Build);
        let looked_at: Vec<&String> = builds.flat_map(|action| &action.sources).collect();
        let is_data = |path: &String| {
            let mut parts = path.split('/');
            !parts.any(|part| looked_at.iter().any(|known| matches_name(known, part)))
        };
        transfer.sources.iter().all(|word| {
            let path = word.raw.trim_start_matches("./").trim_end_matches('/');
            let files = match context.kind(path) {
                Some(FileKind::File) => Some(vec![path.to_owned()]),
                Some(FileKind::Folder) => context.files_below(path, MOST_FILES),
                None => None,
            };
            files.is_some_and(|files| files.iter().all(is_data))
        })
    }
}

/// The folders of the build context around `folder`, the nearest first.
fn folders_above(folder: &str) -> impl Iterator<Item = &str> {
    fn next<'p>(folder: &&'p str) -> Option<&'p str> {
        let above = folder_and_name(folder).0;
        (!folder.is_empty()).then_some(above)
    }
    successors(Some(folder), next).skip(1)
}

impl Command<'_> {
    /// The folder for programs that are built with `options`, from the working directory.
    fn folder(&self, options: &[String]) -> &str {
        let folders = self.ahead.folders.iter();
        let mut fits = folders.filter(|folder| {
            folder.option.is_empty() || folder.option.iter().any(|option| options.contains(option))
        });
        fits.next_back().map_or("", |folder| &folder.at)
    }

    /// The options of `step`, if it builds the same program, perhaps among others or in another profile.
    fn like_build(&self, step: &Step<'_>) -> Option<Vec<String>> {
        let words = self.words_behind_verb(step)?;
        let folder = self.folder(&words);
        // What was built for debugging is no release.
        let is_usual = self.folder(&self.options) == self.folder(&[]);
        if folder != self.folder(&self.options) && !is_usual {
            return None;
        }
        let builds_all = !words.iter().any(|word| self.chooses(word));
        let chosen = self.chosen().filter(|_| builds_all);
        let matters = |word: &&String| {
            let mut folders = self.ahead.folders.iter();
            let is_chosen = builds_all && (self.chooses(word) || chosen == Some(word));
            !is_chosen
                && !self.ahead.quiet.contains(word)
                && !folders.any(|folder| folder.option.contains(word))
        };
        let of_step: BTreeSet<&String> = words.iter().filter(matters).collect();
        let own: BTreeSet<&String> = self.options.iter().filter(matters).collect();
        (of_step == own).then_some(words)
    }

    /// Whether the option `word` names a program.
    fn chooses(&self, word: &str) -> bool {
        let name = self.ahead.chosen_by.as_deref();
        name.is_some() && word.split('=').next() == name
    }

    /// What stands behind the verb of `step`, if it is the one that only builds.
    fn words_behind_verb(&self, step: &Step<'_>) -> Option<Vec<String>> {
        let invocation = step.invocation.as_ref()?;
        let verb = invocation.verb_words.clone();
        let is_verb = step.args.get(verb.start)?.known() == self.ahead.verb;
        let words = step.args.get(verb.end..)?.iter();
        let words: Option<Vec<String>> = words.map(|arg| arg.text.clone()).collect();
        words.filter(|_| is_verb)
    }
}

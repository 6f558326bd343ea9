//! What must hold of the project: its sources are in the image, and stay what they are.

use crate::analysis::paths::{below, file_name, join};
use crate::context::{BuildContext, FileKind, folder_and_name, in_folder, matches_name};
use crate::knowledge::pattern::Pattern;
use crate::project::Container;
use crate::syntax::{Kind, Word};
use crate::transform::{Place, Refusal};
use crate::transforms::origin::{Origin, origin};

use super::Site;
use super::command::Command;

/// More files are not looked through.
const MOST_FILES: usize = 20_000;

/// The project that is built.
pub(super) struct Project<'c> {
    pub(super) context: &'c BuildContext,
    /// A file of it in the context: its manifest, where it has one.
    pub(super) file: String,
    /// Its folder in the context.
    pub(super) folder: String,
}

impl<'a> Site<'_, 'a> {
    /// The project in the folder in which the container starts.
    ///
    /// # Errors
    /// When it cannot be looked at, or no copy brings it.
    pub(super) fn project(&self, command: &Command<'_>) -> Result<Project<'a>, Refusal> {
        let Some(context) = self.cx.context else {
            let message = "what is built can only be told with the build context at hand: name it with --context";
            return Err(self.refuse("no-context", message));
        };
        let missing = |what: &str| {
            let folder = &self.state.workdir;
            let message = format!(
                "no copy brings {what} to {folder}: build the program where its sources are, in a RUN"
            );
            self.refuse("no-source", message)
        };
        if !self.state.workdir.starts_with('/') {
            return Err(self.refuse(
                "no-source",
                "the folder in which the container starts is not known: name it with WORKDIR",
            ));
        }
        let (files, folder) = command.sources();
        for file in &files {
            self.file(file).ok_or_else(|| missing(file))?;
        }
        let first = files
            .first()
            .map_or(command.ahead.manifest.as_str(), |file| file);
        let manifest = self.file(&command.ahead.manifest);
        let file = manifest.or_else(|| self.file(files.first()?));
        let file = file.ok_or_else(|| missing(first))?;
        let project = Project {
            context,
            folder: folder_and_name(&file).0.to_owned(),
            file,
        };
        match folder.filter(|folder| !project.has_sources(folder, command)) {
            Some(folder) => Err(missing(folder)),
            None => Ok(project),
        }
    }

    /// The file of the context that is at `path`, seen from where the container starts.
    fn file(&self, path: &str) -> Option<String> {
        match origin(self.cx, self.stage, &join(&self.state.workdir, path)) {
            Origin::File(file) => Some(file),
            _ => None,
        }
    }

    /// What is mounted over the sources, or over the program at `path`, takes the place of what would be built; and a
    /// container that starts in another folder, or with other variables, builds something else.
    pub(super) fn check_containers(
        &self,
        command: &Command<'_>,
        project: &Project<'_>,
        path: &str,
    ) -> Result<(), Refusal> {
        let build = Build {
            folder: &self.state.workdir,
            command,
            project,
            path,
        };
        let uses = self.cx.possible_uses(self.stage);
        for used in uses.chain(self.cx.guesses().map(|(used, _)| used)) {
            let container = used.container.as_ref();
            if let Some((code, what)) = container.and_then(|container| build.changed_by(container))
            {
                let message = format!(
                    "{} {what}, so that each start builds what is there",
                    used.described()
                );
                let refusal = self.refuse(code, message);
                return Err(refusal.because(self.cx.place_of(used), "starts it"));
            }
        }
        self.check_watched(project)?;
        self.check_volumes(&build)
    }

    /// What is declared a volume holds what the containers before have left there.
    fn check_volumes(&self, build: &Build<'_>) -> Result<(), Refusal> {
        let hides = |volume: &Word| build.is_hidden_by(&join("/", &volume.raw), false);
        let is_volume = |at: &usize| match &self.cx.facts.views[*at].kind {
            Kind::Volume { paths, .. } => paths.iter().any(hides),
            _ => false,
        };
        let volume = self.stage.body.clone().find(is_volume);
        volume.map_or(Ok(()), |at| {
            let message = "the sources are in a VOLUME, so that each start builds what is there";
            let volume = self.cx.file.instructions()[at].span;
            Err(self
                .refuse("mounted-source", message)
                .because(volume, "the volume"))
        })
    }

    /// Tools that put changed sources into running containers say so in their files.
    fn check_watched(&self, project: &Project<'_>) -> Result<(), Refusal> {
        let syncs = &self.cx.knowledge.startup.syncs;
        let names = project.context.names("").into_iter();
        for file in names.filter(|name| syncs.is_file(name)) {
            let text = project.context.read_hidden(&file).unwrap_or_default();
            if let Some(line) = syncs.line_in(&text) {
                let message = "sources are put into running containers, so that each start builds what is there";
                let place = Place::File(file, Some(line));
                return Err(self
                    .refuse("mounted-source", message)
                    .because(place, "says so"));
            }
        }
        Ok(())
    }

    /// A build that marks the program with the state of the repository fails where that belongs to another user.
    pub(super) fn check_stamp(
        &self,
        command: &Command<'_>,
        project: &Project<'_>,
    ) -> Result<(), Refusal> {
        let Some(folder) = &command.ahead.stamped_from else {
            return Ok(());
        };
        let is_given_away = |at: usize| self.cx.facts.views[at].flag("chown").is_some();
        let is_folder = project.context.kind(folder) == Some(FileKind::Folder);
        let may_fail = !is_folder || self.stage.body.clone().any(is_given_away);
        if project.context.has(folder) && may_fail {
            let message = format!(
                "the build would look into {folder}, which may belong to another user or lead out of the image; leave it out with .dockerignore"
            );
            return Err(self.refuse("other-user", message));
        }
        Ok(())
    }

    /// Sources that look at what only the command tells the program, or, if nothing has built them so far, that may need
    /// a running container to be built.
    pub(super) fn check_sources(
        &self,
        command: &Command<'_>,
        project: &Project<'_>,
        is_built: bool,
    ) -> Result<(), Refusal> {
        let Some(files) = project.context.files_below(&project.folder, MOST_FILES) else {
            let message =
                "the project has more files than dfopt looks through; build the program in a RUN";
            return Err(self.refuse("no-context", message));
        };
        let ahead = command.ahead;
        let is_told = |line: &str, told: &[Pattern]| {
            let has = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.is_match(line));
            has(told) && !has(&ahead.told_except)
        };
        let compiled_there = if is_built {
            &[][..]
        } else {
            &ahead.compiled_there
        };
        for path in files.iter().filter(|path| command.is_source(path)) {
            let is_of_build = ahead.of_build.iter().any(|name| path.ends_with(name));
            let told = if is_of_build { &[][..] } else { &ahead.told };
            let text = project.context.read(path).unwrap_or_default();
            let (code, message, line) = if let Some(at) =
                text.lines().position(|line| is_told(line, told))
            {
                let line = at + 1;
                let message = format!(
                    "the program asks for what `{}` tells it, and would not find it",
                    command.shown()
                );
                ("told-by-command", message, line)
            } else if let Some(line) = line_with(&text, compiled_there) {
                let message = "to be compiled, the sources may need what only a running container has; build the program in a RUN if they do not";
                ("compiled-there", message.to_owned(), line)
            } else {
                continue;
            };
            let place = Place::File(path.clone(), Some(line));
            return Err(self.refuse(code, message).because(place, "this line"));
        }
        Ok(())
    }
}

/// What a container would build at its start.
struct Build<'b> {
    /// The folder in which it starts.
    folder: &'b str,
    command: &'b Command<'b>,
    project: &'b Project<'b>,
    /// Where the program would be.
    path: &'b str,
}

impl Build<'_> {
    /// What a container changes of it: the code of the refusal, and the words.
    fn changed_by(&self, container: &Container) -> Option<(&'static str, String)> {
        let mut mounts = container.mounts.iter();
        let mount = mounts.find(|mount| self.is_hidden_by(&mount.target, mount.host.is_some()));
        let mut memory = container.memory.iter();
        let memory = || memory.find(|target| self.is_hidden_by(target, false));
        if let Some(target) = mount.map(|mount| &mount.target).or_else(memory) {
            return Some(("mounted-source", format!("mounts {target}")));
        }
        let folder = container.workdir.as_deref();
        let folder = folder.map(|folder| join(self.folder, folder));
        if let Some(folder) = folder.filter(|folder| folder != self.folder) {
            return Some(("other-container", format!("starts in {folder}")));
        }
        let mut variables = container.environment.iter();
        let (name, _) = variables.find(|(name, _)| self.reads(name))?;
        Some(("other-container", format!("sets {name}")))
    }

    /// Whether a mount on `target` takes the place of the sources, or of the program. A folder of the host hides them also
    /// where it is a part of theirs.
    fn is_hidden_by(&self, target: &str, is_of_host: bool) -> bool {
        let inside = below(target, self.folder).filter(|inside| !inside.is_empty());
        below(self.folder, target).is_some()
            || below(self.path, target).is_some()
            || is_of_host
                && inside.is_some_and(|inside| self.project.holds_sources(inside, self.command))
    }

    /// Whether the variable `name` says how to build.
    fn reads(&self, name: &str) -> bool {
        let tool = self.command.tool;
        let mut names = tool.build_variables.iter().chain(&tool.path_variables);
        names.any(|known| known == name)
    }
}

impl Project<'_> {
    /// Whether `path`, seen from the project, is a source or holds one.
    fn holds_sources(&self, path: &str, command: &Command<'_>) -> bool {
        let path = in_folder(&self.folder, path);
        let below = self.context.files_below(&path, MOST_FILES);
        command.is_source(&path)
            || below.is_none_or(|files| files.iter().any(|file| command.is_source(file)))
    }

    /// Whether there are sources in `folder`, seen from the project.
    fn has_sources(&self, folder: &str, command: &Command<'_>) -> bool {
        let folder = in_folder(&self.folder, &join("", folder)[1..]);
        let names = self.context.names(&folder);
        names.iter().any(|name| command.is_source(name))
    }
}

impl Command<'_> {
    /// Whether the file at `path` is a source of its language.
    fn is_source(&self, path: &str) -> bool {
        let name = file_name(path);
        let mut patterns = self.ahead.sources.iter();
        patterns.any(|pattern| matches_name(pattern, name))
    }
}

/// The number of the first line of `text`, from 1, that one of `patterns` matches.
pub(super) fn line_with(text: &str, patterns: &[Pattern]) -> Option<usize> {
    let is_it = |line: &str| patterns.iter().any(|pattern| pattern.is_match(line));
    text.lines().position(is_it).map(|at| at + 1)
}

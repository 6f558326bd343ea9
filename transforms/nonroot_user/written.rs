//! What the program writes when the container runs, as far as the project shows it.

use super::data::{self, folder_of, has_ending};
use super::given;
use super::made;
use super::makers;
use super::needs::args;
use super::places::Places;
use super::sources::Project;
use super::start::{Start, StartCommand};
use super::started;
use crate::analysis::commands::recognise;
use crate::analysis::effects::{self, Areas};
use crate::analysis::launch;
use crate::analysis::paths::{Extent, Region, join};
use crate::analysis::shell_variables;
use crate::analysis::stages::Stage;
use crate::context::{Addresses, SourceLine};
use crate::knowledge::tools::Does;
use crate::syntax::Kind;
use crate::transform::{Cx, Place};

/// A path that the program writes.
pub(super) struct Written {
    /// The path in the image; `None` when it may be anywhere in the working folder.
    pub path: Option<String>,
    /// The folder in which it has to be able to write: `path`, or the one around it.
    pub folder: Option<String>,
    /// What shows it, with the verb of a sentence: "`touch /x` writes".
    pub shown_by: String,
    /// Where that is.
    pub place: Place,
    /// Who says it.
    pub said: Said,
    /// Whether the file has to be there already.
    pub edits: bool,
    /// The line that shows it, if it is one of a source.
    pub line: String,
}

/// Who says that something is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// A script that starts the program.
    Script,
    /// A line of a source that writes files.
    Source,
    /// A setting: a variable, an argument, a file of settings. It may only be read.
    Setting,
}

impl Written {
    /// Whether a script makes a folder there.
    pub(super) fn makes_folder(&self) -> bool {
        self.said == Said::Script && self.folder == self.path
    }
}

/// All that is known of.
pub(super) fn all(
    cx: &Cx<'_>,
    stage: &Stage,
    start: &Start,
    project: &Project<'_>,
) -> Vec<Written> {
    let teller = Teller {
        cx,
        stage,
        made: made::paths(cx, stage),
        places: Places::read(cx, stage, project),
        addresses: project.addresses(),
    };
    let mut written: Vec<Written> = start
        .commands
        .iter()
        .flat_map(|command| {
            let mut written = teller.script(command);
            written.extend(teller.arguments_in_script(command));
            written
        })
        .collect();
    written.extend(teller.command_lines());
    written.extend(teller.variables());
    for (language, file) in project.files() {
        let writes = file.matching(&language.writes);
        for line in file.lines().filter(|line| !line.is_comment()) {
            if line.is_matched_by(&writes) {
                written.extend(teller.source(&line));
            } else {
                written.extend(teller.settings(&line, &line.absolute_paths()));
                written.extend(teller.file_of_data(&line));
            }
        }
    }
    written.extend(started::all(cx, project, |line| {
        teller.shown_by(line, None)
    }));
    for line in project.settings().filter(|line| !line.is_comment()) {
        written.extend(teller.settings(&line, &line.named_paths()));
        written.extend(teller.file_of_setting(&line));
    }
    written.extend(teller.working_folders(start, project, &written));
    written
}

struct Teller<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    /// What the build puts somewhere.
    made: Extent,
    /// Where variables of the sources point to.
    places: Places<'a>,
    /// How the program takes addresses.
    addresses: Addresses,
}

impl Teller<'_> {
    /// Files that a script writes: by redirection, or by a command that the tables know.
    fn script(&self, command: &StartCommand) -> Vec<Written> {
        let state = self.cx.facts.state_after(self.stage);
        let mut paths: Vec<String> = command
            .writes
            .iter()
            .map(|path| join(&state.workdir, path))
            .collect();
        let tools = &self.cx.knowledge.tools;
        let args = args(command);
        if let Some(invocation) = recognise(tools, &args)
            && invocation.action.does == Does::Files
        {
            let cwd = Some(state.workdir.as_str());
            let effects =
                effects::of_invocation(&Areas::new(tools), &invocation, &args, &state, cwd);
            if let Extent::Regions(regions) = effects.writes {
                paths.extend(regions.iter().map(|region| region.path().to_owned()));
            }
        }
        let words = command.words.iter().map(String::as_str);
        let makes_folder = makers::are_folders(words);
        // A wrapper or a block of commands whose output goes to the file.
        let shown_by = match command.words.as_slice() {
            [] => "the script writes".to_owned(),
            words => format!("`{}` writes", words.join(" ")),
        };
        // What is only known when it runs may lie anywhere, but for what stands in front of it.
        let known = |path: String| match shell_variables::folder_around_unknown(&path) {
            Some(folder) => Some((folder.to_owned(), folder.to_owned()))
                .filter(|(folder, _)| *folder != state.workdir),
            None => Some((folder_of(&path, makes_folder), path)),
        };
        paths
            .into_iter()
            .filter_map(known)
            .map(|(folder, path)| Written {
                folder: Some(folder),
                path: Some(path),
                shown_by: shown_by.clone(),
                place: command.place.clone(),
                said: Said::Script,
                edits: command.words.first().is_some_and(|word| word == "sed"),
                line: String::new(),
            })
            .collect()
    }

    /// Paths on the command line that nothing in the file makes: the program makes them, or they are mounted by
    /// whoever starts it.
    fn command_lines(&self) -> Vec<Written> {
        let launches = launch::of_stage(self.cx.facts, self.stage).launches;
        let arguments = launches.iter().flat_map(|launch| {
            let place = Place::Source(self.cx.file.instructions()[launch.instruction].span);
            self.arguments(&launch.words, &place)
        });
        arguments.map(|(_, written)| written).collect()
    }

    /// Arguments of a command in a script that say, by their name or that of the file, what the program writes. The others
    /// of a script may be there to be read.
    fn arguments_in_script(&self, command: &StartCommand) -> Vec<Written> {
        self.named_arguments(&command.words, &command.place)
    }

    /// The same of options in the variable `name`: `JAVA_OPTS="-Xmx1g -Xlog:gc:file=/var/log/gc.log"`.
    fn options(&self, name: &str, value: &str, place: &Place) -> Vec<Written> {
        if !value.starts_with('-') {
            return Vec::new();
        }
        let words = std::iter::once(name).chain(value.split_whitespace());
        let words: Vec<String> = words.map(str::to_owned).collect();
        let mut named = self.named_arguments(&words, place);
        for written in &mut named {
            written.shown_by = format!("{name} names");
        }
        named
    }

    fn named_arguments(&self, words: &[String], place: &Place) -> Vec<Written> {
        let named = |(text, written): &(String, Written)| {
            let path = written.path.as_deref().unwrap_or_default();
            self.names_what_is_written(text, path)
        };
        let arguments = self.arguments(words, place).into_iter();
        arguments
            .filter(named)
            .map(|(_, written)| written)
            .collect()
    }

    /// The arguments of a command line that are paths which it may write, each with the word in front of it.
    fn arguments(&self, words: &[String], place: &Place) -> Vec<(String, Written)> {
        let path_of = |pair: &[String]| {
            let path = self.addresses.path_in_argument(&pair[1])?;
            let path = Some(path).filter(|path| self.may_be_written(path))?;
            let text = pair.join(" ");
            let shown_by = "the command names".to_owned();
            let written = self.setting(path, &text, shown_by, place.clone());
            Some((text, written))
        };
        words.windows(2).filter_map(path_of).collect()
    }

    /// Variables of the image, or of a container of it, that say where to write.
    fn variables(&self) -> Vec<Written> {
        let mut written = Vec::new();
        for index in self.stage.body.clone() {
            let Kind::Env { pairs, .. } = &self.cx.facts.views[index].kind else {
                continue;
            };
            let place = Place::Source(self.cx.file.instructions()[index].span);
            for pair in pairs {
                let value = pair.value.raw.trim_matches(['"', '\'']);
                written.extend(self.variable(&pair.key.raw, value, &place));
                written.extend(self.options(&pair.key.raw, value, &place));
            }
        }
        for (used, container) in given::containers(self.cx, self.stage) {
            let place = self.cx.place_of(used);
            let pairs = container.environment.iter();
            written.extend(pairs.filter_map(|(name, value)| self.variable(name, value, &place)));
        }
        written
    }

    fn variable(&self, name: &str, value: &str, place: &Place) -> Option<Written> {
        let text = format!("{name}={value}");
        let path = self.addresses.path_in(value)?;
        let startup = &self.cx.knowledge.startup;
        let keeps = startup.moves_home(name) || startup.settings.is_variable(name);
        let keeps = keeps && self.may_be_written(path)
            || startup.settings.is_for_downloads(name) && startup.is_own_folder(path);
        let is_place = name == "HOME" || keeps || self.names_what_is_written(&text, path);
        let setting = self.setting(path, &text, format!("{name} names"), place.clone());
        let folder = match keeps {
            true => Some(folder_of(path, true)),
            false => setting.folder.clone(),
        };
        is_place.then_some(Written { folder, ..setting })
    }

    /// Folders other than that of the image in which the program runs, if something is written where it runs.
    fn working_folders(
        &self,
        start: &Start,
        project: &Project<'_>,
        written: &[Written],
    ) -> Vec<Written> {
        let is_anywhere =
            |written: &Written| written.path.is_none() && written.said == Said::Source;
        if !written.iter().any(is_anywhere) {
            return Vec::new();
        }
        let own = self.cx.facts.state_after(self.stage).workdir;
        let of_containers =
            given::containers(self.cx, self.stage).filter_map(|(used, container)| {
                let folder = join(&own, container.workdir.as_deref()?);
                let shown_by = format!("{} starts in", used.described());
                Some((folder, shown_by, self.cx.place_of(used)))
            });
        let of_scripts = start.folders.iter().map(|(folder, place)| {
            let shown_by = "a script changes to".to_owned();
            (folder.clone(), shown_by, place.clone())
        });
        let of_sources = self.folders_of_sources(project);
        let folders = of_containers.chain(of_scripts).chain(of_sources);
        let folders = folders.filter(|(folder, ..)| *folder != own);
        let written = folders.map(|(folder, shown_by, place)| Written {
            folder: Some(folder.clone()),
            ..self.setting(&folder, "", shown_by, place)
        });
        written.collect()
    }

    /// Folders that sources change to.
    fn folders_of_sources(&self, project: &Project<'_>) -> Vec<(String, String, Place)> {
        let settings = &self.cx.knowledge.startup.settings;
        let lines = project.lines().filter(|line| !line.is_comment());
        let moving = lines.filter(|line| settings.moves(line.text));
        let folders = moving.flat_map(|line| {
            let absolute = line.absolute_paths().into_iter().map(str::to_owned);
            let paths: Vec<String> = absolute.chain(self.places.of(&line)).collect();
            let shown_by = format!("{}:{} changes to", line.path, line.line);
            let place = Place::File(line.path.to_owned(), Some(line.line));
            let shown = move |path| (path, shown_by.clone(), place.clone());
            paths.into_iter().map(shown)
        });
        folders.collect()
    }

    /// A line of a source that writes.
    fn source(&self, line: &SourceLine<'_>) -> Vec<Written> {
        let settings = &self.cx.knowledge.startup.settings;
        let mut paths = line.quoted_paths();
        paths.retain(|(call, _)| !settings.is_other_call(call));
        if !paths.is_empty() {
            let paths = paths.into_iter();
            return paths
                .map(|(_, path)| self.shown_by(line, Some(path)))
                .collect();
        }
        let by_variables = self.places.of(line);
        if by_variables.is_empty() {
            return vec![self.shown_by(line, None)];
        }
        let around = |path: &String| Written {
            folder: Some(folder_of(path, true)),
            ..self.shown_by(line, Some(path))
        };
        by_variables.iter().map(around).collect()
    }

    /// What is written by a line of a source that names `path`.
    fn shown_by(&self, line: &SourceLine<'_>, path: Option<&str>) -> Written {
        let makes_folder = self.cx.knowledge.startup.settings.is_folder(line.text);
        Written {
            path: path.map(str::to_owned),
            folder: path.map(|path| folder_of(path, makes_folder)),
            shown_by: format!("{}:{} writes", line.path, line.line),
            place: Place::File(line.path.to_owned(), Some(line.line)),
            said: Said::Source,
            edits: false,
            line: line.text.to_owned(),
        }
    }

    /// A line of a source or of a file of settings that names `paths`.
    fn settings(&self, line: &SourceLine<'_>, paths: &[&str]) -> Vec<Written> {
        let place = Place::File(line.path.to_owned(), Some(line.line));
        let shown_by = format!("{}:{} names", line.path, line.line);
        paths
            .iter()
            .filter(|path| self.names_what_is_written(line.text, path))
            .map(|path| self.setting(path, line.text, shown_by.clone(), place.clone()))
            .collect()
    }

    /// A file of data in the working folder that a line names for another to write: `open_database("./data/app.db")`.
    fn file_of_data(&self, line: &SourceLine<'_>) -> Option<Written> {
        let settings = &self.cx.knowledge.startup.settings;
        let mut quoted = line.text.split(['"', '\'', '`']).skip(1).step_by(2);
        let is_one = |word: &str| !word.starts_with('/') && settings.is_written(word);
        quoted.any(is_one).then(|| Written {
            path: None,
            folder: None,
            shown_by: format!("{}:{} names", line.path, line.line),
            place: Place::File(line.path.to_owned(), Some(line.line)),
            said: Said::Setting,
            edits: false,
            line: line.text.to_owned(),
        })
    }

    /// A file of data or a log that a setting puts into the working folder: `name: logs/app.log`, `url: jdbc:h2:./data`.
    fn file_of_setting(&self, line: &SourceLine<'_>) -> Option<Written> {
        let settings = &self.cx.knowledge.startup.settings;
        let value = line.text.split_once(['=', ':']).map(|(_, value)| value);
        let value = value.map(|value| value.rsplit(':').next().unwrap_or(value));
        let is_file = value.is_some_and(|value| {
            let word = value.trim_matches(|c: char| c.is_whitespace() || "\"',;".contains(c));
            let is_path =
                !word.starts_with('/') && !word.contains(['$', '{', '%', '*', '@', ' ', '\\']);
            is_path && settings.is_written(word)
        });
        (is_file || settings.is_relative(line.text)).then(|| Written {
            path: None,
            folder: None,
            shown_by: format!("{}:{} has it write", line.path, line.line),
            place: Place::File(line.path.to_owned(), Some(line.line)),
            said: Said::Source,
            edits: false,
            line: line.text.to_owned(),
        })
    }

    fn setting(&self, path: &str, text: &str, shown_by: String, place: Place) -> Written {
        let settings = &self.cx.knowledge.startup.settings;
        let folder = folder_of(path, settings.is_folder(text));
        let own = data::own_folder(settings, path, &folder, text);
        Written {
            path: Some(path.to_owned()),
            folder: Some(own.map_or(folder, str::to_owned)),
            shown_by,
            place,
            said: Said::Setting,
            edits: false,
            line: String::new(),
        }
    }

    /// Whether `text` says that the program writes `path`, by the name of the setting or of the file, or by the place.
    fn names_what_is_written(&self, text: &str, path: &str) -> bool {
        let settings = &self.cx.knowledge.startup.settings;
        if settings.is_database(text) {
            return self.may_hold_data(path);
        }
        let is_called = || settings.is_written(path) || settings.is_name(text);
        let is_data = || data::is_data(self.cx, self.stage, &self.made, path);
        self.may_be_written(path) && is_called() || !settings.is_other(text) && is_data()
    }

    fn may_be_written(&self, path: &str) -> bool {
        let settings = &self.cx.knowledge.startup.settings;
        self.may_hold_data(path) && !settings.is_only_read(path)
    }

    /// Whether `path` has no ending of other files than those that programs write, and the build puts nothing there.
    fn may_hold_data(&self, path: &str) -> bool {
        let settings = &self.cx.knowledge.startup.settings;
        let has_other_ending =
            has_ending(path) && !settings.is_written(path) && !settings.is_kept(path);
        !has_other_ending && !self.made.meets(&Region::new(path))
    }
}

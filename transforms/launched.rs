//! What the containers of a stage start: what the stage says, what Compose files say instead of it, and all that is
//! behind wrappers and the shell scripts of the project.

use std::sync::Arc;

use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::launch::{self, Launch, Launches};
use crate::analysis::paths::{below, file_name, join, parent};
use crate::analysis::shell_variables::{Given, ShellVariables, in_order};
use crate::analysis::stages::Stage;
use crate::context::{PACKAGE_JSON, interpreter_of, scripts_around};
use crate::project::Use;
use crate::syntax::shell;
use crate::transform::Cx;
use crate::transforms::hooks;
use crate::transforms::origin::{Origin, matching, origin};

/// What containers of `stage` start: what the stage says, what Compose files say instead of it, and the scripts that the
/// entry point of the base image looks for.
pub(super) fn launches(cx: &Cx<'_>, stage: &Stage) -> Launches {
    let mut launches = launch::of_stage(cx.facts, stage);
    for (_, words) in by_projects(cx, stage) {
        launches.add_words(cx.facts, stage.from, words);
    }
    for (at, script) in hooks::of_stage(cx, stage) {
        launches.add_words(cx.facts, at, vec![script]);
    }
    launches
}

/// The command lines of Compose files: in place of those of `stage`, and beside them.
pub(super) fn by_projects<'a>(
    cx: &'a Cx<'a>,
    stage: &'a Stage,
) -> impl Iterator<Item = (&'a Use, Vec<String>)> {
    cx.possible_uses(stage).flat_map(move |used| {
        let container = used.container.as_ref();
        let entrypoint = launch::entrypoint(cx.facts, stage);
        let words = container.and_then(|container| container.command_line(entrypoint));
        let beside = container
            .into_iter()
            .flat_map(|container| container.beside.clone());
        let lines = words.into_iter().chain(beside);
        lines.map(move |words| (used, words))
    })
}

/// The service that says what runs in a stage that does not: every one that certainly starts it names a command.
pub(super) fn started_by<'a>(cx: &'a Cx<'a>, stage: &'a Stage) -> Option<&'a Use> {
    let containers = cx.uses(stage).filter(|used| {
        let is_of_stage = used.is_certain && !used.is_guess && !used.is_command;
        is_of_stage && used.container.is_some()
    });
    let containers: Vec<&Use> = containers.collect();
    let says = |used: &&Use| {
        let container = used.container.as_ref();
        container.is_some_and(|container| container.command_line(None).is_some())
    };
    let first = *containers.first()?;
    containers.iter().all(says).then_some(first)
}

/// What is taken for granted where only `used` says what runs.
pub(super) fn only_started_by(cx: &Cx<'_>, used: &Use) -> String {
    format!(
        "nobody builds on this image or works in it; it is started as {} says",
        cx.place_of(used)
    )
}

/// Whether a launch is a shell that waits for commands.
pub(super) fn is_prompt(launch: &Launch) -> bool {
    let program = file_name(launch.program());
    matches!(program, "sh" | "bash" | "ash" | "zsh")
        && launch
            .words
            .iter()
            .skip(1)
            .all(|word| word.starts_with('-'))
}

/// A command line, and what the image says that leads to it.
pub(super) struct CommandLine<'s> {
    /// The launch that starts it.
    pub(super) launch: &'s Launch,
    /// Its words; the first is the program. What only a script knows is as the script has it.
    pub(super) words: Vec<String>,
    /// Whether it stands in a script of the project.
    pub(super) by_script: bool,
    /// Whether it is a script or a program of the project that dfopt has no text of.
    pub(super) is_unread: bool,
}

/// All command lines that `launches` of `stage` lead to, in the order in which they are met.
///
/// # Errors
/// The path of a script of the project that is no shell script that can be read.
pub(super) fn command_lines<'s>(
    cx: &'s Cx<'_>,
    stage: &'s Stage,
    launches: &'s Launches,
) -> Result<Vec<CommandLine<'s>>, String> {
    let mut walk = Walk {
        cx,
        stage,
        workdir: cx.facts.state_after(stage).workdir,
        lines: Vec::new(),
        read: Vec::new(),
        depth: 0,
        open: Vec::new(),
        folders: vec![cx.facts.state_after(stage).workdir],
        variables: ShellVariables::default(),
    };
    for launch in &launches.launches {
        walk.follow(launch, launch.words.clone())?;
    }
    Ok(walk.lines)
}

/// Whether `launches` of `stage` lead to one of the tools with these ids, or may: a script of the project is not at hand.
pub(super) fn may_start(cx: &Cx<'_>, stage: &Stage, launches: &Launches, ids: &[String]) -> bool {
    let Ok(lines) = command_lines(cx, stage, launches) else {
        return true;
    };
    lines.iter().any(|line| {
        let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
        let tool = cx.knowledge.tools.find(&words);
        let is_named = tool.is_some_and(|(tool, _)| ids.contains(&tool.id));
        is_named || line.is_unread
    })
}

struct Walk<'s> {
    cx: &'s Cx<'s>,
    stage: &'s Stage,
    /// The working directory of the finished image.
    workdir: String,
    lines: Vec<CommandLine<'s>>,
    /// The scripts that have been read, with what they were given.
    read: Vec<(String, Vec<String>)>,
    /// How many scripts are being read.
    depth: usize,
    /// Those of them that are files of the build context.
    open: Vec<String>,
    /// The working directory, and those that scripts change to.
    folders: Vec<String>,
    /// What they have assigned to their variables.
    variables: ShellVariables,
}

/// A script of the project: its path, its text, and the words that it is called with, its own name first.
type Script = (String, Arc<str>, Vec<String>);

/// Scripts that start scripts are followed so far: one may start itself with more words each time.
const DEEPEST: usize = 16;

impl<'s> Walk<'s> {
    fn follow(&mut self, launch: &'s Launch, words: Vec<String>) -> Result<(), String> {
        let scripts = words.iter().enumerate().flat_map(|(at, word)| {
            let found = self.scripts_at(word).into_iter();
            let given = &words[at..];
            found.map(|(path, text)| (path, text, given.to_vec()))
        });
        let scripts: Vec<Script> = scripts.collect();
        let is_unread = scripts.is_empty() && self.is_unread(&words);
        let interpreted = self.interpreted(&words, &scripts);
        let by_script = self.depth > 0;
        let line = |words, is_unread| CommandLine {
            launch,
            words,
            by_script,
            is_unread,
        };
        self.lines.push(line(words.clone(), is_unread));
        self.lines
            .extend(interpreted.map(|words| line(words, false)));
        self.commands_behind(launch, &words)?;
        self.texts(launch, &words)?;
        for (path, text, given) in scripts {
            if self.is_new(&path, &given) {
                self.open.push(path.clone());
                self.script(launch, &path, &text, &given)?;
                self.open.pop();
                self.handed_over(launch, &given[1..])?;
            }
        }
        Ok(())
    }

    /// Follows the commands in `words`, which are behind a wrapper, or take the place of those that a script is called with.
    fn commands_behind(&mut self, launch: &'s Launch, words: &[String]) -> Result<(), String> {
        let set = launch::set_by(words).unwrap_or_default();
        let whole = (!set.is_empty()).then(|| set.to_vec());
        let behind = self.cx.knowledge.startup.commands_behind(words);
        for words in behind.into_iter().chain(whole) {
            // What may begin in several places leads to the same again and again.
            if self.lines.iter().all(|line| line.words != words) {
                self.follow(launch, words)?;
            }
        }
        self.handed_over(launch, set)
    }

    /// Follows the scripts that `words` hand to a shell, or have run by what reads files of the project.
    fn texts(&mut self, launch: &'s Launch, words: &[String]) -> Result<(), String> {
        if let [cd, folder] = words
            && cd == "cd"
        {
            self.folders.push(join(&self.workdir, folder));
        }
        let program = words.first().map_or("", String::as_str);
        for command in self.commands_of_files(program) {
            self.written(launch, &command, &[])?;
        }
        let of_shell = launch::script_of(words);
        let of_shell = of_shell.map(|(script, given)| (script.to_owned(), given.to_vec()));
        let evaluated = || launch::evaluated(words).map(|script| (script, Vec::new()));
        if let Some((script, given)) = of_shell.or_else(evaluated)
            && self.is_new(&script, &given)
        {
            self.written(launch, &script, &given)?;
        }
        for text in self.scripts_of_manifest(words) {
            if self.is_new(&text, &[]) {
                self.script(launch, PACKAGE_JSON, &text, &[])?;
            }
        }
        Ok(())
    }

    /// Follows what a script that is called with `words` may start of them.
    fn handed_over(&mut self, launch: &'s Launch, words: &[String]) -> Result<(), String> {
        for command in self.cx.knowledge.commands_among(words) {
            if self.lines.iter().all(|line| line.words != command) {
                self.depth += 1;
                self.follow(launch, command.to_vec())?;
                self.depth -= 1;
            }
        }
        Ok(())
    }

    /// Whether a script has not been read with the words `given` so far.
    fn is_new(&mut self, script: &str, given: &[String]) -> bool {
        let known = (script.to_owned(), given.to_vec());
        let is_new = self.depth < DEEPEST && !self.read.contains(&known);
        if is_new {
            self.read.push(known);
        }
        is_new
    }

    /// Follows the commands of a script, which is called with the words `given`, its `$0` first: an entry point starts these
    /// at its end.
    fn script(
        &mut self,
        launch: &'s Launch,
        path: &str,
        text: &str,
        given: &[String],
    ) -> Result<(), String> {
        let Ok(parsed) = shell::parse(text) else {
            return Err(path.to_owned());
        };
        self.depth += 1;
        let state = self.cx.facts.state_after(self.stage);
        let given = Given {
            words: Some(given),
            variable: &|name| state.value(name),
        };
        for (loops, simple) in in_order(&parsed) {
            self.variables.note(&parsed, (&loops, simple), text, given);
            for line in self.variables.lines(simple, text, given) {
                let words: Vec<String> = line.into_iter().map(|word| word.text).collect();
                if !words.is_empty() {
                    self.follow(launch, words)?;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// The shell scripts of the build context that `word` names, or that are called as it says: `./init.d/*.sh`.
    fn scripts_at(&self, word: &str) -> Vec<(String, Arc<str>)> {
        let mut paths = vec![word.to_owned()];
        if word.contains('*') {
            paths = matching(self.cx, self.stage, &join(&self.workdir, word));
        }
        paths
            .iter()
            .filter_map(|path| self.script_at(path))
            .collect()
    }

    /// The shell script of the build context that `word` names: beside the one that is read, where a copy has put it, by its path
    /// or where programs are found by their names; else below the working directory, or by its name alone.
    fn script_at(&self, word: &str) -> Option<(String, Arc<str>)> {
        let context = self.cx.context?;
        let word = word.replace('"', "");
        let path = join(&self.workdir, &word);
        let name = file_name(&path);
        let inside = below(&path, &self.workdir).unwrap_or(name);
        let guessed = [inside, name].into_iter().map(str::to_owned);
        let beside = self.beside_open_script(&word).into_iter();
        let places = beside.chain(self.copied_to(&word)).chain(guessed);
        let mut texts = places.filter_map(|path| Some((context.read(&path)?, path)));
        let (text, path) = texts.next()?;
        (path.ends_with(".sh") || is_shell_script(&text)).then_some((path, text))
    }

    /// The file of the build context that `word` names by the place of the script that is read: `$(dirname "$0")/lib.sh`.
    fn beside_open_script(&self, word: &str) -> Option<String> {
        let (levels, rest) = launch::beside_script(word)?;
        let script = join("/", self.open.last()?);
        let around = (0..levels).fold(script.as_str(), |path, _| parent(path));
        let path = join(around, rest.trim_start_matches('/'));
        Some(path.trim_start_matches('/').to_owned())
    }

    /// The file of the build context that a copy has put where `word` finds it.
    fn copied_to(&self, word: &str) -> Option<String> {
        if word.starts_with('-') || word.contains(['$', '=', ' ']) {
            return None;
        }
        let is_bare = !word.contains('/');
        let searched = PROGRAM_FOLDERS.iter().filter(|_| is_bare);
        let searched = searched.map(|folder| join(folder, word));
        let mut paths = std::iter::once(join(&self.workdir, word)).chain(searched);
        paths.find_map(|path| match origin(self.cx, self.stage, &path) {
            Origin::File(file) => Some(file),
            _ => None,
        })
    }

    /// The commands in files of the project that `program` starts by itself, as a supervisor does.
    fn commands_of_files(&mut self, program: &str) -> Vec<String> {
        let Some(context) = self
            .cx
            .context
            .filter(|_| !self.read.contains(&(program.to_owned(), Vec::new())))
        else {
            return Vec::new();
        };
        let mut commands = Vec::new();
        for starter in self.cx.knowledge.startup.starters_of(program) {
            self.read.push((program.to_owned(), Vec::new()));
            let files = context.files_called(&starter.files);
            let lines = files
                .lines()
                .filter(|line| !line.text.trim_start().starts_with([';', '#']));
            commands.extend(lines.filter_map(|line| starter.command(line.text).map(str::to_owned)));
        }
        commands
    }

    /// A command that is written somewhere, called with the words `given`. What is no command of a shell is what its words say.
    fn written(
        &mut self,
        launch: &'s Launch,
        command: &str,
        given: &[String],
    ) -> Result<(), String> {
        if shell::parse(command).is_ok() {
            return self.script(launch, PACKAGE_JSON, command, given);
        }
        let words = command.split_whitespace().map(str::to_owned).collect();
        self.depth += 1;
        self.follow(launch, words)?;
        self.depth -= 1;
        Ok(())
    }

    /// The texts of the scripts that `words` run by a manifest, if they do.
    fn scripts_of_manifest(&self, words: &[String]) -> Vec<String> {
        let Some((name, context)) = self
            .cx
            .knowledge
            .startup
            .script_run_by(words)
            .zip(self.cx.context)
        else {
            return Vec::new();
        };
        let manifest =
            |folder: &String| match origin(self.cx, self.stage, &join(folder, PACKAGE_JSON)) {
                Origin::File(file) => context.document(&file),
                _ => context.document(PACKAGE_JSON),
            };
        let manifests: Vec<_> = self.folders.iter().filter_map(manifest).collect();
        let texts = manifests
            .iter()
            .flat_map(|manifest| scripts_around(manifest, name));
        texts.map(str::to_owned).collect()
    }

    /// What the first line of the file of the project that `words` start makes of them: `bash ./start.sh`. `/bin/sh` is wherever
    /// a shell is.
    fn interpreted(&self, words: &[String], scripts: &[Script]) -> Option<Vec<String>> {
        let word = words.first()?;
        let is_first = |script: &&Script| script.2.len() == words.len();
        let script = scripts
            .iter()
            .find(is_first)
            .map(|(_, text, _)| text.clone());
        let text = script.or_else(|| {
            let path = join(&self.workdir, word);
            let inside = below(&path, &self.workdir).filter(|_| word.contains('/'))?;
            self.cx.context?.read(inside)
        })?;
        let program = interpreter_of(&text).filter(|program| program != "sh")?;
        Some(vec![program, word.clone()])
    }

    /// Whether `words` call something by its path that neither the system has nor the context holds.
    fn is_unread(&self, words: &[String]) -> bool {
        let named = |word: &&String| {
            let is_program = words.first() == Some(*word) && word.contains('/');
            is_program || word.ends_with(".sh")
        };
        words.iter().filter(named).any(|word| {
            let path = join(&self.workdir, word);
            let inside = below(&path, &self.workdir).unwrap_or_default();
            let is_of_system = PROGRAM_FOLDERS.contains(&parent(&path)) || path.contains("/bin/");
            let is_at_hand = self.cx.context.is_some_and(|context| context.has(inside));
            !is_of_system && !is_at_hand
        })
    }
}

fn is_shell_script(text: &str) -> bool {
    text.strip_prefix("#!")
        .and_then(|rest| rest.lines().next())
        .is_some_and(|line| line.trim_end().ends_with("sh"))
}

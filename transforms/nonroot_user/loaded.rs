//! What steps make that run the project: files of their own, and what a source makes as soon as it is loaded.

use super::left_behind::Looker;
use super::start::StartCommand;
use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::context::{Source, SourceLine};
use crate::knowledge::startup::Needs;
use crate::knowledge::tools::{Does, Language};
use crate::transform::Refusal;
use crate::transforms::style;

impl Looker<'_> {
    /// Refuses when `step` runs the project, and a source of it makes files when it is loaded: a log that it opens, a folder
    /// for what is written later. They are root's then, and the container finds them there.
    pub(super) fn made_when_loaded(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        if !self.loads_the_project(index, step) {
            return Ok(());
        }
        let mut files = self.project.files();
        let Some(line) = files.find_map(|(language, file)| made_by_loading(language, file)) else {
            return Ok(());
        };
        let text = self.text_of(index, step);
        let message = format!(
            "`{}` loads the project as root, and {}:{} makes files when it is loaded; make them when the container starts, or give them to the user in the same RUN",
            style::shortened(text),
            line.path,
            line.line
        );
        Err(self.refuse("data-of-root", index, message))
    }

    /// Refuses when the container runs again what `step` runs of the project: it finds the files of root in its way.
    pub(super) fn run_again(&self, index: usize, step: &Step<'_>) -> Result<(), Refusal> {
        if step.does() != Some(Does::Run) && self.script_of(index, step).is_none() {
            return Ok(());
        }
        let ours: Vec<&str> = step.words().collect();
        let ours = without_options(&ours);
        let is_same = |command: &&StartCommand| {
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            ours.len() > 1 && without_options(&words) == ours
        };
        let Some(again) = self.start.commands.iter().find(is_same) else {
            return Ok(());
        };
        let message = format!(
            "`{}` makes files as root, and `{}` makes them again when the container starts; make them only then, or give them to the user in the same RUN",
            style::shortened(self.text_of(index, step)),
            style::shortened(&again.words.join(" "))
        );
        Err(self.refuse("data-of-root", index, message))
    }

    /// Whether `step` runs a tool for the project, or gives an interpreter something that names a source of it.
    fn loads_the_project(&self, index: usize, step: &Step<'_>) -> bool {
        let words: Vec<String> = step.words().map(str::to_owned).collect();
        let program = self.cx.knowledge.startup.program(&words);
        let interprets = program.is_some_and(|(program, _)| program.needs == Needs::AnArgument);
        let script = self.script_of(index, step);
        if !interprets && script.is_none() {
            return step.does() == Some(Does::Run);
        }
        let (own, text) = match script {
            Some((file, text)) => (file, text.to_string()),
            None => (String::new(), words.join(" ")),
        };
        let others = self.project.files().map(|(_, file)| file.path());
        others
            .filter(|path| *path != own)
            .any(|path| names_module(&text, path))
    }
}

/// What a command line says beside its options.
fn without_options<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let is_option = |word: &&str| word.starts_with('-');
    words
        .iter()
        .copied()
        .filter(|word| !is_option(word))
        .collect()
}

/// Whether a word of `text` is the name of the source at `path`, or of the outermost folder that it is in.
fn names_module(text: &str, path: &str) -> bool {
    let name = file_name(path);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let folder = path.split_once('/').map(|(folder, _)| folder);
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| word == stem || Some(word) == folder)
}

/// The first line that makes something when `file` is loaded.
fn made_by_loading<'s>(language: &Language, file: &'s Source) -> Option<SourceLine<'s>> {
    let writes = file.matching(&language.writes);
    if language.deferred.is_empty() || writes.is_empty() {
        return None;
    }
    let is_deferred = |text: &str| -> bool {
        language
            .deferred
            .iter()
            .any(|pattern| pattern.is_match(text))
    };
    let mut runs_later = false;
    let makes = |line: &SourceLine<'_>| {
        if line.text.trim().is_empty() || line.is_comment() {
            return false;
        }
        // What is indented belongs to the line above it that is not; a bracket only closes that.
        if !line.text.starts_with([' ', '\t', ')', ']', '}']) {
            runs_later = is_deferred(line.text);
        }
        !runs_later && !is_deferred(line.text) && line.is_matched_by(&writes)
    };
    file.lines().find(makes)
}

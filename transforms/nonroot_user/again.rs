//! What scripts of the build make as root, and the program writes again when the container runs.

use std::collections::BTreeSet;

use super::left_behind::Looker;
use super::named::Names;
use super::sources::Project;
use super::start::Start;
use crate::analysis::paths::{below, file_name, parent};
use crate::context::{Source, SourceLine};
use crate::knowledge::tools::Language;
use crate::transform::Refusal;

/// Names of sources that stand for the folder around them.
const FOR_THEIR_FOLDER: [&str; 3] = ["__init__", "__main__", "index"];

impl Looker<'_> {
    /// Refuses when the script at `file`, or a source that it loads, makes a file that another source writes again, or makes
    /// files and is run or loaded again when the container runs.
    pub(super) fn data_of_script(&self, index: usize, file: &str) -> Result<(), Refusal> {
        let loading = Loading::of(self.project);
        let run = loading.reached_from([file].into());
        let by_program = loading.program(self.start, file, &run);
        let files = self.project.files();
        let writing = files.flat_map(|(language, file)| file.lines_with(&language.writes));
        let (made, others): (Vec<SourceLine<'_>>, Vec<_>) = writing
            .filter(|line| !line.is_comment())
            .partition(|line| run.contains(line.path));
        let mut again = made.iter().filter(|line| by_program.contains(line.path));
        if let Some(line) = again.next() {
            return Err(self.made_again(index, file, line, &loading));
        }
        let names = Names::read(self.cx, self.project);
        let made: Vec<&str> = made.iter().flat_map(|line| names.of(line)).collect();
        let again = others.iter().find_map(|line| {
            let names = names.of(line).into_iter();
            let is_made = |name: &&str| made.iter().any(|own| below(name, own).is_some());
            Some((line, names.into_iter().find(is_made)?))
        });
        match again {
            Some((line, name)) => {
                let message = format!(
                    "{file} makes {name} as root, and {}:{} writes there when the container runs; make it then, or give it to the user in the same RUN",
                    line.path, line.line
                );
                Err(self.refuse("data-of-root", index, message))
            }
            None => Ok(()),
        }
    }

    /// The refusal for the script at `file`, which makes files by the line `made` of its own or of a source that it loads: that runs
    /// when the container runs as well.
    fn made_again(
        &self,
        index: usize,
        file: &str,
        made: &SourceLine<'_>,
        loading: &Loading<'_>,
    ) -> Refusal {
        if made.path != file {
            let message = format!(
                "{file} runs {}:{} as root, which writes files, and so may the program when the container runs; make them then, or give them to the user in the same RUN",
                made.path, made.line
            );
            return self.refuse("data-of-root", index, message);
        }
        let started = self.start.commands.iter();
        let started = started.filter(|command| command.words.iter().any(|word| names(word, file)));
        let again = started.map(|command| format!("`{}`", command.words.join(" ")));
        let again = again.chain(loading.loads(file)).next();
        let message = format!(
            "{file} makes files as root, and {} may have it make them again when the container runs; make them then, or give them to the user in the same RUN",
            again.as_deref().unwrap_or("the program")
        );
        self.refuse("data-of-root", index, message)
    }
}

/// Which sources load which.
struct Loading<'p> {
    files: Vec<(&'p Language, &'p Source)>,
}

impl<'p> Loading<'p> {
    fn of(project: &'p Project<'_>) -> Self {
        Self {
            files: project.files().collect(),
        }
    }

    /// The paths `first`, and those of the sources that they load, by way of others as well.
    fn reached_from<'f>(&self, first: BTreeSet<&'f str>) -> BTreeSet<&'f str>
    where
        'p: 'f,
    {
        let mut reached = first;
        loop {
            let loading = self
                .files
                .iter()
                .filter(|(_, file)| reached.contains(file.path()));
            let lines = loading.flat_map(|(language, file)| file.lines_with(&language.imports));
            let words: BTreeSet<&str> = lines.flat_map(|line| identifiers(line.text)).collect();
            let loaded = self.files.iter().map(|(_, file)| file.path());
            let before = reached.len();
            reached.extend(loaded.filter(|path| words.contains(module(path))));
            if reached.len() == before {
                return reached;
            }
        }
    }

    /// The sources that run when the container runs, where a step has the script at `script` run those in `run`.
    fn program<'f>(&self, start: &Start, script: &str, run: &BTreeSet<&'f str>) -> BTreeSet<&'f str>
    where
        'p: 'f,
    {
        let paths = || self.files.iter().map(|(_, file)| file.path());
        let is_started = |path: &&str| {
            let mut words = start.commands.iter().flat_map(|command| &command.words);
            words.any(|word| names(word, path))
        };
        // Where nobody sees what is started, that is what the script loads.
        let is_seen = paths().any(|path| is_started(&path));
        let is_one =
            |path: &&str| is_started(path) || !run.contains(path) || !is_seen && *path != script;
        self.reached_from(paths().filter(is_one).collect())
    }

    /// The lines that load the source at `path`.
    fn loads(&self, path: &str) -> impl Iterator<Item = String> {
        let others = self
            .files
            .iter()
            .filter(move |(_, file)| file.path() != path);
        let lines = others.flat_map(|(language, file)| file.lines_with(&language.imports));
        let lines =
            lines.filter(move |line| identifiers(line.text).any(|word| word == module(path)));
        lines.map(|line| format!("{}:{}", line.path, line.line))
    }
}

/// What other sources call the source at `path`.
fn module(path: &str) -> &str {
    let name = file_name(path);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let folder = file_name(parent(path));
    match folder {
        "" => stem,
        folder if FOR_THEIR_FOLDER.contains(&stem) => folder,
        _ => stem,
    }
}

/// Whether a word of a command line names the source at `path`: `app/main.py`, `app.main:app`, `app`.
fn names(word: &str, path: &str) -> bool {
    let mut parts = word.split(['/', '.', ':']);
    parts.any(|part| part == module(path)) || file_name(word) == file_name(path)
}

/// The words of a line that may be names of variables, functions and modules.
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
}

//! The files and folders that lines of sources name: in quotes, or by variables that stand for them.

use std::collections::HashMap;

use super::places::assigned;
use super::sources::Project;
use crate::context::{FileKind, SourceLine};
use crate::transform::Cx;

/// How often a variable may be made of another one.
const LONGEST_CHAIN: usize = 3;

/// What the variables of the sources stand for.
pub(super) struct Names<'p> {
    cx: &'p Cx<'p>,
    /// By the source that knows the variable, and its name. What is written in capitals is known everywhere, with no source.
    by_variable: HashMap<(&'p str, &'p str), Vec<&'p str>>,
}

impl<'p> Names<'p> {
    /// Looks for assignments of relative paths.
    pub(super) fn read(cx: &'p Cx<'p>, project: &'p Project<'_>) -> Self {
        let mut names = Self {
            cx,
            by_variable: HashMap::new(),
        };
        let lines = project.lines().filter(|line| !line.is_comment());
        let assigning = lines.filter_map(|line| Some((line, assigned(line.text)?)));
        let settings = &cx.knowledge.startup.settings;
        let assigning: Vec<_> = assigning
            .filter(|(_, (_, value))| !settings.is_content(value))
            .collect();
        for _ in 0..LONGEST_CHAIN {
            for (line, (name, value)) in &assigning {
                names.note(*line, name, value);
            }
        }
        names
    }

    fn note(&mut self, line: SourceLine<'p>, name: &'p str, value: &'p str) {
        let value = SourceLine {
            text: value,
            ..line
        };
        let is_constant = !name.contains(char::is_lowercase);
        let found = self.of_variables(&value);
        for named in quoted(value.text).chain(found) {
            // A folder of the project is given away with it.
            let kind = self.cx.context.and_then(|context| context.kind(named));
            if kind == Some(FileKind::Folder) {
                continue;
            }
            for file in [Some(line.path), is_constant.then_some("")]
                .into_iter()
                .flatten()
            {
                let known = self.by_variable.entry((file, name)).or_default();
                if !known.contains(&named) {
                    known.push(named);
                }
            }
        }
    }

    /// What a line names, in quotes and by variables.
    pub(super) fn of(&self, line: &SourceLine<'p>) -> Vec<&'p str> {
        let makes_folder = self.cx.knowledge.startup.settings.is_folder(line.text);
        let in_quotes = quoted(line.text).filter(|word| word.contains(['/', '.']) || makes_folder);
        in_quotes.chain(self.of_variables(line)).collect()
    }

    fn of_variables(&self, line: &SourceLine<'p>) -> Vec<&'p str> {
        let words = line.text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let known = words.filter_map(|word| {
            let own = self.by_variable.get(&(line.path, word));
            own.or_else(|| self.by_variable.get(&("", word)))
        });
        known.flatten().copied().collect()
    }
}

/// The words in quotes that may be paths of files and folders.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(['"', '\'', '`']).skip(1).step_by(2);
    let is_name = |word: &&str| word.len() > 2 && !word.contains([' ', '{', '$', '%', '(', '*']);
    words
        .map(|word| word.trim_start_matches("./"))
        .filter(is_name)
}

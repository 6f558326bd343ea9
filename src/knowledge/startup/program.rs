//! Programs, and how command lines call them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::settled::Settled;

use crate::analysis::paths::file_name;
use crate::knowledge::pattern::Pattern;

/// Programs with the same needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// How they are called: by the name of the file and perhaps further words, `next dev`. A `*` at the end of
    /// the name stands for a version.
    pub(super) names: Vec<String>,
    /// What they need.
    pub needs: Needs,
    /// What they do, as the rest of a sentence that starts with the name.
    pub why: String,
    /// Whether they write into the folders of dependencies as well.
    #[serde(default)]
    pub in_dependencies: bool,
    /// The folders of the build's output that they write, by name; all of it where none is named.
    #[serde(default)]
    pub writes: Vec<String>,
    /// The commands that make these folders in the folder in which they are called.
    #[serde(default)]
    pub made_by: Vec<String>,
    /// Files of settings that may put them elsewhere.
    #[serde(default)]
    pub settings: Vec<String>,
    /// What these say then.
    #[serde(default)]
    pub moved_by: Vec<Pattern>,
    /// All folders in which they keep something, but for those of the sources: that of the dependencies, and those in it.
    #[serde(default)]
    pub caches: Vec<String>,
    /// Whether they serve the sources to those who work on them.
    #[serde(default)]
    pub for_development: bool,
    /// Whether it is known as a file of base images: what a project calls by that name is a script of its own.
    #[serde(default)]
    pub of_image: bool,
    /// When they install nothing, and only start the command behind their options.
    pub settled: Option<Settled>,
    /// Whether they start the command behind their options, and behind the account that the first word names.
    #[serde(default)]
    pub(super) behind_account: bool,
    /// The options without one of which nothing is known of them.
    #[serde(default)]
    only_with: Vec<String>,
    /// Variables, each with the values with which they need nothing themselves but run the command behind them.
    #[serde(default)]
    unless_env: BTreeMap<String, Vec<String>>,
}

impl Program {
    /// Whether a command with `arguments` has what makes something known of it.
    pub(super) fn is_meant_by(&self, arguments: &[String]) -> bool {
        let mut options = self.only_with.iter();
        let names = |word: &String, option: &str| word.split('=').next() == Some(option);
        self.only_with.is_empty()
            || options.any(|option| arguments.iter().any(|word| names(word, option)))
    }

    /// Whether `words` are a command that makes the folders which it writes.
    #[must_use]
    pub fn is_made_by(&self, words: &[String]) -> bool {
        let Some((program, arguments)) = words.split_first() else {
            return false;
        };
        let program = file_name(program);
        let mut names = self.made_by.iter();
        names.any(|name| {
            let named = named_words(name, program, arguments).unwrap_or(usize::MAX);
            let rest = words.get(named..);
            rest.is_some_and(|rest| rest.iter().all(|word| word.starts_with('-')))
        })
    }

    /// Whether it only runs the command behind it: by its nature, or because a variable has such a `value`.
    #[must_use]
    pub fn is_wrapper<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> bool {
        let is_set = |(name, values): (&String, &Vec<String>)| {
            value(name).is_some_and(|value| values.iter().any(|known| known == value))
        };
        self.needs == Needs::NothingItself || self.unless_env.iter().any(is_set)
    }
}

/// What a program needs of its user.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// To be root.
    Root,
    /// To write where the build has installed or built something.
    Build,
    /// To write into folders that the build has made in the project.
    BuildOutput,
    /// The home of the user who built the image.
    Home,
    /// Nothing: it runs the command behind it.
    NothingItself,
    /// What the script of the manifest needs that is named by the next word.
    TheScriptBehind,
    /// What the script of the manifest needs that is named by the last word of its own name.
    TheScriptItself,
    /// A script that tells: it is a shell.
    AScript,
    /// A person who types: nothing runs by itself.
    APerson,
    /// An argument; without one it is a prompt.
    AnArgument,
}

/// Programs that start what a file of theirs says: the services of a supervisor, the jobs of cron.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Starter {
    /// Their names.
    pub(super) names: Vec<String>,
    /// The names of such files, in which `*` stands for any part.
    pub files: Vec<String>,
    /// A regular expression for a line with a command, which its first group is.
    pub(super) line: Pattern,
}

impl Starter {
    /// The command in a line of such a file.
    #[must_use]
    pub fn command<'l>(&self, line: &'l str) -> Option<&'l str> {
        Some(self.line.captures(line)?.get(1)?.as_str())
    }
}

/// What a wrapper runs: what follows `--`, or else its options, assignments and numbers.
#[must_use]
pub fn wrapped(rest: &[String]) -> Vec<String> {
    if let Some(at) = rest.iter().position(|word| word == "--") {
        return rest[at + 1..].to_vec();
    }
    let own = |word: &&String| {
        let number = word.trim_end_matches(['s', 'm', 'h']);
        word.starts_with('-') || word.contains('=') || number.parse::<f64>().is_ok()
    };
    rest.iter().skip_while(own).cloned().collect()
}

/// The words behind one of `names`, as the table has them, if `words` call it, perhaps behind other programs that only
/// start it.
#[must_use]
pub(in crate::knowledge) fn behind_name<'w>(
    names: &[String],
    words: &'w [String],
) -> Option<&'w [String]> {
    let behind = |start: usize| {
        let program = file_name(&words[start]);
        let named = |name: &String| named_words(name, program, &words[start + 1..]);
        let count = names.iter().filter_map(named).max()?;
        words.get(start + count..)
    };
    (0..words.len()).find_map(behind)
}

/// How many words the entry `name` takes up in a call of `program` with `arguments`, if it names it.
pub(in crate::knowledge) fn named_words(
    name: &str,
    program: &str,
    arguments: &[String],
) -> Option<usize> {
    let mut expected = name.split(' ');
    let first = expected.next()?;
    let is_named = match first.strip_suffix('*') {
        Some(stem) => program
            .strip_prefix(stem)?
            .chars()
            .all(|c| c.is_ascii_digit() || c == '.'),
        None => program == first,
    };
    if !is_named {
        return None;
    }
    let mut arguments = arguments.iter();
    let mut count = 1;
    for word in expected {
        if arguments.next()? != word {
            return None;
        }
        count += 1;
    }
    Some(count)
}

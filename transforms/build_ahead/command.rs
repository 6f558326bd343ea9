//! The command line that builds the program and starts it.

use crate::knowledge::ahead::Ahead;
use crate::knowledge::tools::{Action, Tool, Tools};

/// `go run ./cmd/shop -v`, taken apart.
pub(super) struct Command<'k> {
    pub(super) tool: &'k Tool,
    pub(super) ahead: &'k Ahead,
    /// The words in front of the verb.
    program: Vec<String>,
    verb: String,
    /// The options of the build, with their values.
    pub(super) options: Vec<String>,
    /// The operands that are sources, or their folder.
    operands: Vec<String>,
    /// What the program is given.
    pub(super) arguments: Vec<String>,
    /// Whether something says where these begin.
    is_divided: bool,
}

/// What `words` build and start; `None` when they do nothing of the kind.
///
/// # Errors
/// What cannot be taken apart, for the user.
pub(super) fn read<'k>(tools: &'k Tools, words: &[String]) -> Option<Result<Command<'k>, String>> {
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let (tool, count) = tools.find(&plain)?;
    let verb = words.get(count)?;
    let is_asked = |action: &&'k Action| action.verbs.contains(verb);
    let mut asked = tool.actions.iter().filter(is_asked);
    let ahead = asked.find_map(|action| action.ahead.as_ref())?;
    let mut command = Command {
        tool,
        ahead,
        program: words[..count].to_vec(),
        verb: verb.clone(),
        options: Vec::new(),
        operands: Vec::new(),
        arguments: Vec::new(),
        is_divided: false,
    };
    Some(command.take(&words[count + 1..]).map(|()| command))
}

impl Command<'_> {
    fn take(&mut self, words: &[String]) -> Result<(), String> {
        let mut rest = words;
        while let [word, behind @ ..] = rest
            && word.starts_with('-')
        {
            if self.ahead.divider.as_ref() == Some(word) {
                break;
            }
            let count = self.length_of_option(word).ok_or_else(|| {
                format!("`{word}` is an option that dfopt does not know: start the program that a RUN has built")
            })?;
            self.options.extend(rest.iter().take(count).cloned());
            rest = behind.get(count - 1..).unwrap_or_default();
        }
        rest = self.take_sources(rest)?;
        if self.ahead.divider.as_ref() == rest.first() && !rest.is_empty() {
            rest = &rest[1..];
            self.is_divided = true;
        }
        self.arguments = rest.to_vec();
        let mut words = self.options.iter().chain(&self.operands);
        match words.find(|word| !is_plain(word)) {
            Some(word) => Err(format!(
                "`{word}` would have to be quoted in a RUN: build the program there yourself"
            )),
            None => Ok(()),
        }
    }

    /// How many words the option `word` takes up, if it means the same when the program is only built.
    fn length_of_option(&self, word: &str) -> Option<usize> {
        let name = word.split('=').next().unwrap_or(word);
        let is_one = |names: &[String]| names.iter().any(|known| known == name);
        match word.len() == name.len() {
            true if is_one(&self.ahead.flag) => Some(1),
            true if is_one(&self.ahead.value) => Some(2),
            false if is_one(&self.ahead.value) || is_one(&self.ahead.flag) => Some(1),
            _ => None,
        }
    }

    fn take_sources<'w>(&mut self, words: &'w [String]) -> Result<&'w [String], String> {
        let Some(source) = &self.ahead.source else {
            return Ok(words);
        };
        let files = words
            .iter()
            .take_while(|word| source.is_match(word))
            .count();
        if files > 0 {
            self.operands = words[..files].to_vec();
            return Ok(&words[files..]);
        }
        match words.split_first() {
            Some((folder, rest)) if folder == "." || folder.starts_with("./") => {
                self.operands = vec![folder.clone()];
                Ok(rest)
            }
            _ => Err(
                "what is built is named by no path of the project: build it in a RUN".to_owned(),
            ),
        }
    }

    /// Whether `word` would be taken for one more source when it stands behind the others.
    pub(super) fn takes_source(&self, word: Option<&str>) -> bool {
        let source = self.ahead.source.as_ref();
        source.is_some_and(|source| word.is_some_and(|word| source.is_match(word)))
    }

    /// Whether the command itself would read `words` behind all of its own.
    pub(super) fn would_read(&self, words: &[String]) -> bool {
        let first = words.first().map(String::as_str);
        let is_option = first.is_some_and(|word| word.starts_with('-'));
        let is_open = self.arguments.is_empty() && !self.is_divided;
        is_open && (self.operands.is_empty() && is_option || self.takes_source(first))
    }

    /// The operands that are files, and else the one that is their folder.
    pub(super) fn sources(&self) -> (Vec<&str>, Option<&str>) {
        let all = self.operands.iter().map(String::as_str);
        let (files, folders): (Vec<&str>, Vec<&str>) =
            all.partition(|word| self.takes_source(Some(word)));
        (files, folders.first().copied())
    }

    /// The value of the option that names the program.
    pub(super) fn chosen(&self) -> Option<&str> {
        let name = self.ahead.chosen_by.as_deref()?;
        let mut words = self.options.iter();
        words
            .find_map(|word| match word.strip_prefix(name)? {
                "" => Some(None),
                rest => rest.strip_prefix('=').map(Some),
            })?
            .or_else(|| words.next().map(String::as_str))
    }

    /// The command that only builds, and puts the program at `path` if it can be told where.
    pub(super) fn build(&self, path: &str) -> String {
        let output = self.ahead.output.iter().map(String::as_str);
        let output = output.flat_map(|option| [option, path]);
        let words = self
            .program
            .iter()
            .chain([&self.ahead.verb])
            .chain(&self.options);
        let words = words.map(String::as_str).chain(output);
        let words: Vec<&str> = words
            .chain(self.operands.iter().map(String::as_str))
            .collect();
        words.join(" ")
    }

    /// What is started in its place, when the program is at `path`.
    pub(super) fn words_of(&self, path: &str) -> Vec<String> {
        std::iter::once(path.to_owned())
            .chain(self.arguments.iter().cloned())
            .collect()
    }

    /// Its name, for messages.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.program.join(" "), self.verb)
    }
}

/// Whether a shell reads `word` as it is written.
fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:@,+".contains(c);
    !word.is_empty() && word.chars().all(is_plain)
}

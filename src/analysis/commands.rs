//! Command lines, recognised through the tables of [`knowledge::tools`](crate::knowledge::tools).

use crate::knowledge::tools::{Action, Operands, Role, Tool, Tools};
use crate::syntax::Span;

/// One word of a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arg {
    /// Where it stands in the logical line.
    pub span: Span,
    /// Its value after quotes and variables, or `None` when only the build knows it.
    pub text: Option<String>,
    /// Whether the shell expands it to the names of files: `text` then holds the pattern.
    pub glob: bool,
}

impl Arg {
    /// A word that stands for itself, outside of any line.
    #[must_use]
    pub fn word(text: &str) -> Self {
        Self {
            span: Span::default(),
            text: Some(text.to_owned()),
            glob: false,
        }
    }

    /// The value, or `""` when it is not known.
    #[must_use]
    pub fn known(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

/// An option on a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OptionUse {
    /// With its dashes, without a value.
    pub name: String,
    /// The word that holds it.
    pub at: usize,
    /// The word that holds its value, when that is a word of its own.
    pub value_at: Option<usize>,
    /// Its value, where it has one and it is known.
    pub value: Option<String>,
    /// What it does.
    pub role: Role,
}

/// A command line that the tables explain completely.
#[derive(Clone, Debug)]
pub struct Invocation<'k> {
    /// The program.
    pub tool: &'k Tool,
    /// What it is asked to do.
    pub action: &'k Action,
    /// How many words name the program.
    pub program_words: usize,
    /// The words of the verb, empty for tools without one.
    pub verb_words: std::ops::Range<usize>,
    /// The options, in order.
    pub options: Vec<OptionUse>,
    /// The words that are neither program, verb, option nor value, in order.
    pub operands: Vec<usize>,
}

impl Invocation<'_> {
    /// Whether the option `name` is given.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|option| option.name == name)
    }

    /// The option `name` as it would be written alone: `-qqy` is `-q`, `-q` and `-y`, where each of the letters is an option
    /// of its own.
    #[must_use]
    pub fn spelled_out(&self, name: &str) -> Vec<String> {
        let letters = name.strip_prefix('-').unwrap_or_default().chars();
        let letters: Vec<String> = letters.map(|letter| format!("-{letter}")).collect();
        let is_known = |letter: &String| self.tool.option(self.action, letter).is_some();
        match letters.len() > 1 && letters.iter().all(is_known) {
            true => letters,
            false => vec![name.to_owned()],
        }
    }

    /// Whether it succeeds whatever is there: `mkdir -p`, `rm -f`, `ln -s`.
    #[must_use]
    pub fn always_succeeds(&self) -> bool {
        let is_among = |letter: &str| {
            let mut names = self.options.iter().map(|option| option.name.as_str());
            names.any(|name| !name.starts_with("--") && name.contains(letter))
        };
        self.action
            .succeeds_with
            .iter()
            .any(|name| match name.strip_prefix('-') {
                Some(letter) if letter.len() == 1 => is_among(letter),
                _ => self.has(name),
            })
    }
}

/// The words of a command line up to the first that is not known.
#[must_use]
pub fn first_words(args: &[Arg]) -> Vec<&str> {
    args.iter().map_while(|arg| arg.text.as_deref()).collect()
}

/// What the command line `args` does, if the tables explain every word of it.
#[must_use]
pub fn recognise<'k>(tools: &'k Tools, args: &[Arg]) -> Option<Invocation<'k>> {
    let (tool, program_words) = tools.find(&first_words(args))?;
    if let [program, question] = args
        && !program.known().contains('/')
        && let Some((tool, action)) = tools.asked_for_version(question.known())
    {
        return Some(Invocation {
            tool,
            action,
            program_words,
            verb_words: program_words..program_words,
            options: Vec::new(),
            operands: vec![program_words],
        });
    }
    recognise_script(tool, args, program_words)
}

/// What the command line `args` does, of which the first `program_words` call the script `tool`.
#[must_use]
pub fn recognise_script<'k>(
    tool: &'k Tool,
    args: &[Arg],
    program_words: usize,
) -> Option<Invocation<'k>> {
    let mut actions = tool.actions.iter();
    actions.find_map(|action| Matcher { tool, action, args }.run(program_words).ok())
}

/// What the command line `args` would do but for an option that no table knows: the action, and the word of the option.
/// `None` where it is that of no tool, or all is known.
#[must_use]
pub fn unknown_option<'k>(tools: &'k Tools, args: &[Arg]) -> Option<(&'k Action, usize)> {
    let (tool, program_words) = tools.find(&first_words(args))?;
    tool.actions.iter().find_map(|action| {
        let option = Matcher { tool, action, args }.run(program_words).err()??;
        Some((action, option))
    })
}

/// Tries to read one command line as one action of a tool.
struct Matcher<'k, 'a> {
    tool: &'k Tool,
    action: &'k Action,
    args: &'a [Arg],
}

impl<'k> Matcher<'k, '_> {
    /// The invocation, if it is one of the action.
    ///
    /// # Errors
    /// The word of the first unknown option, if that is what it fails for.
    fn run(&self, program_words: usize) -> Result<Invocation<'k>, Option<usize>> {
        let mut options = Vec::new();
        let mut at = program_words;
        while let Some(found) = self.options(at, true) {
            at = behind(&found, at);
            options.extend(found);
        }
        let verb_words = self.verb(at).ok_or(None)?;
        at = verb_words.end;
        let operands = self.rest(at, &mut options)?;
        let invocation = Invocation {
            tool: self.tool,
            action: self.action,
            program_words,
            verb_words,
            options,
            operands,
        };
        match self.fits(&invocation) {
            true => Ok(invocation),
            false => Err(None),
        }
    }

    /// The words behind the verb: options go to `options`, the others are returned.
    ///
    /// # Errors
    /// The word of the first unknown option.
    fn rest(&self, mut at: usize, options: &mut Vec<OptionUse>) -> Result<Vec<usize>, usize> {
        let mut operands = Vec::new();
        let mut only_operands = false;
        while at < self.args.len() {
            if self.args[at].known() == "--" && !only_operands {
                only_operands = true;
            } else if !only_operands && let Some(found) = self.options(at, false) {
                at = behind(&found, at) - 1;
                options.extend(found);
            } else if !only_operands && self.looks_like_option(at) {
                return Err(at);
            } else {
                operands.push(at);
            }
            at += 1;
        }
        Ok(operands)
    }

    /// A word that starts with a dash and is in no table. Where operands have no effect on files,
    /// neither have options.
    fn looks_like_option(&self, at: usize) -> bool {
        let word = self.args[at].known();
        word.len() > 1 && word.starts_with('-') && self.action.operands != Operands::Ignored
    }

    fn verb(&self, at: usize) -> Option<std::ops::Range<usize>> {
        if self.action.verbs.is_empty() {
            return Some(at..at);
        }
        let takes = |verb: &String| {
            if verb.is_empty() {
                return (at == self.args.len()).then_some(at..at);
            }
            let words: Vec<&str> = verb.split(' ').collect();
            let given = self.args.get(at..at + words.len())?;
            let same = given
                .iter()
                .zip(&words)
                .all(|(arg, word)| arg.text.as_deref() == Some(word));
            same.then_some(at..at + words.len())
        };
        self.action
            .verbs
            .iter()
            .filter_map(takes)
            .max_by_key(|range| range.end)
    }

    /// The options in word `at`, if the tables know them: one, or several letters behind one dash.
    fn options(&self, at: usize, before_verb: bool) -> Option<Vec<OptionUse>> {
        let word = self.args.get(at)?.text.as_deref()?;
        if word.len() < 2 || !word.starts_with('-') {
            return None;
        }
        if let Some(option) = self.option(word, at, before_verb) {
            return Some(vec![option]);
        }
        let letters = word
            .strip_prefix('-')
            .filter(|rest| !rest.starts_with('-'))?;
        let option = |(nth, letter): (usize, char)| {
            let option = self.option(&format!("-{letter}"), at, before_verb)?;
            // Only the last letter can have a value in the next word.
            (option.role == Role::Flag || nth + 1 == letters.len()).then_some(option)
        };
        letters.char_indices().map(option).collect()
    }

    /// What the tables know of an option: its role, for this action or for all of the tool.
    fn role_of(&self, name: &str, before_verb: bool) -> Option<Role> {
        let of_action = self.tool.option(self.action, name);
        if before_verb {
            of_action.or_else(|| self.tool.option_before_verb(name))
        } else {
            of_action
        }
    }

    /// The option `word`, which stands in word `at`, if the tables know it.
    fn option(&self, word: &str, at: usize, before_verb: bool) -> Option<OptionUse> {
        let role_of = |name: &str| self.role_of(name, before_verb);
        let option = |name: &str, value_at: Option<usize>, value: Option<String>, role| {
            Some(OptionUse {
                name: name.to_owned(),
                at,
                value_at,
                value,
                role,
            })
        };
        if let Some(role) = role_of(word) {
            return match role {
                Role::Flag => option(word, None, None, role),
                _ => option(
                    word,
                    Some(at + 1),
                    self.args.get(at + 1)?.text.clone(),
                    role,
                ),
            };
        }
        let (name, value) = glued(word, &role_of)?;
        option(name, None, Some(value.to_owned()), role_of(name)?)
    }

    fn fits(&self, invocation: &Invocation<'_>) -> bool {
        let given = |names: &[String]| names.iter().any(|name| invocation.has(name));
        let needed = self.action.only_with.is_empty() || given(&self.action.only_with);
        needed && self.fits_operands(&invocation.operands) && !given(&self.action.never_with)
    }

    fn fits_operands(&self, operands: &[usize]) -> bool {
        let matches = |&at: &usize| {
            let pattern = self.action.operands_match.as_ref();
            pattern.is_none_or(|pattern| pattern.is_match(self.args[at].known()))
        };
        let expected = self.action.operands != Operands::None || operands.is_empty();
        expected && operands.len() >= self.action.least_operands && operands.iter().all(matches)
    }
}

/// The word behind the options `found` in word `at` and their values.
fn behind(found: &[OptionUse], at: usize) -> usize {
    let last = found.iter().filter_map(|option| option.value_at).max();
    last.unwrap_or(at) + 1
}

/// `--name=value`, or `-nvalue` where `-n` takes a value.
fn glued<'w>(word: &'w str, role_of: &dyn Fn(&str) -> Option<Role>) -> Option<(&'w str, &'w str)> {
    if let Some((name, value)) = word.split_once('=') {
        return Some((name, value)).filter(|(name, _)| role_of(name).is_some());
    }
    let short = word.get(..2).filter(|_| !word.starts_with("--"))?;
    let takes_value = role_of(short).is_some_and(|role| role != Role::Flag);
    takes_value.then(|| (short, &word[2..]))
}

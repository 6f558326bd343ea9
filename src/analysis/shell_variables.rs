//! What the variables of scripts stand for, and the words that scripts are called with, as far as the scripts say it themselves.

use std::collections::HashMap;

mod values;

pub use values::Value;

use self::values::{MOST, alternatives, joined, trimmed};
use super::launch;
use crate::syntax::Span;
use crate::syntax::shell::{Compound, Parameter, Part, PartKind, Script, Simple, Word};

/// Commands that assign what their arguments say.
const DECLARE: [&str; 5] = ["export", "local", "readonly", "declare", "typeset"];

/// What is given to a variable that has no value, or none but an empty one.
const DEFAULTS: [&str; 4] = [":-", ":=", "-", "="];

/// All elements of an array.
const WHOLE: [&str; 2] = ["[@]", "[*]"];

/// What a script has before it runs.
#[derive(Clone, Copy)]
pub struct Given<'f> {
    /// The words that it is called with, its `$0` first; where they are not known, they stay as they are written.
    pub words: Option<&'f [String]>,
    /// Looks up a variable of its environment.
    pub variable: &'f dyn Fn(&str) -> Option<String>,
}

impl Given<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let words = self.words.unwrap_or_default();
        let word = match name {
            "@" | "*" => words.get(1..).map(|words| words.join(" ")),
            _ => name
                .parse()
                .ok()
                .and_then(|at: usize| words.get(at).cloned()),
        };
        let word = word.filter(|word| !word.is_empty());
        word.or_else(|| (self.variable)(name))
    }
}

/// The commands of `script` in the order in which they are written, those of substitutions last, each with the loops that
/// begin in front of it.
#[must_use]
pub fn in_order(script: &Script) -> Vec<(Vec<&Compound>, &Simple)> {
    let mut loops = script.compound_commands().into_iter().peekable();
    let commands = script.all_commands().into_iter();
    let with_loops = commands.map(|simple| {
        let is_open = |compound: &&Compound| compound.span.start < simple.span.start;
        let open = std::iter::from_fn(|| loops.next_if(is_open));
        (open.collect(), simple)
    });
    with_loops.collect()
}

/// The folder around what only a running shell knows of `path`: `/data` of `/data/x-$NAME/y`.
#[must_use]
pub fn folder_around_unknown(path: &str) -> Option<&str> {
    let unknown = path.find(['$', '`'])?;
    let end = path[..unknown].rfind('/')?;
    let folder = path[..end].trim_end_matches('/');
    Some(if folder.is_empty() { "/" } else { folder })
}

/// The values that the lines of scripts have assigned so far. Where branches decide, or the rounds of a loop, there are several.
#[derive(Default)]
pub struct ShellVariables {
    by_name: HashMap<String, Vec<Assigned>>,
}

/// A value, and the branch that has assigned it.
struct Assigned {
    value: Value,
    branch: Option<usize>,
}

impl ShellVariables {
    /// Notes what a command of `script`, which is written in `text`, assigns (`A=b`, `export A=b`, `: "${A:=b}"`), and what the
    /// `loops` in front of it do.
    pub fn note(
        &mut self,
        script: &Script,
        (loops, simple): (&[&Compound], &Simple),
        text: &str,
        given: Given<'_>,
    ) {
        for compound in loops {
            self.note_loop(compound, text, given);
        }
        let branch = script.branch_around(simple.span);
        let declares = |word: &Word| DECLARE.contains(&word.text(text));
        let is_declared = simple.words.first().is_some_and(declares);
        if simple.words.is_empty() {
            for assignment in &simple.assignments {
                let mut values = match assignment.array {
                    true => self.elements(assignment.value, text, given),
                    false => self.values(assignment.value, text, given),
                };
                let name = assignment.name.text(text);
                if assignment.append && !assignment.array {
                    values = joined(&self.of_name(name, given), &values);
                }
                self.assign(name, values, branch, given);
            }
        }
        for word in &simple.words {
            self.note_defaults(*word, text, branch, given);
            if let Some((name, value)) = assigned(*word, text).filter(|_| is_declared) {
                let values = self.values(value, text, given);
                self.assign(name, values, branch, given);
            }
        }
    }

    /// Notes the values that the variable of a loop has in its rounds.
    fn note_loop(&mut self, compound: &Compound, text: &str, given: Given<'_>) {
        let Some(variable) = compound.variable else {
            return;
        };
        let words = compound.words.iter();
        let values = words.flat_map(|word| self.fields(*word, text, given));
        let values: Vec<Value> = values.flatten().collect();
        self.assign(variable.text(text), values, None, given);
    }

    /// `${A:=b}` gives the variable the value that it stands for.
    fn note_defaults(&mut self, word: Word, text: &str, branch: Option<usize>, given: Given<'_>) {
        for piece in pieces(word, text) {
            let PartKind::Parameter(parameter) = piece.kind else {
                continue;
            };
            let operation = parameter.operation.text(text);
            if operation.starts_with([':', '=']) && operation.contains('=') {
                let values = self.of_piece(piece, text, given);
                self.assign(parameter.name.text(text), values, branch, given);
            }
        }
    }

    /// What always runs decides alone; a branch decides over what it has assigned itself.
    fn assign(&mut self, name: &str, values: Vec<Value>, branch: Option<usize>, given: Given<'_>) {
        let before = || {
            let value = Value::known(given.value(name)?);
            let branch = None;
            Some(Assigned { value, branch })
        };
        let known = self.by_name.entry(name.to_owned());
        let known = known.or_insert_with(|| before().into_iter().collect());
        known.retain(|one| branch.is_some() && one.branch != branch);
        let values = values.into_iter();
        known.extend(values.map(|value| Assigned { value, branch }));
        known.truncate(MOST);
    }

    /// The words of a command of a script that is written in `text`: several lines where variables in it have several values.
    #[must_use]
    pub fn lines(&self, simple: &Simple, text: &str, given: Given<'_>) -> Vec<Vec<Value>> {
        let choices = simple.words.iter().map(|word| {
            let called_with = |words| launch::given_words(word.text(text), words);
            match given.words.and_then(called_with) {
                Some(words) => vec![words.into_iter().map(Value::known).collect()],
                None => self.fields(*word, text, given),
            }
        });
        let choices: Vec<Vec<Vec<Value>>> = choices.collect();
        let most = choices.iter().map(Vec::len).max().unwrap_or(1);
        let line = |nth: usize| {
            let chosen = choices
                .iter()
                .filter_map(|fields| fields.get(nth).or(fields.last()));
            chosen.flatten().cloned().collect()
        };
        (0..most).map(line).collect()
    }

    /// What `word` may stand for: several words where its value is divided at blanks.
    fn fields(&self, word: Word, text: &str, given: Given<'_>) -> Vec<Vec<Value>> {
        let parts = word.parts(text);
        let has = |is_it: &dyn Fn(&Part) -> bool| parts.iter().any(is_it);
        let is_divided = has(&|part| matches!(part.kind, PartKind::Parameter(_)));
        let has_braces = has(&|part| {
            part.kind == PartKind::Literal && part.span.text(text).contains(['{', '}'])
        });
        let words = |value: &str| match has_braces {
            true => alternatives(value),
            false => vec![value.to_owned()],
        };
        let divided = |value: Value| -> Vec<Value> {
            let words: Vec<String> = match is_divided && value.is_text() {
                true => value.text.split_whitespace().flat_map(words).collect(),
                false => words(&value.text),
            };
            let is_known = value.is_known;
            let words = words.into_iter();
            words.map(|text| Value { text, is_known }).collect()
        };
        let as_written: String = pieces(word, text)
            .iter()
            .map(|piece| piece.span.text(text))
            .collect();
        let values = self.values(word, text, given);
        if values == [Value::as_written(&as_written)] {
            return vec![vec![Value::as_written(word.text(text))]];
        }
        values.into_iter().map(divided).collect()
    }

    /// What `word` may stand for, where nothing is given to the variables that have a default.
    #[must_use]
    pub fn values(&self, word: Word, text: &str, given: Given<'_>) -> Vec<Value> {
        let mut values = vec![Value::known("")];
        for piece in pieces(word, text) {
            let mut ends = self.of_piece(piece, text, given);
            if ends.is_empty() {
                ends.push(Value::as_written(piece.span.text(text)));
            }
            values = joined(&values, &ends);
        }
        values
    }

    /// The values of `(a b "c")`.
    fn elements(&self, array: Word, text: &str, given: Given<'_>) -> Vec<Value> {
        let mut start = array.span.start;
        let mut values = Vec::new();
        let ends_element = |c: char| c.is_ascii_whitespace() || c == '(' || c == ')';
        for element in array.text(text).split(ends_element) {
            let span = Span::new(start, start + element.len());
            if !element.is_empty() {
                values.extend(self.values(Word { span }, text, given));
            }
            start = span.end + 1;
        }
        values
    }

    fn of_piece(&self, piece: Part, text: &str, given: Given<'_>) -> Vec<Value> {
        let written = piece.span.text(text);
        let value = match piece.kind {
            PartKind::Literal if is_pattern(written) => return vec![Value::as_written(written)],
            PartKind::Literal => Some(written),
            PartKind::Escaped => Some(&written[1..]),
            PartKind::SingleQuoted => Some(written.trim_matches('\'')),
            PartKind::Parameter(parameter) => return self.of_parameter(&parameter, text, given),
            _ => None,
        };
        value.into_iter().map(Value::known).collect()
    }

    fn of_name(&self, name: &str, given: Given<'_>) -> Vec<Value> {
        match self.by_name.get(name) {
            Some(known) => known.iter().map(|one| one.value.clone()).collect(),
            None => given.value(name).map(Value::known).into_iter().collect(),
        }
    }

    fn of_parameter(&self, of: &Parameter, text: &str, given: Given<'_>) -> Vec<Value> {
        let known = self.of_name(of.name.text(text), given);
        let operation = of.operation.text(text);
        if of.is_plain() || of.prefix.is_empty() && WHOLE.contains(&operation) {
            return known;
        }
        if of.prefix.is_empty() && operation.starts_with(['%', '#']) {
            let trimmed = known.iter().map(|value| trimmed(value, operation));
            return trimmed.collect::<Option<_>>().unwrap_or_default();
        }
        let mut signs = DEFAULTS.iter().filter(|_| of.prefix.is_empty());
        let Some(sign) = signs.find(|sign| operation.starts_with(**sign)) else {
            return Vec::new();
        };
        let default = Span::new(of.operation.start + sign.len(), of.operation.end);
        let is_given = |value: &Value| !value.text.is_empty() && value.is_text();
        let is_given = !known.is_empty() && known.iter().all(is_given);
        let defaults = match is_given {
            true => Vec::new(),
            false => self.values(Word { span: default }, text, given),
        };
        // Whoever starts the container may give another value.
        let defaults = defaults.into_iter().map(Value::if_not_given);
        let given = known.into_iter().filter(|value| !value.text.is_empty());
        given.chain(defaults).collect()
    }
}

/// The name and the value of `A=b` as an argument.
fn assigned(word: Word, text: &str) -> Option<(&str, Word)> {
    let (name, _) = word.text(text).split_once('=')?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = Span::new(word.span.start + name.len() + 1, word.span.end);
    is_name.then_some((name, Word { span: value }))
}

/// Whether files decide what is written there without quotes stands for.
fn is_pattern(literal: &str) -> bool {
    literal.contains(['*', '?', '[']) || literal.starts_with('~')
}

/// The parts of a word, and of what is in its double quotes.
fn pieces(word: Word, text: &str) -> Vec<Part> {
    let inside = |part: Part| match part.kind {
        PartKind::DoubleQuoted => part.parts(text),
        _ => vec![part],
    };
    word.parts(text).into_iter().flat_map(inside).collect()
}

#[cfg(test)]
mod tests;

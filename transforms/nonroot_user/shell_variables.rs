//! What the variables of start scripts stand for, as far as the scripts say it themselves.

use std::collections::HashMap;

use crate::syntax::Span;
use crate::syntax::shell::{Parameter, Part, PartKind, Simple, Word};

/// Commands that assign what their arguments say.
const DECLARE: [&str; 5] = ["export", "local", "readonly", "declare", "typeset"];

/// What is given to a variable that has no value, or none but an empty one.
const DEFAULTS: [&str; 4] = [":-", ":=", "-", "="];

/// Looks up what a variable has before any script runs.
type Given<'f> = &'f dyn Fn(&str) -> Option<String>;

/// The values that the lines of scripts have assigned so far. Of several branches the last one counts.
#[derive(Default)]
pub(super) struct ShellVariables {
    by_name: HashMap<String, String>,
}

impl ShellVariables {
    /// Notes what a command of the script `text` assigns: `A=b`, `export A=b`, `: "${A:=b}"`.
    pub(super) fn note(&mut self, simple: &Simple, text: &str, given: Given<'_>) {
        let declares = |word: &Word| DECLARE.contains(&word.text(text));
        let is_declared = simple.words.first().is_some_and(declares);
        if simple.words.is_empty() {
            for assignment in simple.assignments.iter().filter(|one| !one.append) {
                let value = self.value(assignment.value, text, given);
                self.assign(assignment.name.text(text), value);
            }
        }
        for word in &simple.words {
            self.note_defaults(*word, text, given);
            if let Some((name, value)) = assigned(*word, text).filter(|_| is_declared) {
                let value = self.value(value, text, given);
                self.assign(name, value);
            }
        }
    }

    /// `${A:=b}` gives the variable the value that it stands for.
    fn note_defaults(&mut self, word: Word, text: &str, given: Given<'_>) {
        for piece in pieces(word, text) {
            let PartKind::Parameter(parameter) = piece.kind else {
                continue;
            };
            if parameter.operation.text(text).starts_with([':', '='])
                && parameter.operation.text(text).contains('=')
                && let Some(value) = self.of_piece(piece, text, given)
            {
                self.assign(parameter.name.text(text), Some(value));
            }
        }
    }

    fn assign(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) => self.by_name.insert(name.to_owned(), value),
            None => self.by_name.remove(name),
        };
    }

    /// What `word` of the script `text` stands for, where nothing is given to the variables that have a default.
    pub(super) fn value(&self, word: Word, text: &str, given: Given<'_>) -> Option<String> {
        let pieces = pieces(word, text).into_iter();
        pieces
            .map(|piece| self.of_piece(piece, text, given))
            .collect()
    }

    fn of_piece(&self, piece: Part, text: &str, given: Given<'_>) -> Option<String> {
        let written = piece.span.text(text);
        match piece.kind {
            PartKind::Literal => Some(written.to_owned()),
            PartKind::Escaped => Some(written[1..].to_owned()),
            PartKind::SingleQuoted => Some(written.trim_matches('\'').to_owned()),
            PartKind::Parameter(parameter) => self.of_parameter(&parameter, text, given),
            _ => None,
        }
    }

    fn of_parameter(&self, of: &Parameter, text: &str, given: Given<'_>) -> Option<String> {
        let name = of.name.text(text);
        let known = || self.by_name.get(name).cloned().or_else(|| given(name));
        if of.is_plain() {
            return known();
        }
        let operation = of.operation.text(text);
        let mut signs = DEFAULTS.iter();
        let sign = signs.find(|sign| of.prefix.is_empty() && operation.starts_with(**sign))?;
        let default = Span::new(of.operation.start + sign.len(), of.operation.end);
        known()
            .filter(|value| !value.is_empty())
            .or_else(|| self.value(Word { span: default }, text, given))
    }
}

/// The name and the value of `A=b` as an argument.
fn assigned(word: Word, text: &str) -> Option<(&str, Word)> {
    let (name, _) = word.text(text).split_once('=')?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = Span::new(word.span.start + name.len() + 1, word.span.end);
    is_name.then_some((name, Word { span: value }))
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
mod tests {
    use super::*;
    use crate::syntax::shell;

    fn last_word(script: &str) -> Option<String> {
        let parsed = shell::parse(script).ok()?;
        let mut variables = ShellVariables::default();
        let given = |name: &str| (name == "GIVEN").then(|| "/given".to_owned());
        let mut value = None;
        for simple in parsed.simple_commands() {
            variables.note(simple, script, &given);
            let last = simple.words.last();
            value = last.and_then(|word| variables.value(*word, script, &given));
        }
        value
    }

    #[test]
    fn variables_have_what_the_script_assigns_or_their_default() {
        let is = |script, value: &str| assert_eq!(last_word(script).as_deref(), Some(value));
        is("D=${D:-/srv/x}\nmkdir -p \"$D/a\"", "/srv/x/a");
        is("export D=\"/srv\"; A=$D/x; mkdir $A", "/srv/x");
        is(": \"${D:=/srv/x}\"\nmkdir $D", "/srv/x");
        is("mkdir \"${A-${B:-/srv}}\"/'x y'", "/srv/x y");
        is("mkdir ${GIVEN:-/srv}", "/given");
    }

    #[test]
    fn what_a_command_prints_is_not_known() {
        assert_eq!(last_word("D=/a; D=$(cfg); mkdir $D"), None);
        assert_eq!(last_word("mkdir ${D#x} $1"), None);
        assert_eq!(last_word("mkdir ${D%/*}"), None);
    }
}

//! What the variables of start scripts stand for, as far as the scripts say it themselves.

use std::collections::HashMap;

use crate::syntax::Span;
use crate::syntax::shell::{Compound, Parameter, Part, PartKind, Script, Simple, Word};

/// Commands that assign what their arguments say.
const DECLARE: [&str; 5] = ["export", "local", "readonly", "declare", "typeset"];

/// What is given to a variable that has no value, or none but an empty one.
const DEFAULTS: [&str; 4] = [":-", ":=", "-", "="];

/// How many values of a variable, or of a word, are told apart.
const MOST: usize = 32;

/// How long a path may be on Linux: what is longer is none.
const LONGEST: usize = 4096;

/// All elements of an array.
const WHOLE: [&str; 2] = ["[@]", "[*]"];

/// Looks up what a variable has before any script runs.
type Given<'f> = &'f dyn Fn(&str) -> Option<String>;

/// The values that the lines of scripts have assigned so far. Where branches decide, or the rounds of a loop, there are several.
#[derive(Default)]
pub(super) struct ShellVariables {
    by_name: HashMap<String, Vec<Assigned>>,
}

/// A value, and the branch that has assigned it.
struct Assigned {
    value: String,
    branch: Option<usize>,
}

impl ShellVariables {
    /// Notes what a command of `script`, which is written in `text`, assigns: `A=b`, `export A=b`, `: "${A:=b}"`.
    pub(super) fn note(&mut self, script: &Script, simple: &Simple, text: &str, given: Given<'_>) {
        let branch = script.branch_around(simple.span);
        let declares = |word: &Word| DECLARE.contains(&word.text(text));
        let is_declared = simple.words.first().is_some_and(declares);
        if simple.words.is_empty() {
            for assignment in simple.assignments.iter().filter(|one| !one.append) {
                let values = match assignment.array {
                    true => self.elements(assignment.value, text, given),
                    false => self.values(assignment.value, text, given),
                };
                self.assign(assignment.name.text(text), values, branch, given);
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
    pub(super) fn note_loop(&mut self, compound: &Compound, text: &str, given: Given<'_>) {
        let Some(variable) = compound.variable else {
            return;
        };
        let words = compound.words.iter();
        let values = words.flat_map(|word| self.fields(*word, text, given));
        let values: Vec<String> = values.flatten().collect();
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
    fn assign(&mut self, name: &str, values: Vec<String>, branch: Option<usize>, given: Given<'_>) {
        let before = || {
            let value = given(name)?;
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

    /// The words of a command: several lines where variables in it have several values.
    pub(super) fn lines(&self, simple: &Simple, text: &str, given: Given<'_>) -> Vec<Vec<String>> {
        // Which program a variable names may be decided in a branch: that is left as it is written.
        let of_script = |at: usize, word: Word| match at {
            0 => Vec::new(),
            _ => self.fields(word, text, given),
        };
        let choices = simple.words.iter().enumerate().map(|(at, word)| {
            let fields = of_script(at, *word);
            let as_it_is = || word.expand(text, given);
            match fields.is_empty() {
                true => vec![vec![
                    as_it_is().unwrap_or_else(|| word.text(text).to_owned()),
                ]],
                false => fields,
            }
        });
        let choices: Vec<Vec<Vec<String>>> = choices.collect();
        let most = choices.iter().map(Vec::len).max().unwrap_or(1);
        let line = |nth: usize| {
            let chosen = choices
                .iter()
                .map(|fields| &fields[nth.min(fields.len() - 1)]);
            chosen.flatten().cloned().collect()
        };
        (0..most).map(line).collect()
    }

    /// What `word` may stand for in a script that is written in `text`: several words where its value is divided at blanks.
    fn fields(&self, word: Word, text: &str, given: Given<'_>) -> Vec<Vec<String>> {
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
        let divided = |value: String| match is_divided {
            true => value.split_whitespace().flat_map(words).collect(),
            false => words(&value),
        };
        let values = self.values(word, text, given).into_iter();
        values.map(divided).collect()
    }

    /// What `word` may stand for, where nothing is given to the variables that have a default. Nothing is known where there
    /// is no value.
    pub(super) fn values(&self, word: Word, text: &str, given: Given<'_>) -> Vec<String> {
        let mut values = vec![String::new()];
        for piece in pieces(word, text) {
            let ends = self.of_piece(piece, text, given);
            let longer = |start: &String| {
                let start = start.clone();
                ends.iter().map(move |end| start.clone() + end)
            };
            let values_of_both = values.iter().flat_map(longer);
            let paths = values_of_both.filter(|value| value.len() <= LONGEST);
            values = paths.take(MOST).collect();
        }
        values
    }

    /// The values of `(a b "c")`.
    fn elements(&self, array: Word, text: &str, given: Given<'_>) -> Vec<String> {
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

    fn of_piece(&self, piece: Part, text: &str, given: Given<'_>) -> Vec<String> {
        let written = piece.span.text(text);
        let value = match piece.kind {
            PartKind::Literal => Some(written),
            PartKind::Escaped => Some(&written[1..]),
            PartKind::SingleQuoted => Some(written.trim_matches('\'')),
            PartKind::Parameter(parameter) => return self.of_parameter(&parameter, text, given),
            _ => None,
        };
        value.into_iter().map(str::to_owned).collect()
    }

    fn of_parameter(&self, of: &Parameter, text: &str, given: Given<'_>) -> Vec<String> {
        let name = of.name.text(text);
        let known = match self.by_name.get(name) {
            Some(known) => known.iter().map(|one| one.value.clone()).collect(),
            None => Vec::from_iter(given(name)),
        };
        let operation = of.operation.text(text);
        if of.is_plain() || of.prefix.is_empty() && WHOLE.contains(&operation) {
            return known;
        }
        let mut signs = DEFAULTS.iter().filter(|_| of.prefix.is_empty());
        let Some(sign) = signs.find(|sign| operation.starts_with(**sign)) else {
            return Vec::new();
        };
        let default = Span::new(of.operation.start + sign.len(), of.operation.end);
        let is_given = !known.is_empty() && known.iter().all(|value| !value.is_empty());
        let defaults = match is_given {
            true => Vec::new(),
            false => self.values(Word { span: default }, text, given),
        };
        let given = known.into_iter().filter(|value| !value.is_empty());
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

/// What bash makes of braces: `/a/{b,c}` are `/a/b` and `/a/c`.
fn alternatives(word: &str) -> Vec<String> {
    let inner = word.find('}').and_then(|end| {
        let start = word[..end].rfind('{')?;
        let inside = &word[start + 1..end];
        let outer = (&word[..start], &word[end + 1..]);
        inside.contains(',').then_some((outer, inside))
    });
    let Some(((before, behind), inside)) = inner else {
        return vec![word.to_owned()];
    };
    let one = |part: &str| alternatives(&format!("{before}{part}{behind}"));
    inside.split(',').flat_map(one).take(MOST).collect()
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

    fn last_word(text: &str) -> Vec<String> {
        let script = shell::parse(text).unwrap_or_default();
        let mut variables = ShellVariables::default();
        let given = |name: &str| (name == "GIVEN").then(|| "/given".to_owned());
        let mut values = Vec::new();
        for compound in script.compound_commands() {
            variables.note_loop(compound, text, &given);
        }
        for simple in script.simple_commands() {
            variables.note(&script, simple, text, &given);
            let last = simple.words.last();
            values = last.map_or_else(Vec::new, |word| variables.values(*word, text, &given));
        }
        values
    }

    #[test]
    fn variables_have_what_the_script_assigns_or_their_default() {
        let is = |script, value: &str| assert_eq!(last_word(script), [value]);
        is("D=${D:-/srv/x}\nmkdir -p \"$D/a\"", "/srv/x/a");
        is("export D=\"/srv\"; A=$D/x; mkdir $A", "/srv/x");
        is(": \"${D:=/srv/x}\"\nmkdir $D", "/srv/x");
        is("mkdir \"${A-${B:-/srv}}\"/'x y'", "/srv/x y");
        is("mkdir ${GIVEN:-/srv}", "/given");
        is("GIVEN=/own; mkdir $GIVEN", "/own");
        is("GIVEN=$GIVEN/own; mkdir $GIVEN", "/given/own");
    }

    #[test]
    fn branches_and_loops_give_several_values() {
        let are = |script, values: &[&str]| assert_eq!(last_word(script), values);
        are("D=/a; if x; then D=/b; fi; mkdir $D/x", &["/a/x", "/b/x"]);
        are("[ -n \"$E\" ] && GIVEN=$E; mkdir $GIVEN", &["/given"]);
        are("x || GIVEN=/b; mkdir $GIVEN", &["/given", "/b"]);
        are("f() { D=/a; D=$D/b; mkdir $D; }", &["/a/b"]);
        are(
            "case $x in a) D=/a ;; *) D=/b ;; esac; { mkdir $D; }",
            &["/a", "/b"],
        );
        are("for d in /a '/b c'; do mkdir \"$d\"; done", &["/a", "/b c"]);
        assert_eq!(alternatives("/x{/a,}/c"), ["/x/a/c", "/x/c"]);
        assert_eq!(alternatives(&"{a,b}".repeat(40)).len(), MOST);
        are("A=(/a \"/b\"); mkdir \"${A[@]}\"", &["/a", "/b"]);
    }

    #[test]
    fn what_a_command_prints_is_not_known() {
        assert!(last_word("D=/a; D=$(cfg); mkdir $D").is_empty());
        assert!(last_word("GIVEN=$(cfg); mkdir $GIVEN").is_empty());
        assert!(last_word("mkdir ${D#x} $1").is_empty());
        let doubled = format!("D=/a; {}mkdir $D", "D=$D$D; ".repeat(60));
        assert!(last_word(&doubled).is_empty());
        assert!(last_word("mkdir ${D%/*}").is_empty());
    }
}

//! The shell lexer at work on one word.

use super::pattern::Pattern;
use super::{Expander, Lookup, Reference};
use crate::syntax::Span;

/// How deeply `${…}` may nest before the word is given up. `BuildKit` has no limit but memory;
/// no real file comes near this.
const MAX_DEPTH: usize = 200;

/// A result as one word, and split into words.
type WordAndWords = (String, Vec<String>);

/// The lexer's state.
pub(super) struct Lexer<'w> {
    settings: Expander,
    source: &'w str,
    at: usize,
    env: &'w dyn Fn(&str) -> Lookup,
    /// Whether escape characters are kept just now.
    keep_escapes: bool,
    depth: usize,
    /// The word of the split result that is being put together.
    word: String,
    /// Whether the result depends on an unknown variable.
    pub(super) unknown: bool,
    /// The variables met so far.
    pub(super) references: Vec<Reference>,
}

impl<'w> Lexer<'w> {
    pub(super) fn new(
        settings: Expander,
        source: &'w str,
        env: &'w dyn Fn(&str) -> Lookup,
    ) -> Self {
        Self {
            settings,
            source,
            // Go's scanner drops a byte-order mark at the start of its input.
            at: if source.starts_with('\u{feff}') {
                '\u{feff}'.len_utf8()
            } else {
                0
            },
            env,
            keep_escapes: settings.keep_escapes,
            depth: 0,
            word: String::new(),
            unknown: false,
            references: Vec::new(),
        }
    }

    /// Lexes the whole source.
    pub(super) fn run(&mut self) -> Result<WordAndWords, String> {
        self.until(None, self.settings.keep_escapes)
    }

    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Takes the next character if it is `expected`.
    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.next();
        }
        found
    }

    /// Everything up to `stop`, which is taken, or to the end.
    fn until(&mut self, stop: Option<char>, keep_escapes: bool) -> Result<WordAndWords, String> {
        if self.depth == MAX_DEPTH {
            return Err("substitution nested too deeply".to_owned());
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.keep_escapes, keep_escapes);
        // BuildKit uses one buffer at every depth. A `${…:-…}` therefore wipes out what its word
        // has collected before it, as far as the split result is concerned.
        self.word.clear();
        let mut result = WordAndWords::default();
        let mut in_word = false;
        let stopped = self.pieces(stop, &mut result, &mut in_word);
        self.keep_escapes = outer;
        self.depth -= 1;
        match (stop, stopped?) {
            (Some(stop), false) => return Err(unclosed(stop)),
            _ => self.end_word(&mut result.1),
        }
        Ok(result)
    }

    /// The loop of [`Self::until`]; says whether it met `stop`.
    fn pieces(
        &mut self,
        stop: Option<char>,
        (result, words): &mut WordAndWords,
        in_word: &mut bool,
    ) -> Result<bool, String> {
        while let Some(c) = self.peek() {
            if Some(c) == stop {
                self.next();
                return Ok(true);
            }
            let unsplit = match c {
                '$' => {
                    let value = self.dollar()?;
                    result.push_str(&value);
                    value
                        .chars()
                        .for_each(|c| self.split_at_space(c, words, in_word));
                    continue;
                }
                '\'' if !self.settings.ignore_quotes => self.single_quoted()?,
                '"' if !self.settings.ignore_quotes => self.double_quoted()?,
                '<' => self.heredoc_marker().to_owned(),
                c if c == self.settings.escape => self.escaped(),
                c => {
                    self.next();
                    result.push(c);
                    self.split_at_space(c, words, in_word);
                    continue;
                }
            };
            result.push_str(&unsplit);
            self.word.push_str(&unsplit);
            // Without a character behind it, an escape character leaves no trace.
            *in_word |= c != self.settings.escape || !unsplit.is_empty();
        }
        Ok(false)
    }

    /// Adds a character to the split result; white space that is not quoted ends a word.
    fn split_at_space(&mut self, c: char, words: &mut Vec<String>, in_word: &mut bool) {
        if !c.is_whitespace() {
            self.word.push(c);
            *in_word = true;
        } else if *in_word && !self.word.is_empty() {
            self.end_word(words);
            *in_word = false;
        }
    }

    fn end_word(&mut self, words: &mut Vec<String>) {
        if !self.word.is_empty() {
            words.push(std::mem::take(&mut self.word));
        }
    }

    /// An escape character and what it escapes.
    fn escaped(&mut self) -> String {
        let escape = self.next().filter(|_| self.keep_escapes);
        let escaped = self.next();
        escape.into_iter().chain(escaped).collect()
    }

    /// A `<`, or `<<` with the white space behind it: a here-document's name may stand apart.
    fn heredoc_marker(&mut self) -> &'w str {
        let start = self.at;
        self.next();
        if self.eat('<') {
            while self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\r')) {
                self.next();
            }
        }
        &self.source[start..self.at]
    }

    fn single_quoted(&mut self) -> Result<String, String> {
        let start = self.at;
        self.next();
        let Some(length) = self.source[self.at..].find('\'') else {
            self.at = self.source.len();
            return Err(unclosed('\''));
        };
        let inner = &self.source[self.at..self.at + length];
        self.at += length + 1;
        let whole = &self.source[start..self.at];
        Ok(if self.settings.keep_quotes {
            whole
        } else {
            inner
        }
        .to_owned())
    }

    fn double_quoted(&mut self) -> Result<String, String> {
        let mut result = String::new();
        self.double_quote(&mut result);
        loop {
            match self.peek() {
                None => return Err(unclosed('"')),
                Some('"') => {
                    self.double_quote(&mut result);
                    return Ok(result);
                }
                Some('$') => result.push_str(&self.dollar()?),
                Some(c) if c == self.settings.escape => self.escaped_in_quotes(&mut result),
                Some(c) => {
                    self.next();
                    result.push(c);
                }
            }
        }
    }

    fn double_quote(&mut self, result: &mut String) {
        self.next();
        if self.settings.keep_quotes {
            result.push('"');
        }
    }

    /// Between double quotes only `"`, `$` and the escape character itself can be escaped.
    fn escaped_in_quotes(&mut self, result: &mut String) {
        let escape = self.settings.escape;
        self.next();
        if self.keep_escapes {
            result.push(escape);
        }
        match self.peek() {
            None => {}
            Some(c) if c == '"' || c == '$' || c == escape => {
                self.next();
                result.push(c);
            }
            // With escapes kept this writes a second one, as BuildKit does.
            Some(_) => result.push(escape),
        }
    }

    /// What stands for a `$` and what belongs to it.
    fn dollar(&mut self) -> Result<String, String> {
        let start = self.at;
        self.next();
        if self.eat('{') {
            return self.braced(start);
        }
        let name = self.name();
        if name.is_empty() {
            return Ok("$".to_owned());
        }
        self.refer(name, start);
        Ok(match self.value(name) {
            None if self.settings.keep_unset => format!("${name}"),
            value => value.unwrap_or_default(),
        })
    }

    /// A `${…}` whose brace is taken.
    fn braced(&mut self, start: usize) -> Result<String, String> {
        match self.peek() {
            None => return Err("syntax error: missing '}'".to_owned()),
            Some('{' | '}' | ':') => return Err("syntax error: bad substitution".to_owned()),
            _ => {}
        }
        let name = self.name();
        let reference = self.references.len();
        self.refer(name, start);
        let result = self.modified(name);
        self.references[reference].span.end = self.at;
        result
    }

    /// The rest of a `${name…}` from behind the name on.
    fn modified(&mut self, name: &str) -> Result<String, String> {
        match self.next() {
            Some('}') => Ok(match self.value(name) {
                None if self.settings.keep_unset => format!("${{{name}}}"),
                value => value.unwrap_or_default(),
            }),
            Some(':') => match self.next() {
                Some(modifier @ ('#' | '%')) => Err(unsupported(Some(modifier), true)),
                modifier => self.with_word(name, modifier, true),
            },
            Some(modifier @ ('+' | '-' | '?' | '#' | '%')) => {
                self.with_word(name, Some(modifier), false)
            }
            Some('/') => self.replacement(name),
            other => Err(unsupported(other, false)),
        }
    }

    /// `${name-word}` and its kind. With a colon, an empty value counts as none.
    fn with_word(
        &mut self,
        name: &str,
        modifier: Option<char>,
        colon: bool,
    ) -> Result<String, String> {
        let word = self.inner('}', matches!(modifier, Some('#' | '%')), "missing '}'")?;
        let value = match (self.env)(name) {
            Lookup::Unset if self.settings.keep_unset => {
                let colon = if colon { ":" } else { "" };
                let modifier = modifier.map(String::from).unwrap_or_default();
                return Ok(format!("${{{name}{colon}{modifier}{}}}", word.text));
            }
            Lookup::Unset => None,
            Lookup::Set(value) => Some(value),
            Lookup::Unknown => {
                self.unknown = true;
                Some(String::new())
            }
        };
        let usable = value.as_ref().filter(|value| !(colon && value.is_empty()));
        match modifier {
            Some('-') => Ok(usable.cloned().unwrap_or_else(|| self.take(word))),
            Some('+') if usable.is_some() => Ok(self.take(word)),
            Some('+') => Ok(String::new()),
            Some('?') if self.unknown => Ok(String::new()),
            Some('?') => usable
                .cloned()
                .ok_or_else(|| required(name, value.is_none(), &word.text)),
            Some(modifier @ ('#' | '%')) => {
                trimmed(&value.unwrap_or_default(), modifier, &self.take(word))
            }
            other => Err(unsupported(other, colon)),
        }
    }

    /// `${name/pattern/replacement}`, with two slashes for every match.
    fn replacement(&mut self, name: &str) -> Result<String, String> {
        let all = self.eat('/');
        let pattern = self.inner('/', true, "missing '/' in ${}")?;
        let replacement = self.inner('}', true, "missing '}'")?;
        let (pattern, replacement) = (self.take(pattern), self.take(replacement));
        let Some(value) = self.value(name) else {
            return Ok(if self.settings.keep_unset {
                format!("${{{name}/{pattern}/{replacement}}}")
            } else {
                Pattern::new(&pattern)?.replace("", &replacement, all)
            });
        };
        Ok(Pattern::new(&pattern)?.replace(&value, &replacement, all))
    }

    /// A nested word up to `stop`. At the end of the input, `missing` says what is not there.
    fn inner(&mut self, stop: char, keep_escapes: bool, missing: &str) -> Result<Inner, String> {
        let before = std::mem::take(&mut self.unknown);
        match self.until(Some(stop), keep_escapes) {
            Ok((text, _)) => {
                let unknown = std::mem::replace(&mut self.unknown, before);
                Ok(Inner { text, unknown })
            }
            Err(_) if self.peek().is_none() => Err(format!("syntax error: {missing}")),
            Err(message) => Err(message),
        }
    }

    /// The text of a nested word that the result needs.
    fn take(&mut self, inner: Inner) -> String {
        self.unknown |= inner.unknown;
        inner.text
    }

    /// The name that starts here: letters, digits and `_`, or a number, or one special character.
    fn name(&mut self) -> &'w str {
        let rest = &self.source[self.at..];
        let length = match rest.chars().next() {
            Some('0'..='9') => rest.find(|c: char| !c.is_ascii_digit()),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => Some(1),
            _ => rest.find(|c: char| !c.is_alphanumeric() && c != '_'),
        };
        let name = &rest[..length.unwrap_or(rest.len())];
        self.at += name.len();
        name
    }

    fn refer(&mut self, name: &str, start: usize) {
        self.references.push(Reference {
            name: name.to_owned(),
            name_span: Span::new(self.at - name.len(), self.at),
            span: Span::new(start, self.at),
        });
    }

    /// The value of `name`. An unknown one makes the whole result unknown.
    fn value(&mut self, name: &str) -> Option<String> {
        match (self.env)(name) {
            Lookup::Set(value) => Some(value),
            Lookup::Unset => None,
            Lookup::Unknown => {
                self.unknown = true;
                Some(String::new())
            }
        }
    }
}

/// A word inside `${…}`. Whether it is unknown only matters when the result needs it.
struct Inner {
    text: String,
    unknown: bool,
}

/// `value` without the part that matches at its start (`#`) or end (`%`). A pattern that starts
/// with the modifier again removes the longest match.
fn trimmed(value: &str, modifier: char, word: &str) -> Result<String, String> {
    let (longest, pattern) = word
        .strip_prefix(modifier)
        .map_or((false, word), |rest| (true, rest));
    Ok(if modifier == '#' {
        Pattern::new(pattern)?.trim_start(value, longest)
    } else {
        Pattern::backwards(pattern)?.trim_end(value, longest)
    }
    .to_owned())
}

/// The complaint of `${name?word}`.
fn required(name: &str, unset: bool, word: &str) -> String {
    match (word, unset) {
        ("", true) => format!("{name}: is not allowed to be unset"),
        ("", false) => format!("{name}: is not allowed to be empty"),
        (message, _) => format!("{name}: {message}"),
    }
}

fn unclosed(stop: char) -> String {
    let name = match stop {
        '\'' => "single-quote",
        '"' => "double-quote",
        '/' => "/",
        _ => "}",
    };
    format!("unexpected end of statement while looking for matching {name}")
}

fn unsupported(modifier: Option<char>, colon: bool) -> String {
    let colon = if colon { ":" } else { "" };
    let modifier = modifier.map(String::from).unwrap_or_default();
    format!("unsupported modifier ({colon}{modifier}) in substitution")
}

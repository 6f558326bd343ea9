//! Looking into words.

use std::borrow::Cow;

use super::ast::{Part, PartKind, Word};
use super::parser::{Parsed, Parser};
use crate::syntax::Span;

impl Word {
    /// The word as it is written. `script` is the script that the word is of.
    #[must_use]
    pub fn text(self, script: &str) -> &str {
        self.span.text(script)
    }

    /// The parts of the word, in order and with no gap between; none of an empty word. `script` is
    /// the script that the word is of.
    #[must_use]
    pub fn parts(self, script: &str) -> Vec<Part> {
        parts(script, self.span, Parser::at_piece, Parser::piece)
    }

    /// The value of the word, if it is the same whenever the command runs: what is left when the
    /// quotes are removed. `None` if there is an expansion of any kind in it, such as `$x`,
    /// `$(..)`, `*`, `~` at a place where it could stand for a directory, or `{a,b}`; if it is an
    /// array; and if the shells disagree, as about `$'..'`.
    #[must_use]
    pub fn literal(self, script: &str) -> Option<Cow<'_, str>> {
        let text = self.text(script);
        if text.bytes().all(is_plain) {
            return Some(Cow::Borrowed(text));
        }
        self.expand(script, &|_| None).map(Cow::Owned)
    }

    /// As [`literal`](Self::literal), but `$name` and `${name}` stand for what `lookup` returns.
    /// `None` if that is nothing, or if it would be split or matched against file names because it
    /// is not quoted, or if it leaves no word.
    #[must_use]
    pub fn expand(self, script: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let text = self.text(script);
        if !text.is_empty() && text.bytes().all(is_plain) {
            return Some(text.to_owned());
        }
        let mut value = Value::new(script, lookup);
        for part in self.parts(script) {
            value.add(part)?;
        }
        value.finish()
    }

    /// The names of the variables that `$name`, `${name}` or `${name:-word}` read in the word
    /// itself or in its double quotes; not those in its substitutions.
    #[must_use]
    pub fn parameters(self, script: &str) -> Vec<&str> {
        let mut names = Vec::new();
        for part in self.parts(script) {
            let inside = part.parts(script);
            for part in std::iter::once(part).chain(inside) {
                if let PartKind::Parameter(parameter) = part.kind {
                    names.push(parameter.name.text(script));
                }
            }
        }
        names
    }
}

impl Part {
    /// The parts between double quotes, in order and with no gap between; none of any other part.
    /// `script` is the script that the part is of.
    #[must_use]
    pub fn parts(self, script: &str) -> Vec<Part> {
        let opening = match self.kind {
            PartKind::DoubleQuoted => 1,
            PartKind::Translated => 2,
            _ => return Vec::new(),
        };
        let inside = Span::new(self.span.start + opening, self.span.end - 1);
        parts(
            script,
            inside,
            Parser::at_double_quoted_piece,
            Parser::double_quoted_piece,
        )
    }
}

/// Cuts `span` into the pieces that `read` steps over, where `starts_piece` says so, and the
/// literal text between them.
fn parts<'s>(
    script: &'s str,
    span: Span,
    starts_piece: impl Fn(&Parser<'s>) -> bool,
    read: impl Fn(&mut Parser<'s>) -> Parsed<PartKind>,
) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut parser = Parser::new(&script.as_bytes()[..span.end], span.start);
    while parser.pos < span.end {
        let start = parser.pos;
        let kind = if starts_piece(&parser) {
            read(&mut parser).unwrap_or_else(|_| parser.unread(start, span.end))
        } else {
            parser.pos += 1;
            PartKind::Literal
        };
        let span = parser.since(start);
        match parts.last_mut() {
            Some(last) if last.kind == PartKind::Literal && kind == PartKind::Literal => {
                last.span.end = span.end;
            }
            _ => parts.push(Part { span, kind }),
        }
    }
    parts
}

impl Parser<'_> {
    /// What stands at `start`, when it is not the piece that it looks like. Between the brackets of `name[…]` no
    /// process is substituted; anything else comes from another script, up to `end`.
    fn unread(&mut self, start: usize, end: usize) -> PartKind {
        self.pos = start;
        if matches!(self.peek(), Some(b'<' | b'>')) {
            self.pos += 1;
            return PartKind::Literal;
        }
        self.pos = end;
        PartKind::Unknown
    }
}

/// Whether a byte stands for itself anywhere in a word. Commands are full of options, paths and
/// package names, so it pays to look for these first.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./+,%@:=^".contains(&byte) || !byte.is_ascii()
}

/// The value of a word while its parts are added.
struct Value<'s, 'f> {
    script: &'s str,
    lookup: &'f dyn Fn(&str) -> Option<String>,
    text: String,
    /// Whether some part is quoted, so that there is a word even without any text.
    quoted: bool,
    patterns: Patterns,
}

impl<'s, 'f> Value<'s, 'f> {
    fn new(script: &'s str, lookup: &'f dyn Fn(&str) -> Option<String>) -> Self {
        let patterns = Patterns::default();
        Self {
            script,
            lookup,
            text: String::new(),
            quoted: false,
            patterns,
        }
    }

    /// Adds a part of the word; `None` if its value is not known.
    fn add(&mut self, part: Part) -> Option<()> {
        let text = part.span.text(self.script);
        match part.kind {
            PartKind::Literal => {
                let at_start = self.text.is_empty() && !self.quoted;
                self.patterns
                    .feed(text, at_start)
                    .then(|| self.text.push_str(text))
            }
            PartKind::Parameter(parameter) if parameter.is_plain() => {
                let value = (self.lookup)(parameter.name.text(self.script))?;
                let unsplit = !value.contains(|c: char| c.is_whitespace() || "*?[\\".contains(c));
                unsplit.then(|| self.text.push_str(&value))
            }
            PartKind::DoubleQuoted => {
                self.quoted = true;
                part.parts(self.script)
                    .into_iter()
                    .try_for_each(|part| self.add_quoted(part))
            }
            PartKind::SingleQuoted => {
                self.quoted = true;
                self.text.push_str(&text[1..text.len() - 1]);
                Some(())
            }
            PartKind::Escaped => {
                self.add_escaped(text);
                Some(())
            }
            _ => None,
        }
    }

    /// Adds a part of what is in double quotes.
    fn add_quoted(&mut self, part: Part) -> Option<()> {
        let text = part.span.text(self.script);
        match part.kind {
            PartKind::Literal => self.text.push_str(text),
            PartKind::Escaped => self.add_escaped(text),
            PartKind::Parameter(parameter) if parameter.is_plain() => {
                self.text
                    .push_str(&(self.lookup)(parameter.name.text(self.script))?);
            }
            _ => return None,
        }
        Some(())
    }

    fn add_escaped(&mut self, text: &str) {
        let character = &text[1..];
        if character != "\n" {
            self.quoted = true;
            self.text.push_str(character);
        }
    }

    fn finish(self) -> Option<String> {
        (self.quoted || !self.text.is_empty()).then_some(self.text)
    }
}

/// What has been seen, in the unquoted text of a word, of things that the shell expands.
#[derive(Default)]
struct Patterns {
    bracket: bool,
    brace: bool,
    choice: bool,
}

impl Patterns {
    /// Whether `text` stands for itself, after the text that was given before.
    fn feed(&mut self, text: &str, at_start: bool) -> bool {
        let mut before = if at_start { b'=' } else { b' ' };
        text.bytes().all(|byte| {
            let itself = match byte {
                b'*' | b'?' => false,
                b']' => !self.bracket,
                b'}' => !self.choice,
                b'~' => before != b'=' && before != b':',
                _ => !b" \t\n;&|<>()".contains(&byte),
            };
            self.bracket |= byte == b'[';
            self.brace |= byte == b'{';
            self.choice |= self.brace && (byte == b',' || byte == b'.' && before == b'.');
            before = byte;
            itself
        })
    }
}

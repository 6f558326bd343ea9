//! Words of the logical line, as the line parsers split them.

use super::command::{is_separator, trim};
use super::span::Span;

/// A word of an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Where it stands in the logical line.
    pub span: Span,
    /// The text as `BuildKit` passes it on: quotes, escapes and variables are still in it, except
    /// in exec form.
    pub raw: String,
}

impl Word {
    /// The word that `span` names in `line`.
    pub(super) fn at(line: &str, span: Span) -> Self {
        Self {
            span,
            raw: span.text(line).to_owned(),
        }
    }
}

/// The words of `body` between blanks; quotes mean nothing here. `body` is trimmed.
pub(super) fn separated(line: &str, body: Span) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = body.start;
    for piece in body.text(line).split(is_separator) {
        if !piece.is_empty() {
            words.push(Word::at(line, Span::new(at, at + piece.len())));
        }
        at += piece.len() + 1;
    }
    words
}

/// The words of `body` as `ENV`, `LABEL` and `ARG` see them: white space inside quotes or behind
/// the escape character does not split. Quotes and escapes stay.
pub(super) fn quoted(line: &str, body: Span, escape: char) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = body;
    loop {
        rest = trim(line, rest);
        if rest.is_empty() {
            return words;
        }
        let (length, open_escape) = quoted_length(rest.text(line), escape);
        let word = Span::new(rest.start, rest.start + length);
        rest = Span::new(word.end, rest.end);
        // An escape character at the very end has nothing to escape and is dropped.
        let dropped = if open_escape { escape.len_utf8() } else { 0 };
        if length > dropped {
            words.push(Word::at(line, Span::new(word.start, word.end - dropped)));
        }
    }
}

/// Length of the word at the start of `text`, and whether it ends in an escape character with
/// nothing behind it.
fn quoted_length(text: &str, escape: char) -> (usize, bool) {
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == escape && quote != Some('\'') {
            if chars.next().is_none() {
                return (text.len(), true);
            }
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_none() && matches!(c, '\'' | '"') {
            quote = Some(c);
        } else if quote.is_none() && c.is_whitespace() {
            return (at, false);
        }
    }
    (text.len(), false)
}

//! From the joined line to keyword, flags and arguments.

use super::span::{Span, char_boundary};

/// A line split as `BuildKit` splits it. All spans are logical.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Command {
    pub(super) keyword: Span,
    pub(super) flags: Vec<Flag>,
    /// What follows keyword and flags, trimmed.
    pub(super) body: Span,
}

/// A `--name` or `--name=value` between an instruction's keyword and its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// The flag in the logical line, quotes and escapes included.
    pub span: Span,
    /// The name without the dashes.
    pub name: String,
    /// The value, quotes and escapes removed; `None` without an `=`.
    pub value: Option<String>,
    /// Where the value stands, quotes and escapes included.
    pub value_span: Option<Span>,
}

/// Splits the part of `line` from `from` on.
pub(super) fn split_command(line: &str, from: usize, escape: char) -> Command {
    let line = line.trim_end();
    let keyword = split_keyword(&line[from..]).shift(from);
    let mut cursor = FlagCursor {
        line,
        at: skip_separator(line, keyword.end),
        escape,
    };
    let mut flags = Vec::new();
    while let Some(flag) = cursor.next_flag() {
        flags.push(flag);
    }
    Command {
        keyword,
        flags,
        body: trim(line, Span::new(cursor.at, line.len())),
    }
}

/// Where the keyword of `line` stands: its first word.
pub(super) fn split_keyword(line: &str) -> Span {
    let trimmed = trim(line, Span::new(0, line.len()));
    let length = trimmed
        .text(line)
        .find(is_separator)
        .unwrap_or(trimmed.len());
    Span::new(trimmed.start, trimmed.start + length)
}

/// `span` without the white space at both ends; empty at its start when nothing remains.
pub(super) fn trim(line: &str, span: Span) -> Span {
    let text = span.text(line);
    let kept = text.trim_start();
    if kept.is_empty() {
        return Span::at(span.start);
    }
    let start = span.start + (text.len() - kept.len());
    Span::new(start, start + kept.trim_end().len())
}

/// White space that separates words. Other white space (a no-break space, say) does not.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

fn skip_separator(line: &str, from: usize) -> usize {
    line.len() - line[from..].trim_start_matches(is_separator).len()
}

/// Reads flags as `BuildKit` does: byte by byte. That is why a byte of a multi-byte character that
/// looks like white space ends a flag, and why others come out as the Latin-1 character of the
/// same number.
struct FlagCursor<'l> {
    line: &'l str,
    at: usize,
    escape: char,
}

impl FlagCursor<'_> {
    /// The next flag; `None` when the arguments start here.
    fn next_flag(&mut self) -> Option<Flag> {
        let bytes = self.line.as_bytes();
        let blanks = bytes[self.at..]
            .iter()
            .take_while(|byte| is_space_byte(**byte))
            .count();
        let start = self.at + blanks;
        if !bytes[start..].starts_with(b"--") {
            self.at = char_boundary(self.line, start);
            return None;
        }
        let word = self.word(start);
        self.at = char_boundary(self.line, word.end);
        if word.text == "--" {
            return None;
        }
        Some(word.into_flag(Span::new(start, self.at)))
    }

    fn word(&self, start: usize) -> FlagWord {
        let bytes = self.line.as_bytes();
        let mut word = FlagWord {
            text: String::new(),
            value: None,
            end: bytes.len(),
        };
        let mut quote = None;
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            if quote.is_none() && is_space_byte(byte) {
                word.end = at;
                return word;
            }
            at += 1;
            if quote == Some(byte) {
                quote = None;
            } else if quote.is_none() && matches!(byte, b'\'' | b'"') {
                quote = Some(byte);
            } else if char::from(byte) != self.escape {
                word.push(byte, at);
            } else if let Some(&escaped) = bytes.get(at) {
                at += 1;
                word.push(escaped, at);
            }
        }
        word
    }
}

struct FlagWord {
    text: String,
    /// Where the value starts in `text` and in the line.
    value: Option<(usize, usize)>,
    end: usize,
}

impl FlagWord {
    /// Appends a byte; `behind` is the offset behind it in the line.
    fn push(&mut self, byte: u8, behind: usize) {
        self.text.push(char::from(byte));
        if byte == b'=' && self.value.is_none() {
            self.value = Some((self.text.len(), behind));
        }
    }

    fn into_flag(self, span: Span) -> Flag {
        let name_end = self.value.map_or(self.text.len(), |(at, _)| at - 1);
        Flag {
            span,
            name: self.text[2..name_end].to_owned(),
            value: self.value.map(|(at, _)| self.text[at..].to_owned()),
            value_span: self.value.map(|(_, at)| Span::new(at, span.end)),
        }
    }
}

/// White space, were the byte a character of its own.
fn is_space_byte(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

//! The text of an open document, and where its bytes are in the client's terms.

use ls_types::{Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent};

use dfopt::syntax::Span;

/// What the client counts when it says "character".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Halves of a surrogate pair, which is what every client can do.
    #[default]
    Utf16,
}

impl Encoding {
    /// The one to speak with a client that can do `offered`.
    pub(super) fn choose(offered: &[PositionEncodingKind]) -> Self {
        if offered.contains(&PositionEncodingKind::UTF8) {
            Self::Utf8
        } else {
            Self::Utf16
        }
    }

    /// As the protocol names it.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
        }
    }
}

/// A text and where its lines begin. A line ends with `\n`, `\r\n` or `\r`: the protocol counts the last as well,
/// although it ends no line for `BuildKit`.
#[derive(Clone, Debug)]
pub(super) struct Text {
    text: String,
    encoding: Encoding,
    starts: Vec<usize>,
}

impl Text {
    pub(super) fn new(text: String, encoding: Encoding) -> Self {
        let starts = line_starts(&text);
        Self {
            text,
            encoding,
            starts,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The position of the byte at `offset`, which lies between two characters.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let before = self.text[self.starts[line]..offset].chars();
        let units: usize = before.map(|character| self.encoding.width(character)).sum();
        Position::new(count(line), count(units))
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range::new(self.position(span.start), self.position(span.end))
    }

    /// The byte at `position`. What lies behind the end of a line is the end of that line, and what lies within a
    /// character is its beginning, as the protocol asks.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(&start) = self.starts.get(line) else {
            return self.text.len();
        };
        let end = self.starts.get(line + 1).copied();
        let content =
            self.text[start..end.unwrap_or(self.text.len())].trim_end_matches(['\r', '\n']);
        let mut left = position.character as usize;
        for (at, character) in content.char_indices() {
            let width = self.encoding.width(character);
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + content.len()
    }

    pub(super) fn span(&self, range: Range) -> Span {
        let start = self.offset(range.start);
        Span::new(start, self.offset(range.end).max(start))
    }

    /// The text after a change: of a part, or of everything.
    pub(super) fn change(&mut self, change: TextDocumentContentChangeEvent) {
        match change.range {
            Some(range) => {
                let Span { start, end } = self.span(range);
                self.text.replace_range(start..end, &change.text);
            }
            None => self.text = change.text,
        }
        self.starts = line_starts(&self.text);
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain(ends.map(|at| at + 1)).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# 🐳é x\r\nRUN a\rb\n";

    /// Every place between two characters that is not inside a line ending leads to a position and back.
    fn assert_round_trip(encoding: Encoding) {
        let text = Text::new(TEXT.to_owned(), encoding);
        let in_ending = TEXT.find('\n').expect("there is one");
        for (offset, _) in TEXT.char_indices().filter(|(at, _)| *at != in_ending) {
            assert_eq!(text.offset(text.position(offset)), offset, "{encoding:?}");
        }
    }

    #[test]
    fn positions_lead_back() {
        assert_round_trip(Encoding::Utf8);
        assert_round_trip(Encoding::Utf16);
    }

    #[test]
    fn characters_are_counted_as_the_client_counts_them() {
        let x = TEXT.find('x').expect("there is one");
        let of = |encoding| Text::new(TEXT.to_owned(), encoding).position(x);
        assert_eq!(of(Encoding::Utf8), Position::new(0, 9));
        assert_eq!(of(Encoding::Utf16), Position::new(0, 6));
        let b = Text::new(TEXT.to_owned(), Encoding::Utf16).position(TEXT.len() - 2);
        assert_eq!(b, Position::new(2, 0), "a lone carriage return ends a line");
    }

    #[test]
    fn what_lies_outside_is_moved_inside() {
        let text = Text::new(TEXT.to_owned(), Encoding::Utf16);
        let end_of_first = TEXT.find('\r').expect("there is one");
        assert_eq!(text.offset(Position::new(0, 99)), end_of_first);
        assert_eq!(text.offset(Position::new(9, 0)), TEXT.len());
        assert_eq!(
            text.offset(Position::new(0, 3)),
            2,
            "within a surrogate pair"
        );
    }

    #[test]
    fn changes_follow_each_other() {
        let mut text = Text::new("FROM a\nRUN b\n".to_owned(), Encoding::Utf16);
        let mut change = |range, new: &str| {
            text.change(TextDocumentContentChangeEvent {
                range,
                range_length: None,
                text: new.to_owned(),
            });
            text.as_str().to_owned()
        };
        let range = |from: (u32, u32), to: (u32, u32)| {
            Some(Range::new(
                Position::new(from.0, from.1),
                Position::new(to.0, to.1),
            ))
        };
        assert_eq!(change(range((0, 5), (0, 6)), "🐳\n"), "FROM 🐳\n\nRUN b\n");
        assert_eq!(change(range((1, 0), (2, 0)), ""), "FROM 🐳\nRUN b\n");
        assert_eq!(change(range((1, 4), (9, 9)), "c"), "FROM 🐳\nRUN c");
        assert_eq!(change(None, "FROM d"), "FROM d");
    }
}

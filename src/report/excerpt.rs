//! A line of a file with a caret below the part that is meant.

use std::io::{self, Write};

use anstyle::Style;

use super::style::Palette;
use crate::syntax::Span;

/// The most characters of a line that are shown.
const MOST_COLUMNS: usize = 100;

/// A line and a column, both from 1. Columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The position of the byte at `offset` of `text`.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The first line of a span, cut to what fits, and the caret under it.
pub(super) struct Excerpt {
    line: String,
    caret: String,
}

impl Excerpt {
    /// The first line of `span` in `text`.
    pub(super) fn new(text: &str, span: Span) -> Self {
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[span.start..]
            .find('\n')
            .map_or(text.len(), |at| span.start + at);
        let line = text[start..end].trim_end_matches('\r');
        let lead = text[start..span.start].chars().count();
        let marked_end = span
            .end
            .clamp(span.start, (start + line.len()).max(span.start));
        let marked = text[span.start..marked_end].chars().count().max(1);
        Self::cut(line, lead, marked)
    }

    /// `line` with its characters `lead..lead + marked` marked, cut on both sides to what fits.
    fn cut(line: &str, lead: usize, marked: usize) -> Self {
        let skipped = if lead < MOST_COLUMNS * 2 / 3 {
            0
        } else {
            lead - MOST_COLUMNS / 3
        };
        let shown: Vec<char> = line
            .chars()
            .skip(skipped)
            .take(MOST_COLUMNS)
            .map(printable)
            .collect();
        let lead = lead - skipped;
        let marked = marked.min(MOST_COLUMNS.saturating_sub(lead)).max(1);
        let (front, back) = (skipped > 0, line.chars().count() > skipped + MOST_COLUMNS);
        let mut caret = if front { " ".to_owned() } else { String::new() };
        // A tab stays a tab, so that the caret stands below the character however wide a tab is.
        caret.extend((0..lead).map(|at| {
            if shown.get(at) == Some(&'\t') {
                '\t'
            } else {
                ' '
            }
        }));
        caret.extend(std::iter::repeat_n('^', marked));
        let ellipsis = |cut: bool| if cut { "…" } else { "" };
        let shown: String = shown.into_iter().collect();
        Self {
            line: format!("{}{shown}{}", ellipsis(front), ellipsis(back)),
            caret,
        }
    }

    /// Writes it below a bar. `number` is the label in the margin, which is `margin` wide.
    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        palette: &Palette,
        margin: usize,
        number: &str,
        caret: Style,
    ) -> io::Result<()> {
        let gutter = palette.gutter;
        writeln!(out, "{gutter}{:margin$} |{gutter:#}", "")?;
        writeln!(out, "{gutter}{number:>margin$} |{gutter:#} {}", self.line)?;
        writeln!(
            out,
            "{gutter}{:margin$} |{gutter:#} {caret}{}{caret:#}",
            "", self.caret
        )
    }
}

/// Nothing in a file may steer the terminal that it is shown on.
fn printable(character: char) -> char {
    if character.is_control() && character != '\t' {
        char::REPLACEMENT_CHARACTER
    } else {
        character
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, span: Span) -> (String, String) {
        let Excerpt { line, caret } = Excerpt::new(text, span);
        (line, caret)
    }

    #[test]
    fn marks_the_span() {
        let expected = ("COPY . .".to_owned(), "     ^".to_owned());
        assert_eq!(
            excerpt("FROM a\nCOPY . .\r\nRUN b", Span::new(12, 13)),
            expected
        );
    }

    #[test]
    fn marks_the_first_line_of_a_longer_span() {
        assert_eq!(
            excerpt("RUN a \\\n  b", Span::new(4, 11)),
            ("RUN a \\".to_owned(), "    ^^^".to_owned())
        );
    }

    #[test]
    fn marks_the_end_of_the_file() {
        assert_eq!(excerpt("", Span::at(0)), (String::new(), "^".to_owned()));
        assert_eq!(
            excerpt("ab", Span::at(2)),
            ("ab".to_owned(), "  ^".to_owned())
        );
        assert_eq!(
            excerpt("a\r\n", Span::at(2)),
            ("a".to_owned(), "  ^".to_owned())
        );
    }

    #[test]
    fn cuts_a_long_line_around_the_span() {
        let text = format!("{}needle{}", "x".repeat(200), "y".repeat(200));
        let (line, caret) = excerpt(&text, Span::new(200, 206));
        assert!(line.starts_with('…') && line.ends_with('…'), "{line}");
        let at = caret.find('^').expect("there is a caret");
        assert_eq!(line.chars().skip(at).take(6).collect::<String>(), "needle");
    }

    #[test]
    fn shows_no_control_characters() {
        assert_eq!(
            excerpt("\t\u{1b}[2J", Span::new(1, 2)),
            ("\t\u{fffd}[2J".to_owned(), "\t^".to_owned())
        );
    }

    #[test]
    fn counts_characters() {
        assert_eq!(Position::of("é\néé x", 8), Position { line: 2, column: 4 });
    }
}

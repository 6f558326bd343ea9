//! The joined line of an instruction and its map to the source.

use std::borrow::Cow;

use super::span::Span;
use super::token::{Token, TokenKind};

/// One instruction with continuations, inner comments and blank lines removed, as `BuildKit` hands
/// it to its line parsers.
///
/// Words, quotes and flags are read here, because `BuildKit` joins lines before it looks at any of
/// them. [`Logical::source`] leads back to the bytes to edit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logical<'s> {
    /// The joined line, without the indent and the final line ending.
    pub text: Cow<'s, str>,
    /// Both offsets strictly increase; never empty, and the first has `joined == 0`.
    segments: Vec<Segment>,
}

/// From `joined` on, the logical line continues with the source from `source` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Segment {
    joined: usize,
    source: usize,
    /// A comment line lies between the previous segment and this one.
    after_comment: bool,
}

impl<'s> Logical<'s> {
    /// Joins the text tokens among `tokens`, which are those of one instruction in `source`.
    pub(super) fn join(source: &'s str, tokens: &[Token]) -> Self {
        let mut pieces = Pieces {
            tokens,
            after_comment: false,
        };
        let Some((first, _)) = pieces.next() else {
            // A lone continuation: the line is empty, and stands where the continuation does.
            let start = tokens.iter().find(|token| token.kind != TokenKind::Indent);
            let at = start.map_or(0, |token| token.span.start);
            return Self {
                text: Cow::Borrowed(""),
                segments: vec![Segment::new(0, at, false)],
            };
        };
        let mut text = Cow::Borrowed(first.text(source));
        let mut segments = vec![Segment::new(0, first.start, false)];
        for (piece, after_comment) in pieces {
            segments.push(Segment::new(text.len(), piece.start, after_comment));
            text.to_mut().push_str(piece.text(source));
        }
        Self { text, segments }
    }

    /// The source range of a range of the logical line.
    ///
    /// A range that crosses a seam gives one source range, with the continuation and whatever
    /// lies between the lines inside. A range that only touches a seam does not reach across it.
    /// An empty range stays empty: at a seam it is at the start of the later line.
    #[must_use]
    pub fn source(&self, span: Span) -> Span {
        let first = self.segments[self.segment_from(span.start)];
        let start = first.source + (span.start - first.joined);
        if span.is_empty() {
            return Span::at(start);
        }
        let last = self.segments[self.segment_to(span.end)];
        Span::new(start, last.source + (span.end - last.joined))
    }

    /// Whether a comment line lies inside the source range of `span`: replacing that range as one
    /// would lose the comment.
    #[must_use]
    pub fn crosses_comment(&self, span: Span) -> bool {
        self.seams_inside(span)
            .iter()
            .any(|segment| segment.after_comment)
    }

    /// Whether the source range of `span` reaches over a line continuation.
    #[must_use]
    pub fn crosses_seam(&self, span: Span) -> bool {
        !self.seams_inside(span).is_empty()
    }

    /// The logical offset of a source offset, or `None` where the source is not part of the
    /// logical line (continuations, comments, here-documents). The end of each piece belongs to it.
    #[must_use]
    pub fn to_logical(&self, source_offset: usize) -> Option<usize> {
        let index = self
            .segments
            .partition_point(|s| s.source <= source_offset)
            .checked_sub(1)?;
        let segment = self.segments[index];
        let end = self
            .segments
            .get(index + 1)
            .map_or(self.text.len(), |next| next.joined);
        let joined = segment.joined + (source_offset - segment.source);
        (joined <= end).then_some(joined)
    }

    fn seams_inside(&self, span: Span) -> &[Segment] {
        if span.is_empty() {
            return &[];
        }
        &self.segments[self.segment_from(span.start) + 1..=self.segment_to(span.end)]
    }

    /// The last segment that starts at or before `joined`.
    fn segment_from(&self, joined: usize) -> usize {
        self.segments
            .partition_point(|segment| segment.joined <= joined)
            - 1
    }

    /// The last segment that starts before `joined`.
    fn segment_to(&self, joined: usize) -> usize {
        self.segments
            .partition_point(|segment| segment.joined < joined)
            .saturating_sub(1)
    }
}

impl Segment {
    fn new(joined: usize, source: usize, after_comment: bool) -> Self {
        Self {
            joined,
            source,
            after_comment,
        }
    }
}

/// The text tokens of an instruction, each with whether a comment lies before it.
struct Pieces<'t> {
    tokens: &'t [Token],
    after_comment: bool,
}

impl Iterator for Pieces<'_> {
    type Item = (Span, bool);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((token, rest)) = self.tokens.split_first() {
            self.tokens = rest;
            match token.kind {
                TokenKind::Comment => self.after_comment = true,
                TokenKind::Text => {
                    return Some((token.span, std::mem::take(&mut self.after_comment)));
                }
                _ => {}
            }
        }
        None
    }
}

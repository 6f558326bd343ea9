//! The whole change of a file, as edits of the file that the user has.
//!
//! Rewrites are made one after the other, so the edits of the second are edits of a text that nobody has. Who wants to
//! apply them at once, such as an editor, needs the difference between the first text and the last.

use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::excerpt::Position;
use crate::syntax::Span;

/// Lines of a text that become others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The bytes of the lines, with their endings. Empty where lines are only added.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// What makes `after` of `before`: whole lines, from the first to the last, as few as possible.
#[must_use]
pub fn changes(before: &str, after: &str) -> Vec<Change> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut offsets = vec![0];
    offsets.extend(old.iter().scan(0, |end, line| {
        *end += line.len();
        Some(*end)
    }));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let changed = ops.iter().filter(|op| op.tag() != DiffTag::Equal);
    let change = |op: &similar::DiffOp| Change {
        span: Span::new(offsets[op.old_range().start], offsets[op.old_range().end]),
        text: new[op.new_range()].concat(),
    };
    changed.map(change).collect()
}

/// A place in a text as other programs want it.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Point {
    /// The offset in bytes.
    byte: usize,
    #[serde(flatten)]
    position: Position,
}

impl Point {
    /// The byte at `offset` of `text`.
    pub(super) fn of(text: &str, offset: usize) -> Self {
        Self {
            byte: offset,
            position: Position::of(text, offset),
        }
    }
}

/// A replacement as other programs want it.
#[derive(Serialize)]
pub(super) struct Replacement<'a> {
    start: Point,
    end: Point,
    text: &'a str,
}

impl<'a> Replacement<'a> {
    /// What replaces the bytes of `span` of `before` by `text`.
    pub(super) fn new(before: &str, span: Span, text: &'a str) -> Self {
        Self {
            start: Point::of(before, span.start),
            end: Point::of(before, span.end),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Edits;

    #[test]
    fn the_changes_make_the_new_text_of_the_old() {
        for (before, after) in [
            ("", "a\n"),
            ("a\n", ""),
            ("a\nb\nc\n", "a\nB\nc\nd\n"),
            ("a\r\nb", "b\nc"),
            ("same", "same"),
        ] {
            let mut edits = Edits::new();
            for change in changes(before, after) {
                edits.replace(change.span, change.text);
            }
            assert_eq!(edits.apply(before), after, "{before:?}");
        }
    }

    #[test]
    fn lines_that_stay_are_no_part_of_a_change() {
        let found = changes("a\nb\nc\n", "a\nx\ny\nc\n");
        let expected = Change {
            span: Span::new(2, 4),
            text: "x\ny\n".to_owned(),
        };
        assert_eq!(found, [expected]);
    }
}

//! Text edits: the only way in which dfopt changes a file.
//!
//! A rewrite is a handful of replacements of byte ranges. Bytes outside of them cannot change, so
//! nothing needs to be printed back from a tree, and no comment or `\r` can get lost on the way.

use crate::syntax::Span;

/// One replacement: the bytes of `span` become `text`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced, in the text before any edit. Empty for an insertion.
    pub span: Span,
    /// What stands there afterwards. Empty for a deletion.
    pub text: String,
}

/// Edits of one text: sorted by position and disjoint.
///
/// Insertions at the same offset keep the order in which they were added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// No edits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the bytes of `span` by `text`.
    ///
    /// # Panics
    /// When `span` overlaps an earlier edit: that is a bug of the transform that built the edits.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        let at = self
            .0
            .partition_point(|edit| (edit.span.start, edit.span.end) <= (span.start, span.end));
        let before = at.checked_sub(1).map(|i| self.0[i].span.end);
        let after = self.0.get(at).map(|edit| edit.span.start);
        assert!(
            before.is_none_or(|end| end <= span.start)
                && after.is_none_or(|start| span.end <= start),
            "edit {span:?} overlaps another edit"
        );
        let text = text.into();
        self.0.insert(at, Edit { span, text });
    }

    /// Puts `text` in front of the byte at `offset`.
    pub fn insert(&mut self, offset: usize, text: impl Into<String>) {
        self.replace(Span::at(offset), text);
    }

    /// Removes the bytes of `span`.
    pub fn delete(&mut self, span: Span) {
        self.replace(span, "");
    }

    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The edits in the order of their positions.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> + Clone {
        self.0.iter()
    }

    /// The text after the edits. `text` must be the text that the spans were made for.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let added: usize = self.0.iter().map(|edit| edit.text.len()).sum();
        let mut out = String::with_capacity(text.len() + added);
        let mut done = 0;
        for edit in &self.0 {
            out.push_str(&text[done..edit.span.start]);
            out.push_str(&edit.text);
            done = edit.span.end;
        }
        out.push_str(&text[done..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applies_in_order_of_position() {
        let mut edits = Edits::new();
        edits.replace(Span::new(4, 5), "B");
        edits.delete(Span::new(0, 2));
        edits.insert(4, "x");
        edits.insert(4, "y");
        assert_eq!(edits.apply("a b c"), "b xyB");
    }

    #[test]
    #[should_panic(expected = "overlaps")]
    fn refuses_overlaps() {
        let mut edits = Edits::new();
        edits.replace(Span::new(0, 3), "");
        edits.replace(Span::new(2, 4), "");
    }
}

//! What `BuildKit` would reject.

use super::logical::Logical;
use super::span::Span;

/// A place that `BuildKit` rejects, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// Where, in the source.
    pub span: Span,
    /// What is wrong, worded as `BuildKit` words it where that is clear enough.
    pub message: String,
    /// What the author can do: one sentence without a final full stop.
    pub advice: String,
}

/// A [`SyntaxError`] whose place is still in the logical line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Complaint {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) advice: String,
}

impl Complaint {
    pub(super) fn new(span: Span, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// The same complaint about the source.
    pub(super) fn locate(self, logical: &Logical<'_>) -> SyntaxError {
        let Self {
            span,
            message,
            advice,
        } = self;
        SyntaxError {
            span: logical.source(span),
            message,
            advice,
        }
    }
}

//! What the guards work on.

use crate::analysis::stages::Stage;
use crate::syntax::Span;
use crate::transform::{Cx, Refusal};

/// A stage of which the containers run as root.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) stage: &'a Stage,
    /// The instruction that says what is started, or `FROM` where none does: every message is about it.
    pub(super) at: usize,
}

impl Site<'_> {
    pub(super) fn span(&self) -> Span {
        self.cx.file.instructions()[self.at].span
    }

    /// The `FROM` line.
    pub(super) fn from(&self) -> Span {
        self.cx.file.instructions()[self.stage.from].span
    }

    pub(super) fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(self.span(), code, message)
    }

    /// A refusal because of the instruction at `index`.
    pub(super) fn refuse_for(
        &self,
        index: usize,
        code: &'static str,
        message: impl Into<String>,
    ) -> Refusal {
        let span = self.cx.file.instructions()[index].span;
        self.refuse(code, message).because(span, "this instruction")
    }
}

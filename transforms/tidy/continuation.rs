//! No empty lines inside of an instruction: `BuildKit` says that they will become an error.

use crate::syntax::{Span, TokenKind};
use crate::transform::{Cx, Plan, Rewrite};

pub(super) fn plan(cx: &Cx<'_>, index: usize) -> Option<Plan> {
    let instruction = &cx.file.instructions()[index];
    let tokens = cx.file.tokens()[instruction.tokens.clone()].iter();
    let blank: Vec<Span> = tokens
        .filter(|token| token.kind == TokenKind::Blank)
        .map(|token| token.span)
        .collect();
    let first = *blank.first()?;
    let message = "no empty lines inside of the instruction: they will become an error of BuildKit";
    let mut rewrite = Rewrite::new(first, message);
    blank
        .into_iter()
        .for_each(|line| rewrite.edits.delete(line));
    Some(Ok(rewrite))
}

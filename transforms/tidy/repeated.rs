//! Of several `CMD`, `ENTRYPOINT` or `HEALTHCHECK` in one stage only the last has any effect, and of two equal `COPY` in a
//! row only one.

use super::refuse;
use crate::analysis::stages::Stage;
use crate::syntax::{Keyword, TokenKind};
use crate::transform::{Cx, Plan, Rewrite};
use crate::transforms::style;

pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    replaced(cx, stage, index).or_else(|| copied_again(cx, stage, index))
}

/// A command that a later one replaces.
fn replaced(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    let keyword = cx.facts.views[index].keyword;
    let counts_once = matches!(
        keyword,
        Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck
    );
    let same = |at: &usize| cx.facts.views[*at].keyword == keyword;
    let last = stage.body.clone().rev().find(same)?;
    if !counts_once || last == index {
        return None;
    }
    let last = cx.file.instructions()[last].span;
    let holds = format!("this {keyword} holds");
    if has_comment(cx, index) {
        let message = format!(
            "a later {keyword} holds, and this one has no effect; a comment is about it: say what becomes of that"
        );
        return Some(Err(
            refuse(cx, index, "comment-about-it", message).because(last, holds)
        ));
    }
    let mut rewrite = removal(cx, index, format!("the {keyword} without effect is gone"));
    rewrite.evidence(last, holds);
    Some(Ok(rewrite))
}

/// A copy from the build context, another stage or another image right behind the same one.
fn copied_again(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    let view = |at: usize| &cx.facts.views[at];
    let first = index.checked_sub(1).filter(|at| stage.body.contains(at))?;
    let is_again = view(index).keyword == Keyword::Copy
        && cx.file.instructions()[index].heredocs.is_empty()
        && view(index).logical.text == view(first).logical.text;
    // What comments say of the one holds for the other.
    let extra = [index, first]
        .into_iter()
        .find(|&at| is_again && !has_comment(cx, at))?;
    let other = if extra == index { first } else { index };
    let mut rewrite = removal(cx, extra, "the second of two equal COPY is gone".to_owned());
    let span = cx.file.instructions()[other].span;
    rewrite.evidence(span, "this brings the same to the same place");
    Some(Ok(rewrite))
}

/// Whether a comment stands in or directly above the instruction at `index`.
fn has_comment(cx: &Cx<'_>, index: usize) -> bool {
    let tokens = cx.file.instructions()[index].tokens.clone();
    let mut tokens = cx.file.tokens()[tokens].iter();
    tokens.any(|token| token.kind == TokenKind::Comment)
        || cx.file.leading_comments(index).is_some()
}

/// Takes out the instruction at `index`.
fn removal(cx: &Cx<'_>, index: usize, message: String) -> Rewrite {
    let instruction = &cx.file.instructions()[index];
    let mut rewrite = Rewrite::new(instruction.span, message);
    let lines = style::with_blank_line(cx.file.text(), instruction.full);
    rewrite.edits.delete(lines);
    rewrite
}

//! Of several `CMD`, `ENTRYPOINT` or `HEALTHCHECK` in one stage only the last has any effect.

use super::refuse;
use crate::analysis::stages::Stage;
use crate::syntax::{Keyword, TokenKind};
use crate::transform::{Cx, Plan, Rewrite};
use crate::transforms::style;

pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
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
    let instruction = &cx.file.instructions()[index];
    let last = cx.file.instructions()[last].span;
    let holds = format!("this {keyword} holds");
    let has_comment = cx.file.tokens()[instruction.tokens.clone()]
        .iter()
        .any(|token| token.kind == TokenKind::Comment);
    if has_comment || cx.file.leading_comments(index).is_some() {
        let message = format!(
            "a later {keyword} holds, and this one has no effect; a comment is about it: say what becomes of that"
        );
        return Some(Err(
            refuse(cx, index, "comment-about-it", message).because(last, holds)
        ));
    }
    let message = format!("the {keyword} without effect is gone");
    let mut rewrite = Rewrite::new(instruction.span, message);
    rewrite.evidence(last, holds);
    let lines = style::with_blank_line(cx.file.text(), instruction.full);
    rewrite.edits.delete(lines);
    Some(Ok(rewrite))
}

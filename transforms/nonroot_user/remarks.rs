//! What the author says about the user in comments.

use super::site::Site;
use crate::analysis::stages::{Base, Stage};
use crate::syntax::{Span, TokenKind};
use crate::transform::{Cx, Refusal};

/// Refuses where a comment says that the container runs as root, or holds a `USER` that somebody has switched off.
///
/// # Errors
/// The comment that says so.
pub(super) fn check(site: &Site<'_>) -> Result<(), Refusal> {
    let remarks = regions(site.cx, site.stage)
        .into_iter()
        .flat_map(|region| remarks_in(site.cx, region));
    for (span, text) in remarks {
        if let Some(what) = objection(site.cx, &text) {
            let message = format!("{what}; set USER yourself if the program does without root");
            let refusal = site.refuse("explicit-root", message);
            return Err(refusal.because(span, "this comment"));
        }
    }
    Ok(())
}

/// Where comments are about the image: above the first stage, in `stage`, and in those that it is built on.
fn regions(cx: &Cx<'_>, stage: &Stage) -> Vec<Span> {
    let start_of = |index: usize| cx.facts.block(index).start;
    let mut stages = vec![stage];
    while let Some(Base::Stage(parent)) = stages.last().map(|stage| &stage.base) {
        stages.push(&cx.facts.stages[*parent]);
    }
    let header = cx
        .facts
        .stages
        .first()
        .map(|first| Span::new(0, start_of(first.from)));
    let own = stages.into_iter().map(|stage| {
        let next = cx.facts.stages.get(stage.index + 1);
        let end = next.map_or(cx.file.text().len(), |next| start_of(next.from));
        Span::new(start_of(stage.from), end)
    });
    header.into_iter().chain(own).collect()
}

/// The comments in `region`: lines that follow each other are one text.
fn remarks_in(cx: &Cx<'_>, region: Span) -> Vec<(Span, String)> {
    let tokens = cx.file.tokens().iter();
    let inside = tokens.filter(|token| region.contains(token.span));
    let mut remarks: Vec<(Span, String)> = Vec::new();
    for token in inside.filter(|token| token.kind == TokenKind::Comment) {
        let words = token.span.text(cx.file.text()).trim();
        match remarks.last_mut() {
            Some((span, text)) if span.end == token.span.start => {
                *span = span.cover(token.span);
                *text += "\n";
                *text += words;
            }
            _ => remarks.push((token.span, words.to_owned())),
        }
    }
    remarks
}

/// What in the comment `text` speaks against another user.
fn objection(cx: &Cx<'_>, text: &str) -> Option<String> {
    if let Some(user) = text.lines().find_map(switched_off) {
        return Some(format!(
            "`USER {user}` stands in a comment, so somebody may have found that the program needs root"
        ));
    }
    let prose: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    let prose = prose.join(" ");
    let says_root = prose
        .split(". ")
        .any(|sentence| cx.knowledge.startup.says_root(sentence));
    says_root
        .then(|| "a comment says that the container has the rights of root by intent".to_owned())
}

/// The account of a `USER` instruction, other than root, that the comment `line` is.
fn switched_off(line: &str) -> Option<&str> {
    let mut words = line.trim_start_matches('#').split_whitespace();
    let (keyword, user) = (words.next()?, words.next()?);
    let is_root = ["root", "0"].contains(&user.split(':').next()?);
    (keyword == "USER" && !is_root && words.next().is_none()).then_some(user)
}

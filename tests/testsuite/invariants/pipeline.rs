//! What holds for every text that goes through the whole pipeline.

use std::collections::BTreeMap;

use dfopt::engine::{self, Options, Outcome};
use dfopt::knowledge::Knowledge;
use dfopt::syntax::{Dockerfile, TokenKind, parse};
use dfopt::transform::Safety;
use dfopt::transforms;

/// Checks what the engine promises about `text`; answers with how many rewrites it made.
pub(crate) fn check(text: &str) -> usize {
    let outcome = optimize(text);
    let (before, after) = (parse(text), parse(&outcome.text));
    let defects: Vec<String> = outcome.defects.iter().map(ToString::to_string).collect();
    assert!(defects.is_empty(), "{defects:?} in:\n{text}");
    if outcome.journal.is_empty() || !is_accepted(&before) {
        assert_eq!(outcome.text, text);
    }
    assert!(
        is_accepted(&after) || !is_accepted(&before),
        "rejected: {:?}\n{text}\n=>\n{}",
        after.errors(),
        outcome.text
    );
    let kept = comments(&after);
    for (comment, count) in comments(&before) {
        let left = kept.get(comment).copied().unwrap_or_default();
        assert!(left >= count, "lost {comment:?} of:\n{text}");
    }
    let again = optimize(&outcome.text);
    assert_eq!(again.text, outcome.text, "the second run of:\n{text}");
    outcome.journal.len()
}

/// What all transforms make of `text` at the lowest safety, without a build context.
pub(crate) fn optimize(text: &str) -> Outcome {
    let options = Options {
        transforms: transforms::by_default(),
        safety: Safety::Unsafe,
        knowledge: Knowledge::builtin(),
        context: None,
        without: &[],
        proven_by_builds: false,
    };
    engine::optimize(text, &options)
}

fn is_accepted(file: &Dockerfile<'_>) -> bool {
    file.errors().is_empty() && file.instruction_errors().is_empty()
}

/// How often each comment stands in a file: a rewrite may move them.
fn comments<'a>(file: &Dockerfile<'a>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    let tokens = file.tokens().iter();
    for token in tokens.filter(|token| token.kind == TokenKind::Comment) {
        *counts
            .entry(token.span.text(file.text()).trim())
            .or_default() += 1;
    }
    counts
}

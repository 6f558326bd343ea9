//! `ConsistentInstructionCasing` and `FromAsCasing`.

use super::respell;
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Plan};

/// The case that keywords are written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Case {
    Upper,
    Lower,
}

impl Case {
    /// That of `word`, if it is all in one.
    fn of(word: &str) -> Option<Self> {
        let has = |is: fn(char) -> bool| word.chars().any(is);
        match (has(char::is_uppercase), has(char::is_lowercase)) {
            (true, false) => Some(Self::Upper),
            (false, true) => Some(Self::Lower),
            _ => None,
        }
    }

    fn apply(self, word: &str) -> String {
        match self {
            Self::Upper => word.to_uppercase(),
            Self::Lower => word.to_lowercase(),
        }
    }
}

/// The case of most keywords; capitals if there is a draw.
pub(super) fn majority(cx: &Cx<'_>) -> Case {
    let views = cx.facts.views.iter();
    let cases = views.filter_map(|view| Case::of(view.text(view.keyword_span)));
    let (upper, lower): (Vec<Case>, Vec<Case>) = cases.partition(|case| *case == Case::Upper);
    if lower.len() > upper.len() {
        Case::Lower
    } else {
        Case::Upper
    }
}

/// A keyword in another case than most.
pub(super) fn keyword(cx: &Cx<'_>, index: usize, majority: Case) -> Option<Plan> {
    let view = &cx.facts.views[index];
    let written = view.text(view.keyword_span);
    let wanted = majority.apply(written);
    (wanted != written).then(|| {
        respell(
            cx,
            index,
            view.keyword_span,
            &wanted,
            "ConsistentInstructionCasing",
        )
    })
}

/// An `AS` in another case than its `FROM`.
pub(super) fn from_as(cx: &Cx<'_>, index: usize) -> Option<Plan> {
    let view = &cx.facts.views[index];
    let Kind::From {
        image,
        alias: Some(alias),
        ..
    } = &view.kind
    else {
        return None;
    };
    let between = Span::new(image.span.end, alias.span.start);
    let text = view.text(between);
    let at = between.start + (text.len() - text.trim_start().len());
    let word = Span::new(at, at + text.trim().len());
    let wanted = Case::of(view.text(view.keyword_span))?.apply(view.text(word));
    (wanted != view.text(word)).then(|| respell(cx, index, word, &wanted, "FromAsCasing"))
}

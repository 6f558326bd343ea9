//! `LegacyKeyValueFormat`: `ENV key=value` and `LABEL key=value` instead of a blank between the two.
//!
//! In the old form everything behind the name is the value, in the new one it ends at a blank that is not quoted. In
//! both, quotes, escapes and variables then mean the same.

use crate::syntax::{Expander, Expansion, Kind, Lookup, Pair, Span};
use crate::transform::{Cx, Plan, Refusal, Rewrite};

pub(super) fn plan(cx: &Cx<'_>, index: usize) -> Option<Plan> {
    let (Kind::Env {
        pairs,
        legacy: true,
    }
    | Kind::Label {
        pairs,
        legacy: true,
    }) = &cx.facts.views[index].kind
    else {
        return None;
    };
    Some(rewrite(cx, index, pairs.first()?))
}

/// The arguments of the `ENV` at `index` in the new form, if it is written in the old one and has one.
pub(in crate::transforms) fn spelled(cx: &Cx<'_>, index: usize) -> Option<String> {
    let Kind::Env {
        pairs,
        legacy: true,
    } = &cx.facts.views[index].kind
    else {
        return None;
    };
    let Pair { key, value, .. } = pairs.first()?;
    let quote = quotes(&value.raw, cx.file.escape())?;
    Some(format!("{}={quote}{}{quote}", key.raw, value.raw))
}

fn rewrite(cx: &Cx<'_>, index: usize, pair: &Pair) -> Plan {
    let logical = &cx.facts.views[index].logical;
    let site = cx.file.instructions()[index].span;
    let gap = Span::new(pair.key.span.end, pair.value.span.start);
    if logical.crosses_comment(gap) {
        let message = "a comment stands between the name and its value: move it";
        return Err(Refusal::new(site, "comment-inside", message));
    }
    let Some(quote) = quotes(&pair.value.raw, cx.file.escape()) else {
        let message =
            "the value has blanks, and quotes or escapes of its own: write it as key=\"value\"";
        return Err(Refusal::new(site, "quoting", message));
    };
    let mut rewrite = Rewrite::new(site, format!("LegacyKeyValueFormat: {}=", pair.key.raw));
    rewrite
        .edits
        .replace(logical.source(gap), format!("={quote}"));
    rewrite
        .edits
        .insert(logical.source(pair.value.span).end, quote);
    Ok(rewrite)
}

/// What has to stand around `value` so that it is one word that gives the same; `None` if that is not this simple.
fn quotes(value: &str, escape: char) -> Option<&'static str> {
    let has_own = value.contains(['"', '\'', escape]);
    if !value.contains(char::is_whitespace) {
        return Some("");
    }
    if !has_own {
        return Some("\"");
    }
    // Blanks within quotes are no obstacle.
    let words = Expander::new(escape).expand_words(value, &|_| Lookup::Set("x".to_owned()));
    matches!(words, Expansion::Value(words) if words.len() == 1).then_some("")
}

#[cfg(test)]
mod tests {
    use super::quotes;

    #[test]
    fn a_value_is_quoted_when_it_has_blanks_and_no_quotes() {
        let quotes = |value| quotes(value, '\\');
        assert_eq!(quotes("/app/bin:$PATH"), Some(""));
        assert_eq!(quotes("a $B  c"), Some("\""));
        assert_eq!(quotes("\"a b\""), Some(""));
        assert_eq!(quotes("a\\ b"), Some(""));
        assert_eq!(quotes("a \"b\""), None);
        assert_eq!(quotes("it\\'s so"), None);
    }
}

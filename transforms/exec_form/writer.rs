//! The edits.

use super::line::Line;
use crate::edit::Edits;
use crate::syntax::View;
use crate::transform::Refusal;

/// The words of `line` as an array, each in its place: line breaks and comments between them stay.
pub(super) fn as_exec_form(
    view: &View<'_>,
    line: &Line<'_>,
    words: &[String],
) -> Result<Edits, Refusal> {
    let mut edits = Edits::new();
    let last = words.len() - 1;
    for (nth, (span, word)) in line.word_spans().zip(words).enumerate() {
        let site = view.logical.source(span);
        if view.logical.crosses_comment(span) {
            let message = "a comment stands inside of a word: move it";
            return Err(Refusal::new(site, "comment-in-word", message));
        }
        let open = if nth == 0 { "[" } else { "" };
        let close = if nth == last { "]" } else { "," };
        edits.replace(site, format!("{open}{}{close}", json(word)));
    }
    Ok(edits)
}

/// `word` as a JSON string.
fn json(word: &str) -> String {
    serde_json::Value::from(word).to_string()
}

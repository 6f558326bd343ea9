//! The edits: mounts come, and what held the secret goes.

use crate::syntax::Span;
use crate::transform::{Change, Cx, Refusal, Rewrite};

use super::super::layout::Layout;
use super::super::style;
use super::refuse;

/// Gives the `RUN` at `index` these flags.
pub(super) fn mount(cx: &Cx<'_>, index: usize, flags: &[String], rewrite: &mut Rewrite) {
    let view = &cx.facts.views[index];
    let layout = Layout::like(cx, &[index]);
    let gap = match cx.file.instructions()[index].heredocs.is_empty() {
        true => format!(" {}{}", layout.continued, layout.indent),
        false => " ".to_owned(),
    };
    let text: String = flags.iter().map(|flag| format!("{flag}{gap}")).collect();
    let start = view.logical.source(Span::at(view.end_of_flags())).start;
    rewrite.edits.insert(start, text);
    for flag in flags {
        let change = Change::Mount(flag.clone());
        if !rewrite.declares.contains(&change) {
            rewrite.declares.push(change);
        }
    }
}

/// Takes the words at the places `gone` out of instruction `index`, of which `words` are all. The instruction goes when
/// it keeps none.
///
/// # Errors
/// When a comment stands in between.
pub(super) fn remove(
    cx: &Cx<'_>,
    index: usize,
    words: &[Span],
    gone: &[usize],
    rewrite: &mut Rewrite,
) -> Result<(), Refusal> {
    if gone.len() == words.len() {
        return remove_all(cx, index, rewrite);
    }
    let view = &cx.facts.views[index];
    let source = |span: Span| view.logical.source(span);
    let kept = (0..words.len()).find(|nth| !gone.contains(nth));
    for &nth in gone {
        // What joins a word to the one before it goes with it; in front of all that are kept, to the one behind it.
        let (between, edit) = match nth.checked_sub(1) {
            Some(before) if kept < Some(nth) => (
                Span::new(words[before].end, words[nth].end),
                Span::new(source(words[before]).end, source(words[nth]).end),
            ),
            _ => (
                Span::new(words[nth].start, words[nth + 1].start),
                Span::new(source(words[nth]).start, source(words[nth + 1]).start),
            ),
        };
        if view.logical.crosses_comment(between) {
            return Err(in_comment(cx, index));
        }
        rewrite.edits.delete(edit);
    }
    Ok(())
}

/// Takes instruction `index` out. Comments above it stay.
///
/// # Errors
/// When a comment stands in it.
pub(super) fn remove_all(cx: &Cx<'_>, index: usize, rewrite: &mut Rewrite) -> Result<(), Refusal> {
    let view = &cx.facts.views[index];
    let line = Span::new(view.keyword_span.start, view.body.end);
    if view.logical.crosses_comment(line) {
        return Err(in_comment(cx, index));
    }
    let lines = cx.file.instructions()[index].full;
    let lines = match cx.file.leading_comments(index) {
        Some(_) => lines,
        None => style::with_blank_line(cx.file.text(), lines),
    };
    rewrite.edits.delete(lines);
    Ok(())
}

fn in_comment(cx: &Cx<'_>, index: usize) -> Refusal {
    let message = "a comment stands in the middle of what would have to go; move it";
    refuse(cx, index, "comment", message)
}

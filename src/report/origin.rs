//! From the text that a rewrite saw back to the file that the user has.
//!
//! Rewrites are made one after the other, so the spans of the fifth are offsets into a text that
//! nobody but dfopt ever sees. A person wants the line of the original file: [`trace`] follows an
//! offset back through the edits of the rewrites before it.

use super::excerpt::Position;
use crate::edit::Edit;
use crate::engine::Entry;
use crate::syntax::Span;

/// A place in the file that the user has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// Its line and column.
    pub position: Position,
    /// Whether the line stood there from the beginning. If not, an earlier rewrite wrote it, and
    /// `position` is the nearest place.
    pub existed: bool,
}

/// Where `offset`, in the text after the rewrites of `journal`, stood before the first of them.
///
/// `source` is the text before the first. A line that a rewrite moved is followed to the place that
/// it was taken from; a line that a rewrite wrote is put where it was inserted.
pub(super) fn trace(journal: &[Entry], source: &str, offset: usize) -> Origin {
    let mut offset = offset;
    let mut existed = true;
    for entry in journal.iter().rev() {
        let step = step_back(entry, offset);
        offset = step.offset;
        existed &= step.existed;
    }
    Origin {
        position: Position::of(source, offset),
        existed,
    }
}

struct Step {
    offset: usize,
    existed: bool,
}

/// Where `offset`, in the text after `entry`, stood before it.
fn step_back(entry: &Entry, offset: usize) -> Step {
    // `before` and `after` are the ends of what has been walked through in the two texts.
    let (mut before, mut after) = (0, 0);
    for edit in entry.rewrite.edits.iter() {
        let kept = edit.span.start - before;
        if offset < after + kept {
            break;
        }
        after += kept;
        if offset < after + edit.text.len() {
            return written_by(entry, edit, offset - after);
        }
        before = edit.span.end;
        after += edit.text.len();
    }
    Step {
        offset: before + (offset - after),
        existed: true,
    }
}

/// Where byte `within` of the new text of `edit` comes from.
fn written_by(entry: &Entry, edit: &Edit, within: usize) -> Step {
    let line_start = edit.text[..within].rfind('\n').map_or(0, |at| at + 1);
    let line = edit.text[line_start..].lines().next().unwrap_or_default();
    if let Some(taken) = taken_from(entry, line) {
        let offset = taken.start + (within - line_start).min(taken.len());
        return Step {
            offset,
            existed: true,
        };
    }
    // Words replaced or inserted within a line that stays.
    let replaced = !edit.span.is_empty() && line_start == 0;
    let inserted = line_start == 0 && !edit.text[within..].contains('\n');
    Step {
        offset: edit.span.start,
        existed: replaced || inserted,
    }
}

/// A line that reads `line`, blanks at its end aside, and that `entry` deletes.
fn taken_from(entry: &Entry, line: &str) -> Option<Span> {
    let line = line.trim_end();
    if line.is_empty() {
        return None;
    }
    entry.rewrite.edits.iter().find_map(|edit| {
        let mut start = edit.span.start;
        for deleted in edit.span.text(&entry.before).split_inclusive('\n') {
            if deleted.trim_end() == line {
                return Some(Span::new(start, start + line.len()));
            }
            start += deleted.len();
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Edits;
    use crate::transform::Rewrite;

    /// Makes rewrites one after the other: each puts a text in the place of another.
    fn journal(source: &str, rewrites: &[&[(&str, &str)]]) -> (Vec<Entry>, String) {
        let mut text = source.to_owned();
        let mut journal = Vec::new();
        for replacements in rewrites {
            let mut edits = Edits::new();
            for (old, new) in *replacements {
                let at = text.find(old).expect("the old text is there");
                edits.replace(Span::new(at, at + old.len()), *new);
            }
            let after = edits.apply(&text);
            let rewrite = Rewrite {
                edits,
                ..Rewrite::default()
            };
            journal.push(Entry {
                id: "test",
                rewrite,
                before: std::mem::replace(&mut text, after),
            });
        }
        (journal, text)
    }

    fn line_of(source: &str, rewrites: &[&[(&str, &str)]], needle: &str) -> (usize, bool) {
        let (journal, text) = journal(source, rewrites);
        let offset = text.find(needle).expect("the needle is in the result");
        let origin = trace(&journal, source, offset);
        (origin.position.line, origin.existed)
    }

    #[test]
    fn lines_that_stay_keep_their_number() {
        let rewrites: &[&[(&str, &str)]] = &[&[("B\n", "B\nb\nb\n")], &[("A\n", "")]];
        assert_eq!(line_of("A\nB\nC\n", rewrites, "C"), (3, true));
        assert_eq!(line_of("A\nB\nC\n", rewrites, "B"), (2, true));
    }

    #[test]
    fn a_moved_line_is_followed() {
        let rewrites: &[&[(&str, &str)]] = &[
            &[("COPY\n", ""), ("CMD", "COPY\nCMD")],
            &[("CMD", "USER\nCMD")],
        ];
        assert_eq!(
            line_of("FROM\nCOPY\nRUN\nCMD\n", rewrites, "COPY"),
            (2, true)
        );
    }

    #[test]
    fn a_new_line_is_near_where_it_was_put() {
        let rewrites: &[&[(&str, &str)]] = &[&[("RUN\n", "RUN\nUSER\n")]];
        assert_eq!(line_of("FROM\nRUN\nCMD\n", rewrites, "USER"), (2, false));
    }

    #[test]
    fn a_word_changed_within_a_line_leaves_the_line() {
        let rewrites: &[&[(&str, &str)]] = &[&[("apt ", "apt-get ")]];
        assert_eq!(
            line_of("FROM\nRUN apt update\n", rewrites, "get"),
            (2, true)
        );
    }
}

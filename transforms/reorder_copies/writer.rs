//! The edits that move a copy.

use crate::edit::Edits;
use crate::syntax::{Kind, Span};
use crate::transform::Cx;

use super::super::style;
use super::copied::Copied;
use super::leaves::Leave;
use super::sink::{Crossing, Sink};

/// How long a line of commands may be, in bytes.
const LONGEST_LINE: usize = 100;

/// The edits for what `sink` has passed.
pub(super) fn edits(sink: &Sink<'_>) -> Edits {
    let site = sink.cx.file.instructions()[sink.copied.index].span;
    let mut writer = Writer {
        cx: sink.cx,
        copied: sink.copied,
        followers: &sink.followers,
        edits: Edits::new(),
        newline: style::newline(sink.cx.file, site.start),
    };
    match (sink.passed.as_slice(), sink.place_of_fetch()) {
        ([.., last], Some(place)) => writer.fetch_first(last, place),
        ([passed @ .., last], None) => writer.sink(passed, last),
        ([], _) => {}
    }
    writer.edits
}

/// Builds the edits.
struct Writer<'a> {
    cx: &'a Cx<'a>,
    copied: &'a Copied,
    /// The instructions that go along with it.
    followers: &'a [usize],
    edits: Edits,
    newline: &'static str,
}

impl Writer<'_> {
    fn text(&self) -> &str {
        self.cx.file.text()
    }

    /// Whether the copy is a paragraph of its own.
    fn is_apart(&self) -> bool {
        let block = self.cx.facts.block(self.copied.index);
        style::blank_above(self.text(), block.start)
            && style::blank_line_at(self.text(), block.end).is_some()
    }

    /// Puts the step that fetches in front of the copy at `place`, in a paragraph of its own if the copies up to the build
    /// have one.
    fn fetch_first(&mut self, crossing: &Crossing, place: usize) {
        let block = self.cx.facts.block(place);
        let build = self.cx.facts.block(crossing.index);
        let is_apart = [block.start, build.start]
            .iter()
            .all(|&start| style::blank_above(self.text(), start));
        let blank = if is_apart { self.newline } else { "" };
        let lines = self.left_behind(crossing) + blank;
        self.edits.insert(block.start, lines);
    }

    fn sink(&mut self, passed: &[Crossing], last: &Crossing) {
        let in_place = passed.iter().chain([last]).next();
        let in_place = in_place
            .filter(|first| !first.leaves.is_empty() && self.has_heading_below(first.index));
        for lines in self.moved() {
            let lines = match in_place {
                Some(_) => lines,
                None => style::with_blank_line(self.text(), lines),
            };
            self.edits.delete(lines);
        }
        for crossing in passed.iter().chain([last]) {
            if let Some(end) = crossing.becomes_folder {
                self.edits.insert(end, "/");
            }
            let lines = self.left_behind(crossing);
            if !lines.is_empty() {
                let is_in_place = in_place.is_some_and(|first| first.index == crossing.index);
                let place = if is_in_place {
                    self.copied.index
                } else {
                    crossing.index
                };
                self.edits.insert(self.cx.facts.block(place).start, lines);
            }
        }
        self.put_back(last);
    }

    /// Whether instruction `index` is the next one, in a paragraph with a comment above it: what the copy leaves behind
    /// belongs to the paragraph of the copy.
    fn has_heading_below(&self, index: usize) -> bool {
        let copy = self.cx.facts.block(self.copied.index);
        let next = self.cx.facts.block(index);
        let is_next = copy.end < next.start
            && Span::new(copy.end, next.start)
                .text(self.text())
                .trim()
                .is_empty();
        is_next && self.cx.file.leading_comments(index).is_some()
    }

    /// The lines of the copy and of what goes along with it; what is adjacent is in one span.
    fn moved(&self) -> Vec<Span> {
        let mut moved: Vec<Span> = Vec::new();
        for &index in [self.copied.index].iter().chain(self.followers) {
            let block = self.cx.facts.block(index);
            match moved.last_mut() {
                Some(last) if last.end == block.start => *last = last.cover(block),
                _ => moved.push(block),
            }
        }
        moved
    }

    /// The copies of manifests for an instruction, and the step that fetches.
    fn left_behind(&self, crossing: &Crossing) -> String {
        let copies = crossing
            .leaves
            .iter()
            .map(|leave| self.manifest_copy(leave));
        let fetch = crossing.prefetch.iter();
        let fetch = fetch.map(|fetch| self.run(&fetch.commands));
        copies
            .chain(fetch)
            .map(|line| line + self.newline)
            .collect()
    }

    /// A `RUN` of `commands`, one to a line where they are too long for one.
    fn run(&self, commands: &[String]) -> String {
        let run = style::keyword(self.cx.file, self.copied.index, "RUN");
        let line = format!("{run} {}", commands.join(" && "));
        if line.len() <= LONGEST_LINE {
            return line;
        }
        let (escape, newline) = (self.cx.file.escape(), self.newline);
        let joint = format!(" {escape}{newline}    && ");
        format!("{run} {}", commands.join(&joint))
    }

    fn manifest_copy(&self, leave: &Leave) -> String {
        let copy = style::keyword(self.cx.file, self.copied.index, "COPY");
        let flags = self.copied.flags.iter();
        let words = flags.chain(&leave.sources).chain([&leave.dest]);
        words.fold(copy, |line, word| line + " " + word)
    }

    /// Writes the copy again behind the last instruction that it passes, or inside of it.
    fn put_back(&mut self, last: &Crossing) {
        let facts = self.cx.facts;
        let block = facts.block(self.copied.index);
        let copy = style::terminated(&self.copy_text(block), self.newline) + &self.followers_text();
        let instruction = &self.cx.file.instructions()[last.index];
        if let Some(seam) = last.split {
            let run = style::keyword(self.cx.file, last.index, "RUN");
            let comments = self.comments_in(seam);
            let blank = if self.is_apart() { self.newline } else { "" };
            let again = last.again.iter().map(|command| format!("{command} && "));
            let again: String = again.collect();
            let text = format!(
                "{}{blank}{copy}{blank}{comments}{run} {again}",
                self.newline
            );
            self.edits.replace(seam, text);
            return;
        }
        if last.prefetch.is_some() {
            self.edits.insert(facts.block(last.index).start, copy);
            return;
        }
        let end = instruction.full.end;
        let above = facts.block(last.index).start;
        let is_apart = style::blank_line_at(self.text(), end).is_some()
            && (style::blank_above(self.text(), above) || self.is_apart());
        let paragraph = self.paragraph_of_copies(last.index, end);
        if let Some(start) = paragraph.filter(|_| is_apart && !self.is_apart()) {
            self.edits.insert(start, copy);
            return;
        }
        let is_unfinished = !instruction.full.text(self.text()).ends_with('\n');
        let before = if is_unfinished || is_apart {
            self.newline
        } else {
            ""
        };
        self.edits.insert(end, format!("{before}{copy}"));
    }

    /// Where the paragraph behind instruction `index` begins, which ends at `end`, if it begins with a copy that has no comment.
    fn paragraph_of_copies(&self, index: usize, end: usize) -> Option<usize> {
        let next = self.cx.facts.views.get(index + 1)?;
        let blank = style::blank_line_at(self.text(), end)?;
        let start = self.cx.facts.block(index + 1).start;
        let is_copy = matches!(next.kind, Kind::Copy(_) | Kind::Add(_));
        let has_comment = self.cx.file.leading_comments(index + 1).is_some();
        (is_copy && !has_comment && blank.end == start).then_some(start)
    }

    /// The instructions that go along, each in a paragraph of its own if it is in one.
    fn followers_text(&self) -> String {
        let followers = self.followers.iter().map(|&index| {
            let block = self.cx.facts.block(index);
            let is_apart = style::blank_above(self.text(), block.start);
            let blank = if is_apart { self.newline } else { "" };
            blank.to_owned() + &style::terminated(block.text(self.text()), self.newline)
        });
        followers.collect()
    }

    /// The copy with its comments, and with the destination that it has from now on.
    fn copy_text(&self, block: Span) -> String {
        let text = block.text(self.text());
        let (Kind::Copy(transfer) | Kind::Add(transfer)) =
            &self.cx.facts.views[self.copied.index].kind
        else {
            return text.to_owned();
        };
        let dest = self.cx.facts.source(self.copied.index, transfer.dest.span);
        let (before, behind) = (dest.start - block.start, dest.end - block.start);
        if self.copied.written_dest == transfer.dest.raw {
            return text.to_owned();
        }
        format!(
            "{}{}{}",
            &text[..before],
            self.copied.written_dest,
            &text[behind..]
        )
    }

    /// The comments between two commands of a `RUN` that is taken apart there.
    fn comments_in(&self, seam: Span) -> String {
        let lines = seam.text(self.text()).lines().map(str::trim);
        lines
            .filter(|line| line.starts_with('#'))
            .map(|line| format!("{line}{}", self.newline))
            .collect()
    }
}

//! The edits.

use crate::analysis::runs::{Run, Step};
use crate::edit::Edits;
use crate::syntax::Span;
use crate::transform::Cx;

use super::super::layout::Layout;
use super::super::style;
use super::accounts::Settled;
use super::request::Request;

/// What stands in the place of the command, or behind the `RUN` that fills the folders.
pub(super) fn commands(cx: &Cx<'_>, request: &Request<'_>, settled: &Settled) -> Vec<String> {
    let survey = &settled.survey;
    if survey.filled.is_some() {
        return vec![request.written(cx).to_owned()];
    }
    let (own, others): (Vec<_>, Vec<_>) = request
        .folders
        .iter()
        .partition(|(_, path)| survey.folders.contains(path));
    let mut commands = Vec::new();
    let words = |folders: &[&(String, String)]| -> String {
        let words: Vec<&str> = folders.iter().map(|(written, _)| &**written).collect();
        words.join(" ")
    };
    if !others.is_empty() {
        commands.push(format!("chown -R {} {}", request.written, words(&others)));
    }
    let is_new =
        |path: &str| settled.moves(request) && !survey.is_there(cx, request, settled.place(), path);
    let new = own.iter().copied();
    let new: Vec<_> = new.filter(|(_, path)| is_new(path)).collect();
    if !new.is_empty() {
        commands.push(format!("mkdir -p {}", words(&new)));
    }
    let mut folders = words(&own);
    for (_, path) in &survey.made {
        folders = format!("{folders} {path}");
    }
    commands.push(format!("chown {} {folders}", request.written));
    commands
}

/// The edits that give the copies their owner and the folders to it.
pub(super) fn edits(cx: &Cx<'_>, request: &Request<'_>, settled: &Settled) -> Edits {
    let mut writer = Writer {
        cx,
        request,
        settled,
        edits: Edits::new(),
        newline: style::newline(cx.file, cx.facts.block(settled.place()).start),
    };
    for &at in &settled.survey.copies {
        writer.give(at);
    }
    match settled.survey.filled {
        Some(filled) => {
            writer.append(filled);
            writer.take_away();
        }
        None => {
            let span = cx.facts.source(request.index, request.span);
            if !settled.moves(request) {
                writer.edits.replace(span, writer.command());
            }
            writer.move_up();
        }
    }
    writer.edits
}

struct Writer<'a> {
    cx: &'a Cx<'a>,
    request: &'a Request<'a>,
    settled: &'a Settled,
    edits: Edits,
    newline: &'static str,
}

impl Writer<'_> {
    fn command(&self) -> String {
        commands(self.cx, self.request, self.settled).join(" && ")
    }

    fn steps(&self, at: usize) -> &[Step<'_>] {
        let run = self.cx.facts.runs[at].as_deref();
        run.and_then(Run::and_list).unwrap_or_default()
    }

    fn give(&mut self, at: usize) {
        let view = &self.cx.facts.views[at];
        let place = Span::at(view.end_of_flags());
        let place = self.cx.facts.source(at, place).start;
        let flag = format!("--chown={} ", self.request.owner);
        self.edits.insert(place, flag);
    }

    /// Puts the command behind those of the `RUN` at `filled`.
    fn append(&mut self, filled: usize) {
        let Some(last) = self.steps(filled).last() else {
            return;
        };
        let end = self.cx.facts.source(filled, last.span).end;
        let is_long = self.cx.facts.source_text(filled).contains('\n');
        let and = match is_long {
            true => Layout::like(self.cx, &[filled]).and(&[]),
            false => " && ".to_owned(),
        };
        self.edits.insert(end, and + &self.command());
    }

    /// Takes the command away. Comments above it belong to the first copy then.
    fn take_away(&mut self) {
        let (at, nth) = (self.request.index, self.request.nth);
        let steps = self.steps(at);
        if steps.len() > 1 {
            let gone = match steps.get(nth + 1) {
                Some(next) => Span::new(self.request.span.start, next.span.start),
                None => Span::new(steps[nth - 1].span.end, self.request.span.end),
            };
            self.edits.delete(self.cx.facts.source(at, gone));
            return;
        }
        let text = self.cx.file.text();
        if let Some(comments) = self.cx.file.leading_comments(at) {
            let place = self.cx.facts.block(self.settled.place()).start;
            self.edits.insert(place, comments.text(text).to_owned());
        }
        let block = style::with_blank_line(text, self.cx.facts.block(at));
        self.edits.delete(block);
    }

    /// Puts what comes first in front of the first copy.
    fn move_up(&mut self) {
        let text = self.cx.file.text();
        let place = self.cx.facts.block(self.settled.place()).start;
        let mut lines = String::new();
        for &at in &self.settled.moved {
            let block = self.cx.facts.block(at);
            let mut own = block.text(text).to_owned();
            if at == self.request.index {
                let span = self.cx.facts.source(at, self.request.span);
                let span = span.start - block.start..span.end - block.start;
                own.replace_range(span, &self.command());
            }
            lines += &style::terminated(&own, self.newline);
        }
        lines += &self.extracted();
        if lines.is_empty() {
            return;
        }
        let first = self.settled.moved.first();
        let was_apart = first.is_some_and(|&at| {
            let has_comment = self.cx.file.leading_comments(at).is_some();
            has_comment && style::blank_above(text, self.cx.facts.block(at).start)
        });
        let is_apart = style::blank_above(text, place);
        if was_apart && !is_apart {
            lines.insert_str(0, self.newline);
        }
        if was_apart || is_apart {
            lines += self.newline;
        }
        let blocks = self.settled.moved.iter();
        let blocks = blocks.map(|&at| self.cx.facts.block(at));
        for block in style::with_blank_lines(text, blocks) {
            self.edits.delete(block);
        }
        self.edits.insert(place, lines);
    }

    /// A `RUN` of the commands that make accounts, which leave theirs.
    fn extracted(&mut self) -> String {
        let at = self.request.index;
        let steps: Vec<Span> = self.steps(at).iter().map(|step| step.span).collect();
        let view = &self.cx.facts.views[at];
        let mut commands = Vec::new();
        for &nth in &self.settled.extracted {
            commands.push(view.text(steps[nth]).to_owned());
            let gone = Span::new(steps[nth].start, steps[nth + 1].start);
            self.edits.delete(self.cx.facts.source(at, gone));
        }
        if commands.is_empty() {
            return String::new();
        }
        let run = style::keyword(self.cx.file, at, "RUN");
        format!("{run} {}{}", commands.join(" && "), self.newline)
    }
}

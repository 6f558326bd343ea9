//! What other programs show beside a line: one message, its rule, how grave it is, and where.

use super::excerpt::Position;
use super::{Detail, FileReport, Problem};
use crate::engine::{Entry, Refused};
use crate::syntax::Span;
use crate::transform::Safety;

/// The rule of what is wrong with a file.
pub(super) const ERROR_RULE: &str = "error";

/// One message about a file.
pub(super) struct Finding {
    /// The transform, with the code behind a slash for a refusal.
    pub(super) rule: String,
    pub(super) level: Level,
    pub(super) message: String,
    /// Whether the rewrite is proven; `None` for what is no rewrite.
    pub(super) safety: Option<Safety>,
    /// What the rewrite takes for granted.
    pub(super) assumptions: Vec<String>,
    /// Where in the file that the user has, when it has a place there.
    pub(super) range: Option<Range>,
}

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    /// Something is wrong with the file.
    Error,
    /// Something can be done.
    Warning,
    /// Something was left alone.
    Note,
}

/// From a position to the one behind the last that is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

/// All that is to be said of the file of `report`; refusals only in full [`Detail`].
pub(super) fn findings(report: &FileReport, detail: Detail) -> Vec<Finding> {
    let rewrites = report.outcome.journal.iter().enumerate();
    let refusals = report.outcome.refusals.iter();
    let refusals = refusals.filter(|_| detail == Detail::Full);
    let problems = report.problems.iter();
    let rewrites = rewrites.map(|(nth, entry)| of_rewrite(report, nth, entry));
    let refusals = refusals.map(|refused| of_refusal(report, refused));
    let problems = problems.map(|problem| of_problem(report, problem));
    let mut found: Vec<Finding> = rewrites.chain(refusals).chain(problems).collect();
    let hidden = report.hidden();
    for finding in &mut found {
        finding.message = hidden.cover(&finding.message).into_owned();
        for assumption in &mut finding.assumptions {
            *assumption = hidden.cover(assumption).into_owned();
        }
    }
    found
}

fn of_rewrite(report: &FileReport, made: usize, entry: &Entry) -> Finding {
    let rewrite = &entry.rewrite;
    Finding {
        rule: entry.id.to_owned(),
        level: Level::Warning,
        message: rewrite.message.clone(),
        safety: Some(rewrite.safety()),
        assumptions: rewrite.assumes.clone(),
        range: Some(Range::traced(report, made, rewrite.site)),
    }
}

fn of_refusal(report: &FileReport, refused: &Refused) -> Finding {
    let refusal = &refused.refusal;
    let made = report.outcome.journal.len();
    Finding {
        rule: format!("{}/{}", refused.id, refusal.code),
        level: Level::Note,
        message: refusal.message.clone(),
        safety: None,
        assumptions: Vec::new(),
        range: Some(Range::traced(report, made, refusal.site)),
    }
}

fn of_problem(report: &FileReport, problem: &Problem) -> Finding {
    let advice = problem.advice.iter().map(String::as_str);
    let sentences: Vec<&str> = std::iter::once(problem.message.as_str())
        .chain(advice)
        .collect();
    Finding {
        rule: ERROR_RULE.to_owned(),
        level: Level::Error,
        message: sentences.join("; "),
        safety: None,
        assumptions: Vec::new(),
        range: problem.span.map(|span| Range::new(&report.source, span)),
    }
}

impl Range {
    /// The bytes of `span` of `text`.
    pub(super) fn new(text: &str, span: Span) -> Self {
        Self {
            start: Position::of(text, span.start),
            end: Position::of(text, span.end),
        }
    }

    /// Where `span`, in the text after `made` rewrites, stands in the file that the user has. What an earlier rewrite
    /// wrote has no length there.
    fn traced(report: &FileReport, made: usize, span: Span) -> Self {
        let start = report.locate(made, span.start);
        let end = report.locate(made, span.end);
        let is_whole = start.existed && end.existed && start.position <= end.position;
        Self {
            start: start.position,
            end: if is_whole {
                end.position
            } else {
                start.position
            },
        }
    }
}

impl Finding {
    /// The message, with what is taken for granted on lines of its own.
    pub(super) fn full_message(&self) -> String {
        let assumptions = self.assumptions.iter();
        let lines = assumptions.map(|assumption| format!("\nassumes {assumption}"));
        std::iter::once(self.message.clone()).chain(lines).collect()
    }
}

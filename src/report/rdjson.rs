//! The diagnostic format of reviewdog, which posts suggestions on pull requests.
//!
//! reviewdog takes a suggestion only when it replaces exactly the lines that its diagnostic is about, and whoever reads
//! it can commit it alone. Half of a rewrite must never be committed, so all rewrites of a file make one diagnostic,
//! whose suggestion spans them all.

use std::io::{self, Write};

use serde::Serialize;

use super::changes::changes;
use super::excerpt::Position;
use super::finding::{Finding, Level, findings};
use super::{Detail, FileReport, Reporter, Totals};
use crate::syntax::Span;

/// Writes one `DiagnosticResult`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rdjson {
    /// Refusals are written in full detail only.
    pub detail: Detail,
}

impl Reporter for Rdjson {
    fn start(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{{\"source\":{{\"name\":\"dfopt\"}},\"diagnostics\":[")
    }

    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let findings = findings(report, self.detail);
        let (rewrites, others): (Vec<Finding>, Vec<Finding>) = findings
            .into_iter()
            .partition(|finding| finding.safety.is_some());
        let together = (!rewrites.is_empty()).then(|| together(report, &rewrites));
        let others = others.iter().map(|finding| alone(report, finding));
        for (nth, diagnostic) in together.into_iter().chain(others).enumerate() {
            if nth > 0 {
                out.write_all(self.separator().as_bytes())?;
            }
            serde_json::to_writer(&mut *out, &diagnostic)?;
        }
        Ok(())
    }

    fn separator(&self) -> &'static str {
        ",\n"
    }

    fn finish(&self, out: &mut dyn Write, _totals: &Totals) -> io::Result<()> {
        out.write_all(b"\n]}\n")
    }
}

/// All rewrites of a file, with the suggestion that makes them.
fn together<'a>(report: &'a FileReport, rewrites: &[Finding]) -> Diagnostic<'a> {
    let hidden = report.hidden();
    let suggestion = suggestion(&report.source, &report.outcome.text)
        .filter(|suggestion| !hidden.is_in(&suggestion.text));
    let line = |finding: &Finding| {
        let (rule, message) = (&finding.rule, finding.full_message());
        let safety = finding
            .safety
            .map_or(String::new(), |safety| format!(" ({safety})"));
        format!("{rule}{safety}: {message}")
    };
    let lines: Vec<String> = rewrites.iter().map(line).collect();
    let mut rules: Vec<&str> = rewrites
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect();
    rules.dedup();
    Diagnostic {
        message: lines.join("\n"),
        location: Location {
            path: &report.path,
            range: suggestion.as_ref().map(|suggestion| suggestion.range),
        },
        severity: severity(Level::Warning),
        code: Code {
            value: rules.join(","),
        },
        suggestions: suggestion.into_iter().collect(),
    }
}

fn alone<'a>(report: &'a FileReport, finding: &Finding) -> Diagnostic<'a> {
    Diagnostic {
        message: finding.full_message(),
        location: Location {
            path: &report.path,
            range: finding.range.map(|range| Range {
                start: Line {
                    line: range.start.line,
                },
                end: Line {
                    line: range.end.line,
                },
            }),
        },
        severity: severity(finding.level),
        code: Code {
            value: finding.rule.clone(),
        },
        suggestions: Vec::new(),
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "ERROR",
        Level::Warning => "WARNING",
        Level::Note => "INFO",
    }
}

/// The lines from the first change to the last, and what becomes of them; `None` when nothing changes.
fn suggestion(before: &str, after: &str) -> Option<Suggestion> {
    let changes = changes(before, after);
    let (first, last) = (changes.first()?, changes.last()?);
    let span = whole_lines(before, Span::new(first.span.start, last.span.end));
    // What stands before and behind the changes is the same in both texts.
    let behind = before.len() - span.end;
    let text = &after[span.start..after.len() - behind];
    let last_line = Position::of(before, span.end.saturating_sub(1).max(span.start)).line;
    Some(Suggestion {
        range: Range {
            start: Line {
                line: Position::of(before, span.start).line,
            },
            end: Line { line: last_line },
        },
        text: text.strip_suffix('\n').unwrap_or(text).to_owned(),
    })
}

/// `span`, or the line before it if it is empty: lines can be replaced, but nothing can be put between them.
fn whole_lines(text: &str, span: Span) -> Span {
    let line_before = text[..span.start].split_inclusive('\n').next_back();
    let line_behind = text[span.end..].split_inclusive('\n').next();
    match (span.is_empty(), line_before, line_behind) {
        (true, Some(line), _) => Span::new(span.start - line.len(), span.end),
        (true, None, Some(line)) => Span::new(span.start, span.end + line.len()),
        _ => span,
    }
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location<'a>,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

/// Without columns, all of the lines is meant.
#[derive(Clone, Copy, Serialize)]
struct Range {
    start: Line,
    end: Line,
}

#[derive(Clone, Copy, Serialize)]
struct Line {
    line: usize,
}

#[derive(Serialize)]
struct Code {
    value: String,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with the lines of the suggestion replaced, as reviewdog and GitHub do it.
    fn committed(before: &str, after: &str) -> String {
        let suggestion = suggestion(before, after).expect("something changes");
        let lines: Vec<&str> = before.lines().collect();
        let Range { start, end } = suggestion.range;
        let head = &lines[..start.line - 1];
        let tail = &lines[end.line..];
        let text: Vec<&str> = suggestion.text.lines().collect();
        [head, &text, tail].concat().join("\n")
    }

    #[test]
    fn the_suggestion_makes_the_result() {
        for (before, after) in [
            ("a\nb\nc\n", "a\nB\nc\n"),
            ("a\nb\nc\n", "a\nb\nnew\nc\n"),
            ("a\nb\nc\n", "new\na\nb\nc\n"),
            ("a\nb\n", "a\nb\nnew\n"),
            ("a\nb\nc\nd\n", "A\nb\nd\nc\n"),
            ("a\n\nb\n", "a\n\nx\nb\n"),
            ("a\nb", "a\nb\nc\n"),
        ] {
            let expected: Vec<&str> = after.lines().collect();
            assert_eq!(committed(before, after), expected.join("\n"), "{before:?}");
        }
    }
}

//! One JSON document a run, for other programs.
//!
//! Its form is versioned, and described by `docs/schema/report-1.json`: within version 1, keys may be added and none
//! changes its meaning. Lines and columns of places are those of the file as it was read. The edits of a rewrite are
//! edits of the text that the rewrites before it left, so that applying the rewrites in order gives the result; those of
//! the file make the result of the file as it was read, all at once.

use std::io::{self, Write};

use serde::Serialize;

use super::changes::{Change, Replacement, changes};
use super::excerpt::Position;
use super::{FileReport, NamedContext, Problem, Proof, Reporter, Totals};
use crate::syntax::Span;
use crate::transform::{Addition, Evidence, Place, Refusal, Rewrite, Safety};

/// The version of the form.
const VERSION: u32 = 1;

/// Writes the whole run as one JSON document, a file at a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Reporter for Json {
    fn start(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{{\"version\":{VERSION},\"files\":[")
    }

    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let changes = changes(&report.source, &report.outcome.text);
        serde_json::to_writer(out, &File::new(report, &changes)).map_err(io::Error::from)
    }

    fn separator(&self) -> &'static str {
        ",\n"
    }

    fn finish(&self, out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
        out.write_all(b"\n],\"summary\":")?;
        serde_json::to_writer(&mut *out, &totals.summary)?;
        out.write_all(b"}\n")
    }
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a NamedContext>,
    edits: Vec<Replacement<'a>>,
    rewrites: Vec<RewriteEntry<'a>>,
    refusals: Vec<RefusalEntry<'a>>,
    withheld: Vec<RewriteEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a Proof>,
    errors: Vec<ErrorEntry<'a>>,
}

impl<'a> File<'a> {
    fn new(report: &'a FileReport, changes: &'a [Change]) -> Self {
        let outcome = &report.outcome;
        let last = outcome.journal.len();
        let made = outcome.journal.iter().enumerate();
        Self {
            path: &report.path,
            changed: report.is_changed(),
            context: report.context.as_ref(),
            edits: changes
                .iter()
                .map(|change| Replacement::new(&report.source, change.span, &change.text))
                .collect(),
            rewrites: made
                .map(|(nth, entry)| RewriteEntry::new(report, nth, entry.id, &entry.rewrite))
                .collect(),
            refusals: outcome
                .refusals
                .iter()
                .map(|refused| RefusalEntry::new(report, refused.id, &refused.refusal))
                .collect(),
            withheld: outcome
                .withheld
                .iter()
                .map(|withheld| RewriteEntry::new(report, last, withheld.id, &withheld.rewrite))
                .collect(),
            proof: report.proof.as_ref(),
            errors: report
                .problems
                .iter()
                .map(|problem| ErrorEntry::new(report, problem))
                .collect(),
        }
    }
}

/// A place in the file as it was read. `existed` is false for a line that an earlier rewrite wrote.
#[derive(Serialize)]
struct Site {
    line: usize,
    column: usize,
    existed: bool,
}

impl Site {
    fn new(report: &FileReport, made: usize, span: Span) -> Self {
        let origin = report.locate(made, span.start);
        let Position { line, column } = origin.position;
        Self {
            line,
            column,
            existed: origin.existed,
        }
    }
}

#[derive(Serialize)]
struct RewriteEntry<'a> {
    id: &'a str,
    safety: Safety,
    message: &'a str,
    #[serde(flatten)]
    site: Site,
    assumptions: &'a [String],
    evidence: Vec<EvidenceEntry<'a>>,
    edits: Vec<Replacement<'a>>,
    additions: Vec<AdditionEntry<'a>>,
}

impl<'a> RewriteEntry<'a> {
    fn new(report: &FileReport, made: usize, id: &'a str, rewrite: &'a Rewrite) -> Self {
        Self {
            id,
            safety: rewrite.safety(),
            message: &rewrite.message,
            site: Site::new(report, made, rewrite.site),
            assumptions: &rewrite.assumes,
            evidence: evidence(report, made, &rewrite.because),
            edits: rewrite
                .edits
                .iter()
                .map(|edit| Replacement::new(report.text_after(made), edit.span, &edit.text))
                .collect(),
            additions: rewrite.additions.iter().map(AdditionEntry::from).collect(),
        }
    }
}

#[derive(Serialize)]
struct AdditionEntry<'a> {
    path: &'a str,
    lines: &'a [String],
}

impl<'a> From<&'a Addition> for AdditionEntry<'a> {
    fn from(addition: &'a Addition) -> Self {
        Self {
            path: &addition.path,
            lines: &addition.lines,
        }
    }
}

#[derive(Serialize)]
struct RefusalEntry<'a> {
    id: &'a str,
    code: &'a str,
    message: &'a str,
    #[serde(flatten)]
    site: Site,
    evidence: Vec<EvidenceEntry<'a>>,
}

impl<'a> RefusalEntry<'a> {
    fn new(report: &FileReport, id: &'a str, refusal: &'a Refusal) -> Self {
        let made = report.outcome.journal.len();
        Self {
            id,
            code: refusal.code,
            message: &refusal.message,
            site: Site::new(report, made, refusal.site),
            evidence: evidence(report, made, &refusal.because),
        }
    }
}

#[derive(Serialize)]
struct EvidenceEntry<'a> {
    note: &'a str,
    #[serde(flatten)]
    place: EvidencePlace<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum EvidencePlace<'a> {
    Source(Site),
    File { file: &'a str, line: Option<usize> },
    Table { table: &'a str },
}

fn evidence<'a>(
    report: &FileReport,
    made: usize,
    because: &'a [Evidence],
) -> Vec<EvidenceEntry<'a>> {
    let place = |place: &'a Place| match place {
        Place::Source(span) => EvidencePlace::Source(Site::new(report, made, *span)),
        Place::File(file, line) => EvidencePlace::File { file, line: *line },
        Place::Table(table) => EvidencePlace::Table { table },
    };
    because
        .iter()
        .map(|evidence| EvidenceEntry {
            note: &evidence.note,
            place: place(&evidence.place),
        })
        .collect()
}

#[derive(Serialize)]
struct ErrorEntry<'a> {
    message: &'a str,
    advice: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
}

impl<'a> ErrorEntry<'a> {
    fn new(report: &FileReport, problem: &'a Problem) -> Self {
        let position = problem
            .span
            .map(|span| Position::of(&report.source, span.start));
        Self {
            message: &problem.message,
            advice: problem.advice.as_deref(),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
        }
    }
}

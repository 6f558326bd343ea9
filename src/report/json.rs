//! One JSON document a run, for other programs.
//!
//! Its form is versioned, and described by `docs/schema/report-1.json`: within version 1, keys may be added and none
//! changes its meaning. Lines and columns of places are those of the file as it was read. The edits of a rewrite are
//! edits of the text that the rewrites before it left, so that applying the rewrites in order gives the result; those of
//! the file make the result of the file as it was read, all at once.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::changes::{Change, Replacement, changes};
use super::excerpt::Position;
use super::{FileReport, Hidden, NamedContext, Problem, Proof, Reporter, Totals};
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
        let hidden = report.hidden();
        serde_json::to_writer(out, &File::new(report, &changes, &hidden)).map_err(io::Error::from)
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
    #[serde(flatten)]
    edits: Edits<'a>,
    rewrites: Vec<RewriteEntry<'a>>,
    refusals: Vec<RefusalEntry<'a>>,
    withheld: Vec<RewriteEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a Proof>,
    errors: Vec<ErrorEntry<'a>>,
}

impl<'a> File<'a> {
    fn new(report: &'a FileReport, changes: &'a [Change], hidden: &Hidden) -> Self {
        let outcome = &report.outcome;
        let last = outcome.journal.len();
        let made = outcome.journal.iter().enumerate();
        Self {
            path: &report.path,
            changed: report.is_changed(),
            context: report.context.as_ref(),
            edits: Edits::new(
                &report.source,
                changes.iter().map(|change| (change.span, &*change.text)),
                hidden,
            ),
            rewrites: made
                .map(|(nth, entry)| {
                    RewriteEntry::new(report, nth, entry.id, &entry.rewrite, hidden)
                })
                .collect(),
            refusals: outcome
                .refusals
                .iter()
                .map(|refused| RefusalEntry::new(report, refused.id, &refused.refusal, hidden))
                .collect(),
            withheld: outcome
                .withheld
                .iter()
                .map(|withheld| {
                    RewriteEntry::new(report, last, withheld.id, &withheld.rewrite, hidden)
                })
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

/// Edits of one text; none, and a sign of it, when one of them would print what is hidden.
#[derive(Serialize)]
struct Edits<'a> {
    edits: Vec<Replacement<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    edits_hidden: bool,
}

impl<'a> Edits<'a> {
    fn new(
        before: &str,
        edits: impl Iterator<Item = (Span, &'a str)> + Clone,
        hidden: &Hidden,
    ) -> Self {
        let edits_hidden = edits.clone().any(|(_, text)| hidden.is_in(text));
        let edits = edits.filter(|_| !edits_hidden);
        Self {
            edits: edits
                .map(|(span, text)| Replacement::new(before, span, text))
                .collect(),
            edits_hidden,
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
    message: Cow<'a, str>,
    #[serde(flatten)]
    site: Site,
    assumptions: Vec<Cow<'a, str>>,
    evidence: Vec<EvidenceEntry<'a>>,
    #[serde(flatten)]
    edits: Edits<'a>,
    additions: Vec<AdditionEntry<'a>>,
}

impl<'a> RewriteEntry<'a> {
    fn new(
        report: &FileReport,
        made: usize,
        id: &'a str,
        rewrite: &'a Rewrite,
        hidden: &Hidden,
    ) -> Self {
        Self {
            id,
            safety: rewrite.safety(),
            message: hidden.cover(&rewrite.message),
            site: Site::new(report, made, rewrite.site),
            assumptions: rewrite
                .assumes
                .iter()
                .map(|assumption| hidden.cover(assumption))
                .collect(),
            evidence: evidence(report, made, &rewrite.because, hidden),
            edits: Edits::new(
                report.text_after(made),
                rewrite.edits.iter().map(|edit| (edit.span, &*edit.text)),
                hidden,
            ),
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
    message: Cow<'a, str>,
    #[serde(flatten)]
    site: Site,
    evidence: Vec<EvidenceEntry<'a>>,
}

impl<'a> RefusalEntry<'a> {
    fn new(report: &FileReport, id: &'a str, refusal: &'a Refusal, hidden: &Hidden) -> Self {
        let made = report.outcome.journal.len();
        Self {
            id,
            code: refusal.code,
            message: hidden.cover(&refusal.message),
            site: Site::new(report, made, refusal.site),
            evidence: evidence(report, made, &refusal.because, hidden),
        }
    }
}

#[derive(Serialize)]
struct EvidenceEntry<'a> {
    note: Cow<'a, str>,
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
    hidden: &Hidden,
) -> Vec<EvidenceEntry<'a>> {
    let place = |place: &'a Place| match place {
        Place::Source(span) => EvidencePlace::Source(Site::new(report, made, *span)),
        Place::File(file, line) => EvidencePlace::File { file, line: *line },
        Place::Table(table) => EvidencePlace::Table { table },
    };
    because
        .iter()
        .map(|evidence| EvidenceEntry {
            note: hidden.cover(&evidence.note),
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

//! What is shown in the margin of a document.

use anyhow::Error;
use dfopt::engine::proposals::Proposal;
use dfopt::report::Problem;
use dfopt::syntax::Span;
use dfopt::transform::{Evidence, Place};
use ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString,
    Position, Range, Uri,
};

use super::client::Client;
use super::document::Document;
use super::look::Look;

/// The name under which the client shows where a finding comes from.
const SOURCE: &str = "dfopt";

/// Every rewrite that could be made next, or what is wrong with the file.
pub(super) fn diagnostics(document: &Document, look: &Look<'_>, client: Client) -> Vec<Diagnostic> {
    let problems = look.problems.iter();
    let problems = problems.map(|problem| of_problem(document, problem));
    let proposals = look.proposals.iter();
    let proposals = proposals.map(|proposal| of_proposal(document, look, proposal, client));
    problems.chain(proposals).collect()
}

/// Why nothing could be found out.
pub(super) fn of_failure(document: &Document, error: &Error) -> Diagnostic {
    of_problem(document, &Problem::new(format!("{error:#}")))
}

/// A rewrite: information, or a hint where the settings do not let it be made unasked.
pub(super) fn of_proposal(
    document: &Document,
    look: &Look<'_>,
    proposal: &Proposal,
    client: Client,
) -> Diagnostic {
    let Proposal { id, rewrite } = proposal;
    let severity = if look.admits(proposal) {
        DiagnosticSeverity::INFORMATION
    } else {
        DiagnosticSeverity::HINT
    };
    let mut message = format!("{} ({})", rewrite.message, rewrite.safety());
    for assumption in &rewrite.assumes {
        message.push_str("\nassumes: ");
        message.push_str(assumption);
    }
    let because = rewrite.because.iter();
    let related = because.filter_map(|evidence| of_evidence(document, look, evidence));
    Diagnostic {
        range: first_line(document, rewrite.site),
        severity: Some(severity),
        code: Some(NumberOrString::String((*id).to_owned())),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: client.related_information.then(|| related.collect()),
        ..Diagnostic::default()
    }
}

fn of_problem(document: &Document, problem: &Problem) -> Diagnostic {
    let advice = problem.advice.iter().map(|advice| format!("\n{advice}"));
    let advice: String = advice.collect();
    Diagnostic {
        range: problem
            .span
            .map_or_else(Range::default, |span| document.text.range(span)),
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some(SOURCE.to_owned()),
        message: format!("{}{advice}", problem.message),
        ..Diagnostic::default()
    }
}

/// Where the evidence can be seen; `None` for a table, which is no file of the user.
fn of_evidence(
    document: &Document,
    look: &Look<'_>,
    evidence: &Evidence,
) -> Option<DiagnosticRelatedInformation> {
    let location = match &evidence.place {
        Place::Source(span) => Location::new(document.uri.clone(), document.text.range(*span)),
        Place::File(path, line) => {
            let uri = Uri::from_file_path(look.setup.root()?.join(path))?;
            let line = u32::try_from(line.unwrap_or(1).saturating_sub(1)).ok()?;
            let start = Position::new(line, 0);
            Location::new(uri, Range::new(start, start))
        }
        Place::Table(_) => return None,
    };
    Some(DiagnosticRelatedInformation {
        location,
        message: evidence.note.clone(),
    })
}

/// The first line of `span`: an instruction of thirty lines should not be underlined as a whole.
fn first_line(document: &Document, span: Span) -> Range {
    let text = span.text(document.text.as_str());
    let length = text.lines().next().unwrap_or_default().len();
    document
        .text
        .range(Span::new(span.start, span.start + length))
}

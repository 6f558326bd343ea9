//! What the client can be asked to do with a document.

use std::collections::HashMap;

use dfopt::engine::Outcome;
use dfopt::engine::proposals::Proposal;
use dfopt::report::Companion;
use dfopt::syntax::Span;
use dfopt::transform::Safety;
use ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CreateFile, CreateFileOptions,
    DocumentChangeOperation, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier,
    Range, ResourceOp, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use similar::{Algorithm, capture_diff_slices};

use super::client::Client;
use super::document::Document;
use super::findings;
use super::look::Look;
use super::text::{Encoding, Text};

/// All rewrites at once, for clients that do so whenever a file is saved. Nobody reads what happens then, so only
/// rewrites that are proven are made.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.dfopt");

/// What can be done at `range`: each rewrite of an instruction there, and all rewrites of the file.
pub(super) fn actions(
    document: &Document,
    look: &Look<'_>,
    client: Client,
    range: Range,
    only: Option<&[CodeActionKind]>,
) -> Vec<CodeActionOrCommand> {
    let offer = Offer {
        document,
        look,
        client,
    };
    let mut actions = Vec::new();
    if is_wanted(&CodeActionKind::QUICKFIX, only) {
        let here = look.proposals.iter();
        let here = here.filter(|proposal| overlaps(document, proposal.rewrite.site, range));
        actions.extend(here.filter_map(|proposal| offer.one(proposal)));
        actions.extend(offer.all(CodeActionKind::QUICKFIX, Safety::Unsafe));
    }
    // Only on request: a client that lists everything has them under the other kind.
    if only.is_some() && is_wanted(&FIX_ALL, only) {
        actions.extend(offer.all(FIX_ALL, Safety::Safe));
    }
    actions
        .into_iter()
        .map(CodeActionOrCommand::CodeAction)
        .collect()
}

/// Whether a client that asks for the kinds `only`, or for any, wants `kind`: `source` stands for `source.fixAll`.
fn is_wanted(kind: &CodeActionKind, only: Option<&[CodeActionKind]>) -> bool {
    let covers = |asked: &CodeActionKind| {
        let rest = kind.as_str().strip_prefix(asked.as_str());
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('.') || asked.as_str().is_empty()
        })
    };
    only.is_none_or(|only| only.iter().any(covers))
}

/// Whether `range` touches a line of `site`.
fn overlaps(document: &Document, site: Span, range: Range) -> bool {
    let site = document.text.range(site);
    site.start.line <= range.end.line && range.start.line <= site.end.line
}

/// What actions are made from.
struct Offer<'a> {
    document: &'a Document,
    look: &'a Look<'a>,
    client: Client,
}

impl Offer<'_> {
    /// One rewrite.
    fn one(&self, proposal: &Proposal) -> Option<CodeAction> {
        let Proposal { id, rewrite } = proposal;
        let text = &self.document.text;
        let edits = rewrite
            .edits
            .iter()
            .map(|edit| TextEdit::new(text.range(edit.span), edit.text.clone()));
        let companions = self.look.setup.companions(rewrite.additions.clone()).ok()?;
        Some(CodeAction {
            title: format!("dfopt {id}: {} ({})", rewrite.message, rewrite.safety()),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![findings::of_proposal(
                self.document,
                self.look,
                proposal,
                self.client,
            )]),
            edit: Some(self.edit(edits.collect(), &companions)?),
            ..CodeAction::default()
        })
    }

    /// All rewrites that are at least as certain as `most` and the settings ask for.
    fn all(&self, kind: CodeActionKind, most: Safety) -> Option<CodeAction> {
        let outcome = self.look.all(self.document, most);
        if outcome.journal.is_empty() {
            return None;
        }
        let companions = self.look.setup.companions(outcome.additions()).ok()?;
        Some(CodeAction {
            title: title_of_all(&outcome),
            kind: Some(kind),
            edit: Some(self.edit(line_edits(&self.document.text, &outcome.text), &companions)?),
            ..CodeAction::default()
        })
    }

    /// The edits of the document together with the lines that they need in other files; `None` when the client
    /// cannot make all of them.
    fn edit(&self, edits: Vec<TextEdit>, companions: &[Companion]) -> Option<WorkspaceEdit> {
        if !self.client.creates_files
            && companions
                .iter()
                .any(|companion| companion.before.is_none())
        {
            return None;
        }
        let others = companions
            .iter()
            .map(|companion| Some((companion, Uri::from_file_path(&companion.path)?)));
        let others: Vec<(&Companion, Uri)> = others.collect::<Option<_>>()?;
        if !self.client.versioned_edits {
            let others = others
                .into_iter()
                .map(|(companion, uri)| (uri, vec![appended(companion, self.client.encoding)]));
            let changes: HashMap<Uri, Vec<TextEdit>> =
                others.chain([(self.document.uri.clone(), edits)]).collect();
            return Some(WorkspaceEdit::new(changes));
        }
        let mut operations = Vec::new();
        for (companion, uri) in others {
            if companion.before.is_none() {
                operations.push(DocumentChangeOperation::Op(ResourceOp::Create(create(
                    uri.clone(),
                ))));
            }
            operations.push(versioned(
                uri,
                None,
                vec![appended(companion, self.client.encoding)],
            ));
        }
        let Document { uri, version, .. } = self.document;
        operations.push(versioned(uri.clone(), Some(*version), edits));
        Some(WorkspaceEdit {
            document_changes: Some(DocumentChanges::Operations(operations)),
            ..WorkspaceEdit::default()
        })
    }
}

/// `dfopt: apply all rewrites (2 safe, 1 assumed)`
fn title_of_all(outcome: &Outcome) -> String {
    let journal = &outcome.journal;
    let count = |safety| {
        journal
            .iter()
            .filter(|entry| entry.rewrite.safety() == safety)
            .count()
    };
    let counts =
        [Safety::Safe, Safety::Assumed, Safety::Unsafe].map(|safety| (count(safety), safety));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, safety)| format!("{count} {safety}"))
        .collect();
    format!("dfopt: apply all rewrites ({})", counts.join(", "))
}

/// The lines at the end of the other file.
fn appended(companion: &Companion, encoding: Encoding) -> TextEdit {
    let before = companion.before.clone().unwrap_or_default();
    let added = companion.after().split_off(before.len());
    let end = Text::new(before, encoding);
    let end = end.position(end.as_str().len());
    TextEdit::new(Range::new(end, end), added)
}

fn create(uri: Uri) -> CreateFile {
    let options = CreateFileOptions {
        overwrite: None,
        ignore_if_exists: Some(true),
    };
    CreateFile {
        uri,
        options: Some(options),
        annotation_id: None,
    }
}

fn versioned(uri: Uri, version: Option<i32>, edits: Vec<TextEdit>) -> DocumentChangeOperation {
    DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    })
}

/// The edits that make `after` of `before`, a run of changed lines each, so that cursors and folds elsewhere stay.
fn line_edits(before: &Text, after: &str) -> Vec<TextEdit> {
    let old: Vec<&str> = before.as_str().split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let starts = |lines: &[&str]| -> Vec<usize> {
        let ends = lines.iter().scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        std::iter::once(0).chain(ends).collect()
    };
    let (old_starts, new_starts) = (starts(&old), starts(&new));
    let changed = capture_diff_slices(Algorithm::Myers, &old, &new);
    let changed = changed
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal);
    let edit = |op: &similar::DiffOp| {
        let (from, to) = (op.old_range(), op.new_range());
        let replaced = Span::new(old_starts[from.start], old_starts[from.end]);
        let text = &after[new_starts[to.start]..new_starts[to.end]];
        TextEdit::new(before.range(replaced), text.to_owned())
    };
    changed.map(edit).collect()
}

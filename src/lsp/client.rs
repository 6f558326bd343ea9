//! What the client can do.

use ls_types::{ClientCapabilities, ResourceOperationKind};

use super::text::Encoding;

/// The abilities that change what the server says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether an edit may name the version of the document that it was made for.
    pub(super) versioned_edits: bool,
    /// Whether an edit may create a file.
    pub(super) creates_files: bool,
    /// Whether a diagnostic may point at other places.
    pub(super) related_information: bool,
    /// Whether it tells of changed files when asked to.
    pub(super) watches_files: bool,
}

impl Client {
    pub(super) fn new(capabilities: &ClientCapabilities) -> Self {
        let general = capabilities.general.as_ref();
        let offered = general.and_then(|general| general.position_encodings.as_deref());
        let workspace = capabilities.workspace.as_ref();
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let versioned_edits = edits.and_then(|edits| edits.document_changes) == Some(true);
        let operations = edits.and_then(|edits| edits.resource_operations.as_deref());
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let documents = capabilities.text_document.as_ref();
        let diagnostics = documents.and_then(|documents| documents.publish_diagnostics.as_ref());
        Self {
            encoding: Encoding::choose(offered.unwrap_or_default()),
            versioned_edits,
            creates_files: versioned_edits
                && operations.is_some_and(|known| known.contains(&ResourceOperationKind::Create)),
            related_information: diagnostics.and_then(|known| known.related_information)
                == Some(true),
            watches_files: watched.and_then(|watched| watched.dynamic_registration) == Some(true),
        }
    }
}

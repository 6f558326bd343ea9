//! What differs because another tool installs.

use super::{Cause, Evidence, What};
use crate::transform::Change;

/// Why `path` differs, if that is because another program installed the same, or because the one that did is gone.
pub(super) fn cause(path: &str, what: What, evidence: &Evidence<'_>) -> Option<Cause> {
    let declared = evidence.declared;
    let tables = &evidence.knowledge.image_files;
    let replaced = declared.by(|change| matches!(change, Change::Replaced { .. }))?;
    if tables.is_of_installer(path) {
        return Some(Cause {
            why: "tell which program installed a package",
            by: Some(replaced),
        });
    }
    match what {
        What::New => Some(Cause {
            why: "are the tool that is copied",
            by: Some(declared.by(|change| copies(change, path))?),
        }),
        What::Gone if tables.is_of_tool(path) => Some(Cause {
            why: "came with the tool that is gone",
            by: Some(declared.by(|change| matches!(change, Change::SetupGone { .. }))?),
        }),
        _ => None,
    }
}

/// Whether `change` copies a tool to `path`. `/bin` is a link to `/usr/bin` in most images.
fn copies(change: &Change, path: &str) -> bool {
    let Change::ToolCopied { to, .. } = change else {
        return false;
    };
    let to = to.trim_start_matches('/');
    path == to || path.strip_prefix("usr/") == Some(to)
}

//! `ADD` of local files that are no archives becomes `COPY`, which can do nothing else.

use super::refuse;
use crate::syntax::{Kind, Transfer};
use crate::transform::{Change, Cx, Plan, Refusal, Rewrite};
use crate::transforms::added::{self, Added};
use crate::transforms::style;

/// Flags that only mean something for what is downloaded or unpacked.
const FLAGS_OF_ADD: [&str; 3] = ["checksum", "keep-git-dir", "unpack"];

pub(super) fn plan(cx: &Cx<'_>, index: usize) -> Option<Plan> {
    let view = &cx.facts.views[index];
    let Kind::Add(transfer) = &view.kind else {
        return None;
    };
    // Nobody breaks a line inside of `ADD`.
    let is_whole = !view.logical.crosses_seam(view.keyword_span);
    let has_own_flag = FLAGS_OF_ADD.iter().any(|name| view.flag(name).is_some());
    if has_own_flag || !is_whole {
        return None;
    }
    rewrite(cx, index, transfer).transpose()
}

fn rewrite(cx: &Cx<'_>, index: usize, transfer: &Transfer) -> Result<Option<Rewrite>, Refusal> {
    let instruction = &cx.file.instructions()[index];
    let message = "COPY: what is copied is local and not unpacked";
    let mut rewrite = Rewrite::new(instruction.span, message);
    for source in &transfer.sources {
        let name = source.raw.trim_matches(['"', '\'']);
        match added::read(cx, &source.raw) {
            Added::Unpacked => return Ok(None),
            Added::Copied(None) => {}
            Added::Copied(Some(place)) => rewrite.evidence(place, "is no archive"),
            Added::CopiedByName => {
                let name = &source.raw;
                rewrite.assume(format!("`{name}` is no archive, which ADD would unpack"));
            }
            Added::Pattern => {
                let message = format!("`{name}` may match an archive, which ADD unpacks");
                return Err(refuse(cx, index, "may-be-archive", message));
            }
            Added::Variable => {
                let message = format!(
                    "only the build knows what `{name}` is: a download, or an archive that ADD unpacks"
                );
                return Err(refuse(cx, index, "variable-source", message));
            }
        }
    }
    let keyword = style::keyword(cx.file, index, "COPY");
    rewrite.edits.replace(instruction.keyword_span, keyword);
    rewrite.declares.push(Change::NothingUnpacked);
    Ok(Some(rewrite))
}

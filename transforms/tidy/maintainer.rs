//! `MAINTAINER`, deprecated since Docker 1.13, becomes the label that the build check `MaintainerDeprecated` asks for.

use super::refuse;
use crate::analysis::stages::Stage;
use crate::syntax::Kind;
use crate::transform::{Change, Cx, Plan, Refusal, Rewrite};
use crate::transforms::style;

/// The annotation of the OCI image specification for who made an image.
const AUTHORS: &str = "org.opencontainers.image.authors";

pub(super) fn plan(cx: &Cx<'_>, stage: &Stage, index: usize) -> Option<Plan> {
    let view = &cx.facts.views[index];
    let Kind::Maintainer(name) = &view.kind else {
        return None;
    };
    Some(rewrite(cx, stage, index, view.text(*name)))
}

fn rewrite(cx: &Cx<'_>, stage: &Stage, index: usize, name: &str) -> Result<Rewrite, Refusal> {
    let view = &cx.facts.views[index];
    let own = stage.body.clone().filter(|&at| at != index);
    let mut own = own.filter(|&at| matches!(cx.facts.views[at].kind, Kind::Maintainer(_)));
    // A stage that is built on this one may have the label.
    let mut later = (stage.body.start..cx.facts.views.len()).filter(|&at| has_label(cx, at));
    if let Some(other) = own.next().or_else(|| later.next()) {
        let message = "another instruction names the authors as well: keep the one that is right";
        let other = cx.file.instructions()[other].span;
        return Err(
            refuse(cx, index, "authors-twice", message).because(other, "says who it is as well")
        );
    }
    let name = unquoted(name);
    let line = view.logical.source(view.keyword_span.cover(view.body));
    if view
        .logical
        .crosses_comment(view.keyword_span.cover(view.body))
    {
        let message = "a comment stands inside of the instruction: move it";
        return Err(refuse(cx, index, "comment-inside", message));
    }
    let mut rewrite = Rewrite::new(line, format!("a label instead of MAINTAINER: {name}"));
    let keyword = style::keyword(cx.file, index, "LABEL");
    let value = quoted(name, cx.file.escape());
    rewrite
        .edits
        .replace(line, format!("{keyword} {AUTHORS}={value}"));
    rewrite.assume("nobody reads the author field of the image (`docker inspect --format '{{.Author}}'`), which only MAINTAINER sets");
    rewrite
        .declares
        .push(Change::MaintainerAsLabel(AUTHORS.to_owned()));
    Ok(rewrite)
}

/// Whether the instruction at `index` sets the label.
fn has_label(cx: &Cx<'_>, index: usize) -> bool {
    let Kind::Label { pairs, .. } = &cx.facts.views[index].kind else {
        return false;
    };
    let mut keys = pairs.iter().map(|pair| pair.key.raw.as_str());
    keys.any(|key| key.trim_matches(['"', '\'']) == AUTHORS)
}

/// What is between the quotes that some people put around the name. `MAINTAINER` knows no quotes.
fn unquoted(name: &str) -> &str {
    let inner = |quote: char| name.strip_prefix(quote)?.strip_suffix(quote);
    let inner = inner('"').or_else(|| inner('\''));
    inner.filter(|inner| !inner.is_empty()).unwrap_or(name)
}

/// `value` in double quotes, so that it comes out of `LABEL` as it is.
fn quoted(value: &str, escape: char) -> String {
    let mut quoted = String::from('"');
    for c in value.chars() {
        if matches!(c, '"' | '$') || c == escape {
            quoted.push(escape);
        }
        quoted.push(c);
    }
    quoted + "\""
}

//! `StageNameCasing`: names of stages in lower case, where they are given and where they are used.

use super::respell;
use crate::syntax::{Flag, Kind, Span, View};
use crate::transform::{Cx, Plan, Rewrite};

pub(super) fn plan(cx: &Cx<'_>, index: usize) -> Option<Plan> {
    let Kind::From {
        alias: Some(alias), ..
    } = &cx.facts.views[index].kind
    else {
        return None;
    };
    let wanted = alias.raw.to_lowercase();
    if wanted == alias.raw {
        return None;
    }
    let plan = respell(cx, index, alias.span, &wanted, "StageNameCasing");
    Some(plan.map(|rewrite| with_uses(cx, index, &alias.raw, rewrite)))
}

/// `rewrite`, and the same for whoever names the stage as it was. `BuildKit` does not mind the case, a reader may.
fn with_uses(cx: &Cx<'_>, index: usize, name: &str, mut rewrite: Rewrite) -> Rewrite {
    for view in cx.facts.views.iter().skip(index + 1) {
        let is_whole = |span: &Span| !view.logical.crosses_seam(*span);
        for span in uses(view, name).into_iter().filter(is_whole) {
            let site = view.logical.source(span);
            rewrite.edits.replace(site, name.to_lowercase());
        }
    }
    rewrite
}

/// Where an instruction names the stage: in `FROM`, `--from=` and `--mount=from=`.
fn uses(view: &View<'_>, name: &str) -> Vec<Span> {
    let base = match &view.kind {
        Kind::From { image, .. } if image.raw == name => Some(image.span),
        _ => None,
    };
    let in_flag = |flag: &Flag| {
        let (at, value) = (flag.value_span?, flag.value.as_deref()?);
        let start = match flag.name.as_str() {
            "from" if value == name => 0,
            "mount" => {
                let mut parts = value.split_inclusive(',');
                let key = "from=";
                let is_it = |part: &str| {
                    part.strip_prefix(key)
                        .map(|used| used.trim_end_matches(','))
                        == Some(name)
                };
                let before: usize = parts
                    .by_ref()
                    .take_while(|part| !is_it(part))
                    .map(str::len)
                    .sum();
                (before < value.len()).then_some(before + key.len())?
            }
            _ => return None,
        };
        Some(Span::new(at.start + start, at.start + start + name.len()))
    };
    let flags = view.flags.iter().filter_map(in_flag);
    base.into_iter().chain(flags).collect()
}

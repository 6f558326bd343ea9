//! The spelling that `docker build --check` asks for. No image changes.
//!
//! ```dockerfile
//! FROM debian:12 as Build         FROM debian:12 AS build
//! ENV PATH /app/bin:$PATH         ENV PATH=/app/bin:$PATH
//! EXPOSE 80/TCP                   EXPOSE 80/tcp
//! ```

mod casing;
pub(super) mod key_value;
mod port;
mod stage_name;

use crate::analysis::stages::Os;
use crate::syntax::Span;
use crate::transform::{Cx, Gain, Info, Plan, Refusal, Rewrite, Runs, Transform};

/// Writes what `docker build --check` warns about as it wants to have it.
pub struct BuildChecks;

static INFO: Info = Info {
    id: "build-checks",
    title: "spells as `docker build --check` asks: key=value, AS, one case for all keywords",
    doc: include_str!("README.md"),
    gain: Gain::Upkeep,
    runs: Runs::OnRequest {
        presets: &[],
        because: "it is a matter of spelling",
    },
};

impl Transform for BuildChecks {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let majority = casing::majority(cx);
        let is_linux = |index: &usize| {
            let stage = cx.facts.stage_of(*index);
            stage.is_none_or(|stage| stage.os == Os::Linux)
        };
        (0..cx.facts.views.len())
            .filter(is_linux)
            .flat_map(|index| {
                let plans = [
                    casing::keyword(cx, index, majority),
                    casing::from_as(cx, index),
                    stage_name::plan(cx, index),
                    key_value::plan(cx, index),
                    port::plan(cx, index),
                ];
                plans.into_iter().flatten()
            })
            .collect()
    }
}

/// The rewrite that puts `text` in the place of `word` of the instruction at `index`, as `check` wants it.
fn respell(cx: &Cx<'_>, index: usize, word: Span, text: &str, check: &str) -> Plan {
    let logical = &cx.facts.views[index].logical;
    let site = logical.source(word);
    if logical.crosses_seam(word) {
        let message = "the word is split over two lines: join them";
        return Err(Refusal::new(site, "split-word", message));
    }
    let mut rewrite = Rewrite::new(site, format!("{check}: {text}"));
    rewrite.edits.replace(site, text);
    Ok(rewrite)
}

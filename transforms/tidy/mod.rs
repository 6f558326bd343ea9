//! Small things that an expert corrects on the way: each changes one instruction, or takes one away.
//!
//! ```dockerfile
//! ADD . /app                      COPY . /app
//! MAINTAINER Jo <jo@example.com>  LABEL org.opencontainers.image.authors="Jo <jo@example.com>"
//! WORKDIR app                     WORKDIR /app
//! ```

mod add;
mod continuation;
mod maintainer;
mod repeated;
mod workdir;

use crate::analysis::stages::{Os, Stage};
use crate::transform::{Cx, Gain, Info, Plan, Refusal, Runs, Transform};

/// Corrects what has no effect, another than it seems, or is deprecated.
pub struct Tidy;

static INFO: Info = Info {
    id: "tidy",
    title: "corrects what has no effect, another than it seems, or is deprecated",
    doc: include_str!("README.md"),
    gain: Gain::Upkeep,
    runs: Runs::ByDefault,
};

impl Transform for Tidy {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = cx.facts.stages.iter();
        stages
            .filter(|stage| stage.os == Os::Linux)
            .flat_map(|stage| stage.body.clone().map(move |index| (stage, index)))
            .flat_map(|(stage, index)| plan_instruction(cx, stage, index))
            .collect()
    }
}

/// What there is to say of the instruction at `index`: at most one of these is about it, but for empty lines.
fn plan_instruction(cx: &Cx<'_>, stage: &Stage, index: usize) -> impl Iterator<Item = Plan> {
    let plans = [
        add::plan(cx, index),
        maintainer::plan(cx, stage, index),
        repeated::plan(cx, stage, index),
        workdir::plan(cx, stage, index),
        continuation::plan(cx, index),
    ];
    plans.into_iter().flatten()
}

/// A refusal of the instruction at `index`.
fn refuse(cx: &Cx<'_>, index: usize, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(cx.file.instructions()[index].span, code, message)
}

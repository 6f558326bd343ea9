//! Package layers: joined, and left clean.
//!
//! ```dockerfile
//! RUN apt-get update                  RUN apt-get update \
//! RUN apt-get install -y curl             && apt-get install -y curl \
//!                                         && rm -rf /var/lib/apt/lists/*
//! ```
//!
//! `RUN`s that stand side by side and only work with packages become one: lists are downloaded once,
//! installs are joined where neither order nor options differ, and the lists do not stay.

mod append;
mod arrange;
mod clean;
mod command;
mod compose;
mod document;
mod guards;
mod late;
mod later;
mod layer;
mod mention;
mod merge;
mod packages;
mod recommends;
mod refresh;
mod script;
mod sources;
mod spelling;
mod uncached;

use crate::analysis::stages::{Os, Stage};
use crate::transform::{Cx, Gain, Info, Plan, Refusal, Runs, Transform};

use merge::Group;

/// Joins the layers of package managers and cleans up behind them.
pub struct MergeApt;

static INFO: Info = Info {
    id: "merge-apt",
    title: "installs packages in one layer that keeps no package lists",
    doc: include_str!("README.md"),
    gain: Gain::Size,
    runs: Runs::ByDefault,
};

impl Transform for MergeApt {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = cx.facts.stages.iter().filter(|stage| stage.os == Os::Linux);
        stages.flat_map(|stage| plan_stage(cx, stage)).collect()
    }
}

fn plan_stage(cx: &Cx<'_>, stage: &Stage) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut index = stage.body.start;
    while index < stage.body.end {
        let Some(group) = merge::group(cx, stage, index) else {
            plans.extend(script::plan(cx, stage, index));
            index += 1;
            continue;
        };
        plans.extend(plan_group(cx, stage, index, &group));
        index += group.layers.len().max(1);
    }
    plans
}

/// One `RUN` is cleaned before it is asked what else it installs.
fn plan_group(cx: &Cx<'_>, stage: &Stage, index: usize, group: &Group<'_>) -> Vec<Plan> {
    let mut plans = Vec::new();
    if group.layers.len() > 1 {
        plans.push(merge::rewrite(cx, stage, &group.layers));
    } else {
        plans.extend(clean::plan(cx, stage, index));
    }
    if let [layer] = group.layers.as_slice() {
        plans.extend(recommends::plan(cx, stage, layer));
    }
    let told = |obstacle: &Refusal| {
        let mut refusals = plans.iter().filter_map(|plan| plan.as_ref().err());
        refusals.any(|refusal| (refusal.site, refusal.code) == (obstacle.site, obstacle.code))
    };
    if let Some(obstacle) = group.obstacle.as_ref().filter(|obstacle| !told(obstacle)) {
        plans.push(Err(obstacle.clone()));
    }
    plans
}

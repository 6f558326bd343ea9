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

mod arrange;
mod clean;
mod compose;
mod guards;
mod later;
mod layer;
mod layout;
mod mention;
mod merge;
mod packages;
mod spelling;

use crate::analysis::stages::{Os, Stage};
use crate::transform::{Cx, Info, Plan, Transform};

/// Joins the layers of package managers and cleans up behind them.
pub struct MergeApt;

static INFO: Info = Info {
    id: "merge-apt",
    title: "installs packages in one layer that keeps no package lists",
    doc: include_str!("README.md"),
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
            index += 1;
            continue;
        };
        if group.layers.len() > 1 {
            plans.push(merge::rewrite(cx, stage, &group.layers));
        } else {
            plans.extend(clean::plan(cx, stage, index));
        }
        plans.extend(group.obstacle.map(Err));
        index += group.layers.len().max(1);
    }
    plans
}

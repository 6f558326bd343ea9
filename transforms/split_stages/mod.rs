//! Stub.

use crate::transform::{Cx, Info, Plan, Transform};

/// Stub.
pub struct SplitStages;

static INFO: Info = Info {
    id: "split-stages",
    title: "",
    doc: include_str!("README.md"),
};

impl Transform for SplitStages {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, _cx: &Cx<'_>) -> Vec<Plan> {
        Vec::new()
    }
}

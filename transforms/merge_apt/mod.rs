//! Stub.

use crate::transform::{Cx, Info, Plan, Transform};

/// Stub.
pub struct MergeApt;

static INFO: Info = Info {
    id: "merge-apt",
    title: "",
    doc: include_str!("README.md"),
};

impl Transform for MergeApt {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, _cx: &Cx<'_>) -> Vec<Plan> {
        Vec::new()
    }
}

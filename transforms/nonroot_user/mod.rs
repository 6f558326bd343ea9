//! Stub.

use crate::transform::{Cx, Info, Plan, Transform};

/// Stub.
pub struct NonrootUser;

static INFO: Info = Info {
    id: "nonroot-user",
    title: "",
    doc: include_str!("README.md"),
};

impl Transform for NonrootUser {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, _cx: &Cx<'_>) -> Vec<Plan> {
        Vec::new()
    }
}

//! Nothing is left behind by installs, and programs run as they should in a container.
//!
//! ```dockerfile
//! RUN pip install flask           RUN pip install --no-cache-dir flask
//! CMD ["python", "app.py"]        ENV PYTHONUNBUFFERED=1 …
//!                                 CMD ["python", "app.py"]
//! ```

mod lean;
mod variables;

use crate::analysis::stages::Os;
use crate::transform::{Cx, Gain, Info, Plan, Runs, Transform};

use super::shipped::is_shipped;

/// Keeps caches of installs out of the image, and gives its programs the variables that are usual in containers.
pub struct EnvHygiene;

static INFO: Info = Info {
    id: "env-hygiene",
    title: "keeps the caches of installs out of the image; sets what programs expect in a container",
    doc: include_str!("README.md"),
    gain: Gain::Size,
    runs: Runs::ByDefault,
};

impl Transform for EnvHygiene {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let stages = cx.facts.stages.iter();
        let shipped = stages.filter(|stage| stage.os == Os::Linux && is_shipped(cx, stage));
        let mut plans: Vec<Plan> = shipped.flat_map(|stage| lean::plan(cx, stage)).collect();
        let last = cx.facts.final_stage().filter(|stage| stage.os == Os::Linux);
        plans.extend(last.and_then(|stage| variables::plan(cx, stage)));
        plans
    }
}

//! Secrets that a step needs, and the image must not keep.
//!
//! ```dockerfile
//! ARG NPM_TOKEN           RUN --mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN \
//! RUN ./install.sh            ./install.sh
//! ```

mod command_line;
mod file;
mod steps;
mod stored;
mod traces;
mod variable;
mod writer;

use crate::transform::{Cx, Gain, Info, Plan, Preset, Refusal, Runs, Transform};

/// Mounts secrets for the steps that need them.
pub struct MountSecrets;

static INFO: Info = Info {
    id: "mount-secrets",
    title: "gives secrets to the steps that need them, and not to the image",
    doc: include_str!("README.md"),
    gain: Gain::Security,
    runs: Runs::OnRequest {
        presets: &[Preset::Security],
        because: "whoever builds the image has to call the build in another way",
    },
};

impl Transform for MountSecrets {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let mut plans = variable::plans(cx);
        plans.extend(file::plans(cx));
        plans.extend(command_line::plans(cx));
        plans.extend(stored::plans(cx));
        plans.sort_by_key(|plan| match plan {
            Ok(rewrite) => rewrite.site.start,
            Err(refusal) => refusal.site.start,
        });
        plans
    }
}

/// A refusal about the instruction at `index`.
fn refuse(cx: &Cx<'_>, index: usize, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(cx.file.instructions()[index].span, code, message)
}

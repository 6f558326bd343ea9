//! A build context without what has no business in an image.
//!
//! ```dockerfile
//! COPY . .        and in .dockerignore: .git, **/__pycache__, .venv
//! ```

mod need;

pub(super) use need::in_other_dockerfiles;

use crate::context::{BuildContext, FileKind};
use crate::knowledge::ignorable::Kind as Ignorable;
use crate::syntax::Kind;
use crate::transform::{
    Addition, Cx, Gain, Info, Place, Plan, Preset, Refusal, Rewrite, Runs, Transform,
};

/// Adds to `.dockerignore` what a copy of the whole project should not bring.
pub struct NarrowCopy;

static INFO: Info = Info {
    id: "narrow-copy",
    title: "leaves out of the build context what has no business in an image",
    doc: include_str!("README.md"),
    gain: Gain::Size,
    runs: Runs::OnRequest {
        presets: &[Preset::Ci, Preset::Size, Preset::Security],
        because: "other builds may share the context",
    },
};

impl Transform for NarrowCopy {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let whole = (0..cx.facts.views.len()).find(|&index| copies_everything(cx, index));
        let (Some(context), Some(copy)) = (cx.context, whole) else {
            return Vec::new();
        };
        let kinds = cx.knowledge.ignorable.iter();
        kinds
            .flat_map(|kind| plan_kind(cx, context, copy, kind))
            .collect()
    }
}

/// Whether the instruction at `index` copies the whole build context.
fn copies_everything(cx: &Cx<'_>, index: usize) -> bool {
    let view = &cx.facts.views[index];
    let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
        return false;
    };
    let mut sources = transfer.sources.iter().map(|source| source.raw.as_str());
    view.flag("from").is_none()
        && sources.any(|source| matches!(source, "." | "./" | "/" | "*" | "./*"))
}

/// What there is to say of all that is of one kind: one rewrite for what is left out, a refusal for each that is not.
fn plan_kind(cx: &Cx<'_>, context: &BuildContext, copy: usize, kind: &Ignorable) -> Vec<Plan> {
    let site = cx.file.instructions()[copy].span;
    let mut rewrite = Rewrite::new(site, "");
    let mut refusals = Vec::new();
    let mut lines = Vec::new();
    for name in &kind.names {
        let Some(path) = brought(context, kind, name) else {
            continue;
        };
        match need::of(cx, context, kind, name) {
            Some((place, note)) => {
                let message = format!("`{path}` may be needed, so it stays in the build context");
                refusals.push(Err(
                    Refusal::new(site, "needed", message).because(place, note)
                ));
            }
            None => {
                rewrite.evidence(Place::File(path, None), "is copied");
                lines.push(if kind.anywhere {
                    format!("**/{name}")
                } else {
                    name.clone()
                });
            }
        }
    }
    if lines.is_empty() {
        return refusals;
    }
    let ignore_file = context.ignore_file().to_owned();
    rewrite.message = format!(
        "{ignore_file} leaves out {}: {}",
        kind.what,
        lines.join(", ")
    );
    rewrite.by_intent = kind.by_intent;
    rewrite.assume(format!("nothing in the build reads {}", kind.what));
    rewrite.assumes.extend(kind.assumes.clone());
    rewrite.additions.push(Addition {
        path: ignore_file,
        lines,
    });
    let mut plans = vec![Ok(rewrite)];
    plans.append(&mut refusals);
    plans
}

/// The first path called `name` that a copy of everything brings, if it is of this kind.
fn brought(context: &BuildContext, kind: &Ignorable, name: &str) -> Option<String> {
    let pattern = if kind.anywhere {
        format!("**/{name}")
    } else {
        name.to_owned()
    };
    let holds = |path: &String| match &kind.holds {
        Some(file) => context.kind(&format!("{path}/{file}")) == Some(FileKind::File),
        None => true,
    };
    let path = context.glob(&pattern).into_iter().find(holds)?;
    // An exception in the ignore file is there on purpose, and a line behind it would overrule it.
    (!context.has_exceptions_for(&path)).then_some(path)
}

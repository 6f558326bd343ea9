//! Which stages become images that somebody gets, and what others want of these.

use crate::analysis::launch::Launches;
use crate::analysis::paths::below;
use crate::analysis::stages::{Base, Stage};
use crate::project::Use;
use crate::syntax::Kind;
use crate::transform::Cx;

use super::launched::{by_projects, is_prompt};

/// Whether the layers of `stage` are in an image that somebody gets: the last one, or one that is named from outside.
pub(super) fn is_shipped(cx: &Cx<'_>, stage: &Stage) -> bool {
    let is_final = stage.index + 1 == cx.facts.stages.len();
    let is_base = |other: &Stage| other.base == Base::Stage(stage.index);
    let later = &cx.facts.stages[stage.index + 1..];
    is_final
        || cx.uses(stage).next().is_some()
        || later
            .iter()
            .any(|other| is_base(other) && is_shipped(cx, other))
}

/// Whether files are copied into `stage`, or into one that it is built on, other than settings of the system. An image
/// without any is one of tools: to build on, to work in, or to run a program that comes with a package.
pub(super) fn brings_project(cx: &Cx<'_>, stage: &Stage) -> bool {
    let brings = |index: usize| match &cx.facts.views[index].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            let dest = cx.facts.destination(index, transfer);
            let mut sources = transfer.sources.iter();
            below(&dest, "/etc").is_none() && !sources.any(|source| source.raw.contains("://"))
        }
        _ => false,
    };
    let in_base = match stage.base {
        Base::Stage(parent) => brings_project(cx, &cx.facts.stages[parent]),
        _ => false,
    };
    in_base || stage.body.clone().any(brings)
}

/// Something outside of the Dockerfile that takes more of an image than its program.
pub(super) struct Wanted<'c> {
    pub(super) used: &'c Use,
    /// What it takes, as the message of a refusal.
    pub(super) message: String,
    /// What is to be seen at its place.
    pub(super) note: &'static str,
}

/// What wants the tools of the image of `stage`, or may: another Dockerfile is built on it or copies files of it, or people are
/// given a prompt in it.
pub(super) fn wanted<'c>(cx: &'c Cx<'_>, stage: &'c Stage) -> Option<Wanted<'c>> {
    let child = cx.children(stage).next().map(|(used, child)| {
        let takes = if child.is_built_on {
            "is built on this image, and may need"
        } else {
            "copies files of this image, perhaps"
        };
        Wanted {
            used,
            message: format!("{} {takes} what only the builder would have", used.name),
            note: "takes it",
        }
    });
    let is_prompted = |words: Vec<String>| {
        let mut launches = Launches::default();
        launches.add_words(cx.facts, stage.from, words);
        launches.launches.iter().any(is_prompt)
    };
    let prompt = || {
        let (used, _) = by_projects(cx, stage).find(|(_, words)| is_prompted(words.clone()))?;
        Some(Wanted {
            used,
            message: format!(
                "{} starts a prompt, at which people may want the tools",
                used.described()
            ),
            note: "what it starts",
        })
    };
    child.or_else(prompt)
}

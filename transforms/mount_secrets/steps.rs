//! Which steps need a secret.

use crate::analysis::commands::first_words;
use crate::analysis::runs::{Run, Step};
use crate::knowledge::tools::Does;
use crate::transform::Cx;

/// The commands of the `RUN` at `index`, which may be those of its here-document.
pub(super) fn script<'a>(cx: &Cx<'a>, index: usize) -> Option<&'a Run<'a>> {
    let run = cx.facts.runs[index].as_ref()?;
    Some(run.as_read())
}

/// Whether instruction `index` has `name` in its text, as a word of its own.
pub(super) fn names(cx: &Cx<'_>, index: usize, name: &str) -> bool {
    let view = &cx.facts.views[index];
    let documents = cx.file.instructions()[index].heredocs.iter();
    let mut texts = documents
        .map(|document| document.body.text(cx.file.text()))
        .chain([view.text(view.body)])
        .chain(view.flags.iter().map(|flag| view.text(flag.span)));
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    texts.any(|text| {
        text.match_indices(name).any(|(at, _)| {
            !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word)
        })
    })
}

/// Whether the `RUN` at `index` may look for a secret where nobody sees it: nobody knows what it runs, or it installs or
/// builds what the project says.
pub(super) fn may_look(cx: &Cx<'_>, index: usize) -> bool {
    let looks = |does: Does| matches!(does, Does::InstallDependencies | Does::Build | Does::Run);
    let may_look = |step: &Step<'_>| match step.does() {
        Some(does) => looks(does),
        None => {
            // Even when its options are not understood, a program that the tables know is no other.
            let known = cx.knowledge.tools.find(&first_words(&step.args));
            known.is_none_or(|(tool, _)| tool.actions.iter().any(|action| looks(action.does)))
        }
    };
    script(cx, index).is_some_and(|run| run.opaque.is_some() || run.steps.iter().any(may_look))
}

/// Whether instruction `index` comes behind instruction `before`, in the same stage or one that is built on it.
pub(super) fn is_behind(cx: &Cx<'_>, index: usize, before: usize) -> bool {
    let stage = cx.facts.stage_of(index);
    let same = |stage| {
        let mut below = cx.facts.ancestry(stage);
        below.any(|stage| stage.body.contains(&before))
    };
    index > before && stage.is_some_and(same)
}

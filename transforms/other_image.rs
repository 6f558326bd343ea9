//! What is not the same in another image, which only runs what is built in the first one.

use crate::analysis::commands::{Arg, recognise};
use crate::analysis::runs::Step;
use crate::knowledge::images::{Image, ImageRef, Runs};
use crate::knowledge::tools::{Action, Does, Language};
use crate::syntax::Expander;
use crate::transform::Cx;

/// Whether two references differ in nothing but their tags.
pub(super) fn share_repository(one: &str, other: &str) -> bool {
    let (one, other) = (ImageRef::parse(one), ImageRef::parse(other));
    (one.prefix, one.repository) == (other.prefix, other.repository)
}

/// Whether packages and settings that are written for `image` may not suit `other`.
pub(super) fn is_of_another_release(image: &Image<'_>, other: &Image<'_>) -> bool {
    let release = |image: &Image<'_>| image.release.as_ref().map(|release| release.name.clone());
    image.distribution != other.distribution || release(image) != release(other)
}

/// Whether the `RUN` at `at` may do something else in `other` than in `image`. Handling files is the same everywhere; packages
/// differ from one release to the next, and how accounts are made from one distribution to the next.
pub(super) fn is_bound(cx: &Cx<'_>, at: usize, image: &Image<'_>, other: &Image<'_>) -> bool {
    if !is_of_another_release(image, other) {
        return false;
    }
    let is_common = |step: &Step<'_>| match step.does() {
        Some(Does::Files | Does::Nothing | Does::ShellState) => true,
        Some(Does::AddUser) => image.distribution == other.distribution,
        _ => false,
    };
    let run = cx.facts.run(at);
    run.is_some_and(|run| run.opaque.is_some() || !run.steps.iter().all(is_common))
}

/// The start of a path in the instruction at `at` that no image of another repository than that of `image` has.
pub(super) fn own_folder<'i>(cx: &Cx<'_>, image: &Image<'i>, at: usize) -> Option<&'i str> {
    let text = cx.facts.source_text(at);
    let mut folders = image.folders.iter().map(String::as_str);
    folders.find(|folder| text.contains(folder))
}

/// A variable that the instruction at `at` has from the base image, of those that images of other languages have not.
pub(super) fn variable_of_base(cx: &Cx<'_>, at: usize) -> Option<String> {
    let state = &cx.facts.states[at];
    let text = &cx.facts.views[at].logical.text;
    let references = Expander::new(cx.facts.file.escape()).references(text);
    let mut names = references.into_iter().map(|reference| reference.name);
    names.find(|name| {
        state.inherited.contains_key(name.as_str()) && !state.variables.contains_key(name.as_str())
    })
}

/// The language of `image`, if another image runs what is built in it.
fn language<'k>(cx: &Cx<'k>, image: &Image<'_>) -> Option<&'k Language> {
    let mut runtimes = image.runtimes.iter();
    let has_both = runtimes.any(|runtime| runtime.runs == Runs::Language);
    let name = image.provides.filter(|_| has_both)?;
    cx.knowledge.tools.language(name)
}

/// The programs that `image` brings with its language, and the smaller image that runs what is built in it does not.
pub(super) fn left_behind<'k>(cx: &Cx<'k>, image: &Image<'_>) -> &'k [String] {
    language(cx, image).map_or(&[], |language| &language.builders)
}

/// A part of a path in the instruction at `at` that `image` has, and the smaller image that runs what is built in it has not.
pub(super) fn lost_path<'k>(cx: &Cx<'k>, image: &Image<'_>, at: usize) -> Option<&'k str> {
    let text = cx.facts.source_text(at);
    let mut paths = language(cx, image)?.builder_paths.iter();
    paths.find(|path| text.contains(*path)).map(String::as_str)
}

/// Whether a command line has a program that both images have build something first: `java Main.java`.
pub(super) fn builds_first(cx: &Cx<'_>, image: &Image<'_>, words: &[String]) -> bool {
    language(cx, image).is_some_and(|language| language.builds_first(words))
}

/// Whether a command line asks a tool to build or to install, and not just to run what was built.
pub(super) fn builds(cx: &Cx<'_>, words: &[String]) -> bool {
    let args: Vec<Arg> = words.iter().map(|word| Arg::word(word)).collect();
    let tools = &cx.knowledge.tools;
    if let Some(invocation) = recognise(tools, &args) {
        return !invocation.action.in_runtime
            && !matches!(
                invocation.action.does,
                Does::Nothing | Does::Files | Does::ShellState
            );
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let builds = |action: &Action| matches!(action.does, Does::Build | Does::InstallDependencies);
    tools
        .find(&words)
        .is_some_and(|(tool, _)| tool.actions.iter().any(builds))
}

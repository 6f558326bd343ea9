//! Interpreters that an install brings along when the image has none that the project asks for.

use crate::analysis::runs::Step;
use crate::analysis::stages::{Base, Stage};
use crate::context::matches_name;
use crate::knowledge::images::{ImageRef, Version};
use crate::knowledge::tools::{Does, Interpreter};
use crate::transform::Cx;

/// Whose interpreter an environment has that a step makes.
pub(super) enum Owner {
    /// The image's; or the step makes no environment.
    Image,
    /// The image's, if the project asks for no other one, which nobody can see: the sentence that says so.
    Assumed(String),
    /// The tool's, which has put it into this folder.
    Tool(String),
}

/// Whose interpreter the environment has that `step` of instruction `at` makes in `stage`, or in one that it is built on.
pub(super) fn owner(cx: &Cx<'_>, stage: &Stage, at: usize, step: &Step<'_>) -> Owner {
    let Some((invocation, brought)) = step.invocation.as_ref().and_then(|own| {
        let makes_one = own.action.makes_environment;
        Some((own, own.tool.interpreter.as_ref().filter(|_| makes_one)?))
    }) else {
        return Owner::Image;
    };
    let state = &cx.facts.states[at];
    let has = |option: &String| invocation.has(option);
    if brought.unless_option.iter().any(has) || brought.is_forbidden(|name| state.known(name)) {
        return Owner::Image;
    }
    let folder = || {
        let mut moved = brought.moved_by.iter().filter_map(|name| state.known(name));
        Owner::Tool(moved.next().unwrap_or_else(|| brought.at.clone()))
    };
    let language = invocation.tool.ecosystem.as_deref().unwrap_or_default();
    let version =
        of_image(cx, stage, language).or_else(|| packaged(cx, stage, at, language, brought));
    let asks_for_other = match version {
        Some(version) => asked(cx, brought, version.as_deref()),
        None => cx.facts.image(stage).map(|_| true),
    };
    match asks_for_other {
        Some(true) => folder(),
        Some(false) => Owner::Image,
        None => Owner::Assumed(format!(
            "the project asks for no other {0} than the image has, which `{1}` would download",
            brought.name, invocation.tool.id
        )),
    }
}

/// What is taken for granted of the environments in `stage`, and in those that it is built on.
pub(super) fn assumed(cx: &Cx<'_>, stage: &Stage) -> Option<String> {
    let body = cx
        .facts
        .ancestry(stage)
        .flat_map(|stage| stage.body.clone());
    let mut steps = body.flat_map(|at| cx.facts.steps(at).iter().map(move |step| (at, step)));
    steps.find_map(|(at, step)| match owner(cx, stage, at, step) {
        Owner::Assumed(sentence) => Some(sentence),
        Owner::Image | Owner::Tool(_) => None,
    })
}

/// The version of the interpreter of `language` in the image that `stage` is built on, if it has one: `Some(None)` when the
/// version is not known.
fn of_image(cx: &Cx<'_>, stage: &Stage, language: &str) -> Option<Option<String>> {
    let image = cx.facts.image(stage)?;
    let is_its = image.provides == Some(language);
    let Base::Image(reference) = &cx.facts.ancestry(stage).last()?.base else {
        return is_its.then_some(None);
    };
    let tag = ImageRef::parse(reference).tag.unwrap_or_default();
    let named = tag.split('-').find_map(|part| part.strip_prefix(language));
    let number = named.or_else(|| tag.split('-').next());
    is_its.then(|| number.and_then(|number| Version::numbers(number, 2)))
}

/// The same of the package of the distribution that a step in front of `at` installs.
fn packaged(
    cx: &Cx<'_>,
    stage: &Stage,
    at: usize,
    language: &str,
    brought: &Interpreter,
) -> Option<Option<String>> {
    let brings = |step: &Step<'_>| {
        let mut words = step.words();
        let is_one = |word: &str| brought.packages.iter().any(|name| matches_name(name, word));
        step.does() == Some(Does::InstallPackages) && words.any(is_one)
    };
    let before = cx
        .facts
        .ancestry(stage)
        .flat_map(|stage| stage.body.clone());
    let mut steps = before
        .filter(|&index| index <= at)
        .flat_map(|index| cx.facts.steps(index));
    steps.any(brings).then(|| {
        let image = cx.facts.image(stage)?;
        let releases = image.system?.packaged.get(language)?;
        releases.get(&image.release.as_ref()?.name).cloned()
    })
}

/// Whether the project asks for another version; `None` when nobody knows.
fn asked(cx: &Cx<'_>, brought: &Interpreter, version: Option<&str>) -> Option<bool> {
    let context = cx.context?;
    let texts = brought
        .pins
        .iter()
        .filter_map(|pin| Some((pin, context.read(&pin.file)?)));
    let texts: Vec<_> = texts.collect();
    let Some(version) = version else {
        let any = texts.iter().any(|(pin, text)| pin.is_in(text));
        return (!any).then_some(false);
    };
    Some(texts.iter().any(|(pin, text)| pin.excludes(text, version)))
}

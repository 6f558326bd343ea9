//! Where a build puts what it makes when its command line does not say: in folders that the environment may move.

use std::collections::BTreeSet;

use crate::analysis::commands::Invocation;
use crate::analysis::paths::{below, join, parent};
use crate::analysis::runs::Step;
use crate::context::{Source, Sources};
use crate::knowledge::tools::{Action, Language};

use super::Site;

/// Where something is moved to.
enum Moved {
    /// To this folder.
    To(String),
    /// Nobody knows where to.
    Lost,
}

/// The outputs of `build`, as the environment of instruction `at` and its own options move them; those that are lost stay where
/// they are.
pub(super) fn folders(site: &Site<'_>, at: usize, build: &Invocation<'_>) -> Vec<String> {
    let moved = moved(site, at, build);
    let place = |output: &String| match &moved {
        Some(Moved::To(folder)) if output.starts_with('/') => folder.clone(),
        _ => output.clone(),
    };
    build.action.outputs.iter().map(place).collect()
}

/// Whether a command of the build, or a variable with an unknown value, says where `build` puts what it makes.
pub(super) fn are_lost(site: &Site<'_>, at: usize, build: &Invocation<'_>) -> bool {
    matches!(moved(site, at, build), Some(Moved::Lost))
}

fn moved(site: &Site<'_>, at: usize, build: &Invocation<'_>) -> Option<Moved> {
    by_option(build)
        .or_else(|| by_environment(site, at, build.action))
        .or_else(|| by_user(site, at, build.action))
}

/// Where the home of who builds moves what goes to the home of root otherwise.
fn by_user(site: &Site<'_>, at: usize, action: &Action) -> Option<Moved> {
    let mut outputs = action.outputs.iter();
    let inside = outputs.find_map(|output| below(output, "/root"))?;
    let home = site.cx.facts.states[at].home();
    Some(home.map_or(Moved::Lost, |home| Moved::To(join(&home, inside))))
}

/// Where an option of the command line moves it to.
fn by_option(build: &Invocation<'_>) -> Option<Moved> {
    build.action.moved_by.iter().find_map(|by| {
        let is_it = |name: &String| by.option.as_ref() == Some(name);
        let option = build.options.iter().find(|option| is_it(&option.name))?;
        let value = option.value.as_deref();
        Some(match value.filter(|value| value.starts_with('/')) {
            Some(value) => Moved::To(join(value, &by.folder)),
            None => Moved::Lost,
        })
    })
}

fn by_environment(site: &Site<'_>, at: usize, action: &Action) -> Option<Moved> {
    let facts = site.cx.facts;
    let state = &facts.states[at];
    let runs = site.stage.body.start..=at;
    action.moved_by.iter().find_map(|by| {
        let runs = runs.clone().filter(|at| facts.runs[*at].is_some());
        let mut texts = runs.map(|at| facts.source_text(at));
        if texts.any(|text| text.contains(&by.variable)) {
            return Some(Moved::Lost);
        }
        let value = state.known(&by.variable);
        match value.filter(|value| value.starts_with('/')) {
            Some(value) => Some(Moved::To(join(&value, &by.folder))),
            None => state
                .variables
                .contains_key(&by.variable)
                .then_some(Moved::Lost),
        }
    })
}

/// Whether the command line asks for several things: one may start the others, or a container may be told to start another.
pub(super) fn are_several(site: &Site<'_>, step: &Step<'_>, invocation: &Invocation<'_>) -> bool {
    let action = invocation.action;
    let pattern = action.several.as_ref();
    let mut words = step.args.iter();
    let asks = pattern.is_some_and(|pattern| words.any(|word| pattern.is_match(word.known())));
    let language = site.cx.knowledge.tools.language_of(invocation.tool);
    let Some((context, language)) = site.cx.context.zip(language) else {
        return asks;
    };
    let sources = || context.sources(language);
    asks && (sources().find(&language.starts).is_some()
        || programs(action, language, &sources()) > 1)
}

/// How many programs the sources are for, by their folders.
fn programs(action: &Action, language: &Language, sources: &Sources) -> usize {
    let each = action.each_has.as_slice();
    let is_one = |file: &&Source| {
        language.is_of_program(file.path()) && file.lines_with(each).next().is_some()
    };
    let files = sources.files().filter(is_one);
    let folders: BTreeSet<&str> = files.map(|file| parent(file.path())).collect();
    folders.len()
}

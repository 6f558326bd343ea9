//! Installs that keep no cache.

use crate::analysis::commands::first_words;
use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::Stage;
use crate::knowledge::hygiene::Lean;
use crate::syntax::{Flag, Kind, Span};
use crate::transform::{Change, Cx, Plan, Refusal, Rewrite};

/// What there is to say of the `RUN`s of a stage.
pub(super) fn plan(cx: &Cx<'_>, stage: &Stage) -> Vec<Plan> {
    let entries = &cx.knowledge.hygiene.lean;
    let runs = stage
        .body
        .clone()
        .filter_map(|index| Some((index, cx.facts.runs[index].as_ref()?)));
    runs.flat_map(|(index, run)| entries.iter().map(move |lean| (index, run, lean)))
        .filter_map(|(index, run, lean)| plan_run(cx, index, run, lean))
        .collect()
}

fn plan_run(cx: &Cx<'_>, index: usize, run: &Run<'_>, lean: &Lean) -> Option<Plan> {
    let script = run.as_read();
    // An exec form has no words behind which one could be put.
    script.script.as_ref()?;
    if sees_to_the_cache(cx, index, lean) {
        return None;
    }
    let mut sites = Vec::new();
    for step in &script.steps {
        match verb(step, lean) {
            Verb::Install(word) => sites.push(word),
            Verb::Unread if may_install(cx, step, lean) => {
                let message = format!(
                    "a command line of {} is not understood: add {} yourself",
                    lean.tool, lean.option
                );
                let site = cx.file.instructions()[index].span;
                return Some(Err(Refusal::new(site, "unread-command", message)));
            }
            Verb::Unread | Verb::Other => {}
        }
    }
    if sites.is_empty() {
        return None;
    }
    rewrite(cx, index, run, lean, &sites).map(Ok)
}

/// The option behind each of the words at `sites`; `None` when the tool of the image does not know it, and keeps no cache.
fn rewrite(
    cx: &Cx<'_>,
    index: usize,
    run: &Run<'_>,
    lean: &Lean,
    sites: &[Span],
) -> Option<Rewrite> {
    let message = format!(
        "{} leaves no cache in the layer: {}",
        lean.tool, lean.option
    );
    let mut rewrite = Rewrite::new(cx.file.instructions()[index].span, message);
    let image = cx.facts.image(cx.facts.stage_of(index)?);
    match image.and_then(|image| lean.is_known_in(image)) {
        Some(true) => {}
        Some(false) => return None,
        None => rewrite.assume(lean.assumes.as_str()),
    }
    for &word in sites {
        let is_document = run.document.is_some();
        let source = if is_document {
            word
        } else {
            cx.facts.source(index, word)
        };
        // What `install&>` means differs from shell to shell.
        let is_apart = cx.file.text()[source.end..].starts_with(char::is_whitespace);
        if !is_apart {
            return None;
        }
        rewrite
            .edits
            .insert(source.end, format!(" {}", lean.option));
    }
    let option = lean.option.clone();
    rewrite.declares.push(Change::InstallOption(option));
    Some(rewrite)
}

/// Whether the author has done something about the cache, or with it.
fn sees_to_the_cache(cx: &Cx<'_>, index: usize, lean: &Lean) -> bool {
    let variables = &cx.facts.states[index].variables;
    let is_cache_mount = |flag: &Flag| {
        let mount = flag.value.as_deref().filter(|_| flag.name == "mount");
        mount.is_some_and(|mount| mount.contains("type=cache"))
    };
    let is_mentioned = |at: usize| {
        let source = cx.facts.source_text(at);
        let mut mentions = lean.unless_mentioned.iter().chain(&lean.unless_variables);
        mentions.any(|text| source.contains(text.as_str()))
    };
    let is_copy = |at: &usize| matches!(cx.facts.views[*at].kind, Kind::Copy(_));
    let mut copies = (0..cx.facts.views.len()).filter(is_copy);
    let mut flags = cx.facts.views[index].flags.iter();
    let mut names = lean.unless_variables.iter();
    names.any(|name| variables.contains_key(name))
        || flags.any(is_cache_mount)
        || is_mentioned(index)
        || copies.any(is_mentioned)
}

/// What a step is to the tool.
enum Verb {
    /// An install, whose verb ends with this word.
    Install(Span),
    /// It cannot be read.
    Unread,
    /// Something else, or an install that has the option.
    Other,
}

fn verb(step: &Step<'_>, lean: &Lean) -> Verb {
    let Some(invocation) = &step.invocation else {
        return Verb::Unread;
    };
    let is_install = invocation.tool.id == lean.tool && invocation.action.does == lean.does;
    let is_off = lean
        .unless_options
        .iter()
        .any(|option| invocation.has(option));
    // Without anything behind the verb, nothing is installed.
    let is_bare = invocation.verb_words.end == step.args.len();
    match step.args[invocation.verb_words.clone()].last() {
        Some(word) if is_install && !is_off && !is_bare => Verb::Install(word.span),
        _ => Verb::Other,
    }
}

/// Whether a command line that is not understood calls the tool for an install, without any of the options.
fn may_install(cx: &Cx<'_>, step: &Step<'_>, lean: &Lean) -> bool {
    let words = first_words(&step.args);
    let Some((tool, _)) = cx.knowledge.tools.find(&words) else {
        return false;
    };
    let actions = tool
        .actions
        .iter()
        .filter(|action| action.does == lean.does);
    let mut verbs = actions.flat_map(|action| &action.verbs);
    let is_off = words
        .iter()
        .any(|word| lean.unless_options.iter().any(|option| option == word));
    tool.id == lean.tool && !is_off && verbs.any(|verb| words.contains(&verb.as_str()))
}

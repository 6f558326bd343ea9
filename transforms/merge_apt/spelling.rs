//! How single commands are respelled: answered questions, names for scripts, no cache.

use crate::analysis::commands::Invocation;
use crate::knowledge::package_managers::PackageManager;
use crate::syntax::Span;
use crate::transform::Cx;

use super::command::Command;
use super::layer::Work;

/// What becomes of the words of a command: replacements of source ranges, in order.
pub(super) type Respelled = Vec<(Span, String)>;

/// The changes that every command of a rewritten `RUN` gets. `uncached`: installs keep no lists.
pub(super) fn respell(
    cx: &Cx<'_>,
    manager: &PackageManager,
    command: &Command<'_>,
    uncached: bool,
) -> Respelled {
    let mut changes = name_for_scripts(cx, manager, command);
    let behind_verb = Span::at(command.word(cx, command.invocation.verb_words.end - 1).end);
    let asks = matches!(command.work, Work::Install | Work::Upgrade | Work::Remove);
    if let Some(yes) = manager.confirm.first()
        && asks
        && !command.has_any(&manager.confirm)
    {
        changes.push((behind_verb, format!(" {yes}")));
    }
    let installs = matches!(command.work, Work::Install | Work::Upgrade);
    if let Some(option) = manager.uncached.as_ref().filter(|_| uncached && installs) {
        let word = |at: usize| command.word(cx, at);
        changes.extend(keep_none(cx, manager, command.invocation, &word, option));
    }
    changes.sort_by_key(|(span, _)| *span);
    changes
}

/// `apt` is for people: scripts call `apt-get`.
fn name_for_scripts(cx: &Cx<'_>, manager: &PackageManager, command: &Command<'_>) -> Respelled {
    let Some(names) = manager.in_scripts.as_ref() else {
        return Vec::new();
    };
    let verbs = command.verb();
    let Some(verb) = names.verbs.get(&verbs.join(" ")) else {
        return Vec::new();
    };
    if command.step.args[0].known() != names.program {
        return Vec::new();
    }
    let mut changes = vec![(command.word(cx, 0), names.becomes.clone())];
    if verbs != [verb.as_str()] {
        changes.push((
            command.word(cx, command.invocation.verb_words.start),
            verb.clone(),
        ));
    }
    changes
}

/// Gives an install the option that keeps no lists, in the place of one that downloads and keeps them. `word`: where a word
/// of it stands in the source.
pub(super) fn keep_none(
    cx: &Cx<'_>,
    manager: &PackageManager,
    install: &Invocation<'_>,
    word: &dyn Fn(usize) -> Span,
    option: &str,
) -> Respelled {
    let refreshing = install.options.iter();
    let mut refreshing = refreshing
        .filter(|given| manager.refreshing.contains(&given.name))
        .map(|given| given.at);
    if install.has(option) {
        return Vec::new();
    }
    match refreshing.next() {
        Some(at) => {
            let others = refreshing.map(|at| (with_blank_before(cx, word(at)), String::new()));
            std::iter::once((word(at), option.to_owned()))
                .chain(others)
                .collect()
        }
        None => {
            let behind_verb = Span::at(word(install.verb_words.end - 1).end);
            vec![(behind_verb, format!(" {option}"))]
        }
    }
}

/// A word with the blanks in front of it, on its line.
fn with_blank_before(cx: &Cx<'_>, word: Span) -> Span {
    let before = &cx.file.text()[..word.start];
    Span::new(before.trim_end_matches([' ', '\t']).len(), word.end)
}

/// The source of `span` with the changes in it.
pub(super) fn spelled(cx: &Cx<'_>, span: Span, changes: &Respelled) -> String {
    let text = cx.file.text();
    let mut out = String::new();
    let mut done = span.start;
    for (at, new) in changes.iter().filter(|(at, _)| span.contains(*at)) {
        out += &text[done..at.start];
        out += new;
        done = at.end;
    }
    out + &text[done..span.end]
}

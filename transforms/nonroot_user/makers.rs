//! Commands that make folders: `mkdir`, `touch`, `install -d`.

use crate::analysis::paths::{below, file_name, join};
use crate::analysis::runs::Step;

/// Programs that make what others write later.
const MAKERS: [&str; 2] = ["mkdir", "touch"];

/// The operands of a step as paths.
pub(super) fn named_paths(step: &Step<'_>) -> Vec<String> {
    let operands = step.invocation.iter().flat_map(|own| &own.operands);
    operands
        .filter_map(|&at| Some(join(step.cwd.as_deref()?, step.args[at].text.as_deref()?)))
        .collect()
}

/// What stands between the quotes around all of `word`, where these keep nothing together that the shell would part.
pub(super) fn without_quotes(word: &str) -> &str {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|quote| word.strip_prefix(quote)?.strip_suffix(quote));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    inner
        .filter(|inner| inner.chars().all(is_plain))
        .unwrap_or(word)
}

/// Whether `step` makes the folders around those that it names as well: `mkdir -vp`, `install -d`.
pub(super) fn makes_parents(step: &Step<'_>) -> bool {
    match file_name(program(step)) {
        "mkdir" => has_option(step.words(), 'p', "--parents"),
        _ => are_folders(step.words()),
    }
}

/// Whether what a command with these `words` makes are folders: `mkdir`, `install -d`.
pub(super) fn are_folders<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    match words.next().map(file_name) {
        Some("mkdir") => true,
        Some("install") => has_option(words, 'd', "--directory"),
        _ => false,
    }
}

/// Whether one of `words` is the option `long`, or has its `letter`.
fn has_option<'w>(mut words: impl Iterator<Item = &'w str>, letter: char, long: &str) -> bool {
    words.any(|word| {
        let is_short = word.starts_with('-') && !word.starts_with("--") && word.contains(letter);
        is_short || word == long
    })
}

/// The name of the program that `step` calls.
pub(super) fn program<'s>(step: &'s Step<'_>) -> &'s str {
    step.args.first().map_or("", |arg| arg.known())
}

/// Whether `step` makes folders or files that belong to who runs it. `install -o` says whose they are.
pub(super) fn makes_folders(step: &Step<'_>) -> bool {
    let program = program(step);
    let mut words = step.words();
    let is_given = words.any(|word| word.starts_with("-o") || word.starts_with("--owner"));
    MAKERS.contains(&program) || program == "install" && makes_parents(step) && !is_given
}

/// Whether `step` makes `folder` or one around it in a way that fails, or does something else, when it is there:
/// `mkdir` without `-p`, `git clone`, `mv`, and what dfopt does not know.
pub(super) fn makes_new(step: &Step<'_>, folder: &str) -> bool {
    let is_strict = match program(step) {
        "mkdir" => !makes_parents(step),
        "mv" | "ln" | "git" | "svn" | "hg" => true,
        _ => step.invocation.is_none(),
    };
    let names = |word: &str| {
        let path = step.cwd.as_deref().map(|cwd| join(cwd, word));
        path.is_some_and(|path| path != "/" && below(folder, &path).is_some())
    };
    let is_inside = step
        .cwd
        .as_deref()
        .is_some_and(|cwd| below(cwd, folder).is_some());
    is_strict
        && !is_inside
        && step
            .args
            .iter()
            .skip(1)
            .any(|arg| arg.text.is_some() && names(arg.known()))
}

//! Whether `CMD` and `ENTRYPOINT` still start the same program with the same words.

use crate::analysis::Facts;
use crate::analysis::launch::{Declared, form};
use crate::analysis::stages::Stage;
use crate::syntax::shell::{self, Command};
use crate::syntax::{Form, View};

/// Whether two stages start the same, but for a shell around it.
pub(super) fn is_the_same(old: (&Facts<'_>, &Stage), new: (&Facts<'_>, &Stage)) -> bool {
    let (was, is) = (
        Declared::of_stage(old.0, old.1),
        Declared::of_stage(new.0, new.1),
    );
    let same = |was: Option<usize>, is: Option<usize>| match (was, is) {
        (Some(was), Some(is)) => starts_the_same(&old.0.views[was], &new.0.views[is]),
        (was, is) => was == is,
    };
    same(was.entrypoint, is.entrypoint) && same(was.cmd, is.cmd)
}

fn starts_the_same(was: &View<'_>, is: &View<'_>) -> bool {
    match (form(was), form(is)) {
        (Some(Form::Exec(was)), Some(Form::Exec(is))) => {
            let values = was.iter().map(|word| &word.value);
            values.eq(is.iter().map(|word| &word.value))
        }
        (Some(Form::Shell(script)), Some(Form::Exec(words))) => {
            let values = words.iter().map(|word| word.value.clone()).collect();
            simple_words(was.text(*script)) == Some(values)
        }
        (Some(Form::Shell(before)), Some(Form::Shell(after))) => {
            let (before, after) = (was.text(*before), is.text(*after));
            before == after || without_exec(after).any(|text| text == before)
        }
        _ => false,
    }
}

/// The words of a script that is one command without anything for a shell to do.
fn simple_words(script: &str) -> Option<Vec<String>> {
    let parsed = shell::parse(script).ok()?;
    let [item] = parsed.items.as_slice() else {
        return None;
    };
    let ([Command::Simple(simple)], [], None) = (
        item.first.commands.as_slice(),
        item.rest.as_slice(),
        item.terminator,
    ) else {
        return None;
    };
    let is_bare = simple.assignments.is_empty()
        && simple.redirects.is_empty()
        && parsed.comments.is_empty()
        && !item.first.negated;
    let words = simple.words.iter().filter(|_| is_bare);
    words
        .map(|word| Some(word.literal(script)?.into_owned()))
        .collect::<Option<Vec<String>>>()
        .filter(|words| !words.is_empty())
}

/// `script` without one `exec `, each in turn.
fn without_exec(script: &str) -> impl Iterator<Item = String> {
    const EXEC: &str = "exec ";
    script
        .match_indices(EXEC)
        .map(|(at, _)| format!("{}{}", &script[..at], &script[at + EXEC.len()..]))
}

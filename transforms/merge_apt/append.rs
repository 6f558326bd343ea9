//! A command behind the last one of a script.

use crate::analysis::runs::{Run, Step};
use crate::syntax::Span;
use crate::syntax::shell::{Command, Item, Terminator};
use crate::transform::Cx;

use super::super::layout::{Layout, WIDTH};

/// `commands` behind the last list of instruction `index`, with `comments` in front of them, as the author
/// joins commands. The first is joined so that the `RUN` still fails when the list does.
pub(super) fn appended(
    cx: &Cx<'_>,
    index: usize,
    run: &Run<'_>,
    last: &Item,
    commands: &[String],
    comments: &[&str],
) -> String {
    let layout = Layout::like(cx, &[index]);
    let source = cx.facts.source_text(index);
    let length: usize = commands
        .iter()
        .map(|command| command.len() + " && ".len())
        .sum();
    let one_line = comments.is_empty() && !source.contains('\n') && source.len() + length <= WIDTH;
    let start = cx
        .facts
        .source(index, last.span.shift(run.body.start))
        .start;
    let indent = own_indent(cx.file.text(), start).unwrap_or(&layout.indent);
    let mut out = String::new();
    for (nth, command) in commands.iter().enumerate() {
        let comments = if nth == 0 { comments } else { &[] };
        match (is_sequence(cx, index, run, last), one_line) {
            (true, true) => out += "; ",
            (false, true) => out += " && ",
            (true, false) => {
                out += &format!(
                    "; {}{}{indent}",
                    layout.continued,
                    layout.comments(comments)
                )
            }
            (false, false) => out += &layout.and(comments),
        }
        out += command;
    }
    out
}

/// The last list of the script, if a command behind it runs exactly when the list succeeds, and the
/// `RUN` still fails when it fails.
pub(super) fn last_item<'r>(run: &'r Run<'_>) -> Option<&'r Item> {
    let script = run.script.as_ref()?;
    let last = script.items.last()?;
    let in_foreground = !matches!(
        last.terminator,
        Some((Terminator::Background | Terminator::Newline, _))
    );
    let leaves = |name: &str| matches!(name, "exit" | "exec" | "return");
    let stays = !run
        .steps
        .iter()
        .any(|step| step.args.first().is_some_and(|arg| leaves(arg.known())));
    let is_function = |command: &Command| matches!(command, Command::Function(_));
    let commands = !last
        .pipelines()
        .flat_map(|pipeline| &pipeline.commands)
        .any(is_function);
    (in_foreground && stays && commands && script.comments.is_empty()).then_some(last)
}

/// Whether the commands stand one after the other, and the script ends when one of them fails.
fn is_sequence(cx: &Cx<'_>, index: usize, run: &Run<'_>, last: &Item) -> bool {
    let several = run
        .script
        .as_ref()
        .is_some_and(|script| script.items.len() > 1);
    several && last.rest.is_empty() && !last.first.negated && stops_at_failure(cx, index, run)
}

/// Whether the script ends when one of its commands fails, up to its end.
pub(super) fn stops_at_failure(cx: &Cx<'_>, index: usize, run: &Run<'_>) -> bool {
    let sets = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    let is_set = |step: &&Step<'_>| step.args.first().is_some_and(|arg| arg.known() == "set");
    let calls: Vec<&Step<'_>> = run.steps.iter().filter(is_set).collect();
    match calls.as_slice() {
        [] => cx.facts.states[index].shell.has_errexit(),
        [only] => only.args.get(1).is_some_and(|arg| sets(arg.known())),
        _ => false,
    }
}

/// The white space in front of byte `offset`, if nothing else stands there on its line.
pub(super) fn own_indent(text: &str, offset: usize) -> Option<&str> {
    let line = Span::new(text[..offset].rfind('\n')? + 1, offset).text(text);
    line.trim().is_empty().then_some(line)
}

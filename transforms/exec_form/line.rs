//! A shell form, and the program that it starts in the end.

use super::refuse;
use crate::analysis::state::Shell;
use crate::syntax::shell::{self, Command, Connector, Item, Script, Simple, Terminator};
use crate::syntax::{Span, View};
use crate::transform::{Cx, Refusal};

/// A shell form that ends with one program that stays.
pub(super) struct Line<'a> {
    /// The instruction.
    pub index: usize,
    /// The text that the shell gets.
    text: &'a str,
    /// Where that starts in the logical line.
    start: usize,
    /// The command with the program.
    program: Simple,
    /// Whether the shell has nothing else to read: no command before it, no comment.
    is_all: bool,
}

/// Commands of the shell itself, which `exec` cannot start.
/// POSIX.1-2017, Shell Command Language, 2.14, and XCU 1.6; the manual of bash.
const BUILTINS: [&str; 38] = [
    ".", ":", "alias", "bg", "break", "builtin", "cd", "command", "continue", "declare", "dirs",
    "eval", "exit", "export", "fg", "getopts", "hash", "history", "jobs", "let", "local", "popd",
    "pushd", "read", "readonly", "return", "set", "shift", "shopt", "source", "times", "trap",
    "type", "typeset", "ulimit", "umask", "unset", "wait",
];

/// Commands that every shell has itself and that are done at once: what stays is in front of them.
/// POSIX.1-2017, XCU 1.6 and XBD 2.1.4; the manuals of bash, dash and BusyBox.
const DONE_AT_ONCE: [&str; 7] = ["[", "echo", "false", "printf", "pwd", "test", "true"];

/// Reads the shell form at `index`, whose script is `span` of its logical line.
///
/// # Errors
/// Whatever makes the shell stay, or what runs in it unknown.
pub(super) fn read<'a>(cx: &Cx<'a>, index: usize, span: Span) -> Result<Line<'a>, Refusal> {
    check_shell(cx, index)?;
    let text = cx.facts.views[index].text(span);
    let script = shell::parse(text).map_err(|error| {
        let message = format!("no POSIX shell would take the command ({error})");
        refuse(cx, index, "opaque-shell", message)
    })?;
    let Some(program) = last_program(&script).filter(|_| !lives_in_the_shell(&script, text)) else {
        let message = "a shell stays beside the program (a pipe, a subshell, work while it runs or after it); put what it does into a script that ends with `exec`";
        return Err(refuse(cx, index, "shell-works", message));
    };
    check_program(cx, index, text, program)?;
    let is_all = program.span.text(text).trim() == text.trim() && script.comments.is_empty();
    let name = program.words.first().map(|word| word.text(text));
    if !is_all && name.is_some_and(|name| DONE_AT_ONCE.contains(&name)) {
        let message =
            "what stays is not the last command; put it into a script that ends with `exec`";
        return Err(refuse(cx, index, "shell-works", message));
    }
    Ok(Line {
        index,
        text,
        start: span.start,
        program: program.clone(),
        is_all,
    })
}

/// The shell must run the command and nothing else: a login shell reads profiles, `-x` prints.
fn check_shell(cx: &Cx<'_>, index: usize) -> Result<(), Refusal> {
    let Shell::Posix { words } = &cx.facts.states[index].shell else {
        let message = "SHELL is no POSIX shell that dfopt knows";
        return Err(refuse(cx, index, "opaque-shell", message));
    };
    // They say when a script ends that fails, which one program that stays is not.
    let is_harmless = |word: &&String| {
        let letters = word.strip_prefix('-');
        *word == "pipefail"
            || letters.is_some_and(|letters| letters.chars().all(|c| "ceou".contains(c)))
    };
    match words.iter().skip(1).find(|word| !is_harmless(word)) {
        None => Ok(()),
        Some(option) => {
            let message =
                format!("the shell does more than to run the command: `{option}` in SHELL");
            Err(refuse(cx, index, "opaque-shell", message))
        }
    }
}

/// The program that stays when everything before it is done; `None` if the shell has to stay as well.
fn last_program(script: &Script) -> Option<&Simple> {
    let in_background = |item: &Item| matches!(item.terminator, Some((Terminator::Background, _)));
    let last = script.items.last()?;
    let may_be_skipped = last
        .rest
        .iter()
        .any(|(connector, ..)| *connector == Connector::Or);
    if may_be_skipped || script.items.iter().any(in_background) {
        return None;
    }
    let pipeline = last
        .rest
        .last()
        .map_or(&last.first, |(.., pipeline)| pipeline);
    match pipeline.commands.as_slice() {
        [Command::Simple(simple)] if !pipeline.negated && !pipeline.timed => Some(simple),
        _ => None,
    }
}

/// `exec` forgets traps, and starts no function or alias: those of the script, or of what it reads.
fn lives_in_the_shell(script: &Script, text: &str) -> bool {
    let commands = script.simple_commands().into_iter();
    let mut first_words = commands.filter_map(|simple| simple.words.first());
    let sets_up = |name: &str| matches!(name, "trap" | "alias" | "eval" | "source" | ".");
    first_words.any(|word| sets_up(word.text(text))) || define_functions(&script.items)
}

fn define_functions(items: &[Item]) -> bool {
    let pipelines = items.iter().flat_map(Item::pipelines);
    let mut commands = pipelines.flat_map(|pipeline| &pipeline.commands);
    commands.any(|command| match command {
        Command::Function(_) => true,
        Command::Compound(compound) => compound.bodies.iter().any(|body| define_functions(body)),
        Command::Simple(_) => false,
    })
}

fn check_program(cx: &Cx<'_>, index: usize, text: &str, command: &Simple) -> Result<(), Refusal> {
    let first = command.words.first();
    let program = first.and_then(|word| word.literal(text));
    if !command.assignments.is_empty() {
        let message = "variables are set for this command alone: set them with ENV";
        return Err(refuse(cx, index, "assignment", message));
    }
    let Some(program) = program else {
        if first.is_some_and(|word| is_path_below_variable(cx, index, word.text(text))) {
            return Ok(());
        }
        let message = "only the container knows which program is started";
        return Err(refuse(cx, index, "variable-program", message));
    };
    if BUILTINS.contains(&program.as_ref()) {
        let message = format!(
            "`{program}` is a command of the shell itself, not a program; put it into a script that ends with `exec`"
        );
        return Err(refuse(cx, index, "shell-works", message));
    }
    Ok(())
}

/// Whether `word` is a path below a folder that `ENV` names: `$APP_HOME/bin/run`. No command of the shell is called like
/// that, whatever folder a container names.
fn is_path_below_variable(cx: &Cx<'_>, index: usize, word: &str) -> bool {
    let Some((variable, rest)) = word.strip_prefix('$').and_then(|word| word.split_once('/'))
    else {
        return false;
    };
    let braced = variable
        .strip_prefix('{')
        .and_then(|name| name.strip_suffix('}'));
    let name = braced.unwrap_or(variable);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    let value = cx.facts.states[index].fixed_value(name);
    value.is_some_and(|folder| folder.starts_with('/') && folder.chars().all(is_plain))
        && rest.chars().all(is_plain)
}

impl Line<'_> {
    /// Whether `exec` is there already.
    pub(super) fn has_exec(&self) -> bool {
        let first = self.program.words.first();
        first.is_some_and(|word| word.text(self.text) == "exec")
    }

    /// The words, if they are all that there is and none of them means anything to a shell.
    pub(super) fn literal_words(&self) -> Option<Vec<String>> {
        if !self.is_all || !self.program.redirects.is_empty() {
            return None;
        }
        let values = self
            .program
            .words
            .iter()
            .map(|word| word.literal(self.text));
        values.map(|value| Some(value?.into_owned())).collect()
    }

    /// What is left for a shell to do when there are no [`literal_words`](Self::literal_words).
    pub(super) fn why_a_shell(&self) -> &'static str {
        if !self.is_all {
            "the shell has something to read before the program starts"
        } else if !self.program.redirects.is_empty() {
            "the shell redirects input or output"
        } else {
            "the shell replaces variables or patterns"
        }
    }

    /// The places of the words in the logical line.
    pub(super) fn word_spans(&self) -> impl Iterator<Item = Span> {
        let words = self.program.words.iter();
        words.map(|word| Span::new(self.start + word.span.start, self.start + word.span.end))
    }

    /// Where the program is named in the source.
    pub(super) fn program_at(&self, view: &View<'_>) -> usize {
        let at = self.start + self.program.span.start;
        view.logical.source(Span::new(at, at + 1)).start
    }
}

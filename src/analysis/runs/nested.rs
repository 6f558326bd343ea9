//! A command that a shell of its own runs for no reason: `sh -c 'touch /app.jar'`.

use crate::analysis::commands::{Arg, recognise};
use crate::analysis::paths::file_name;
use crate::knowledge::tools::{Does, Tools};
use crate::syntax::shell::{self, Command};

/// The words of the only command that `args` have a shell run, when that does no more than to handle files: it does the same
/// without that shell. `written` is how the last word stands in the logical line.
pub(super) fn words(args: &[Arg], written: &str, tools: &Tools) -> Option<Vec<Arg>> {
    let [program, option, script] = args else {
        return None;
    };
    let is_shell = matches!(file_name(program.known()), "sh" | "bash" | "ash" | "dash");
    let text = script.text.as_deref().filter(|_| is_shell)?;
    // Each word then stands in the line as the inner shell reads it, between the quotes of the whole.
    let is_plain = !text.contains(['\'', '"', '\\', '$', '`', '\n']);
    let is_quoted = |quote: char| {
        let inside = written.strip_prefix(quote);
        inside.and_then(|inside| inside.strip_suffix(quote)) == Some(text)
    };
    if option.known() != "-c" || !is_plain || !(is_quoted('\'') || is_quoted('"')) {
        return None;
    }
    let parsed = shell::parse(text).ok()?;
    let [item] = &parsed.items[..] else {
        return None;
    };
    let commands = item.and_list()?;
    let [Command::Simple(command)] = commands[..] else {
        return None;
    };
    let is_bare =
        command.assignments.is_empty() && command.redirects.is_empty() && item.terminator.is_none();
    let start = script.span.start + 1;
    let words = command.words.iter().map(|word| {
        Some(Arg {
            span: word.span.shift(start),
            text: Some(word.expand(text, &|_| None)?),
            glob: false,
        })
    });
    let words: Vec<Arg> = words.collect::<Option<_>>()?;
    let action = recognise(tools, &words)?.action;
    // What fetches something may be given a secret, which is handed over otherwise in a script that is quoted.
    let is_simple = matches!(action.does, Does::Files | Does::Nothing) && !action.fetches();
    (is_bare && is_simple).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;
    use crate::syntax::Span;

    /// The words of `sh -c SCRIPT`, each as it stands in the line and as it is read.
    fn found(written: &str, script: &str) -> Vec<(String, String)> {
        let line = format!("sh -c {written}");
        let mut args: Vec<Arg> = ["sh", "-c", script].map(Arg::word).into();
        args[2].span = Span::new(6, line.len());
        let tools = &Knowledge::builtin().tools;
        let words = words(&args, written, tools).unwrap_or_default();
        let pair = |arg: Arg| {
            (
                arg.span.text(&line).to_owned(),
                arg.text.unwrap_or_default(),
            )
        };
        words.into_iter().map(pair).collect()
    }

    #[test]
    fn one_command_that_handles_files_stands_for_itself() {
        let touch = [("touch", "touch"), ("/app.jar", "/app.jar")];
        let touch = touch.map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(found("'touch /app.jar'", "touch /app.jar"), touch);
        assert_eq!(found("\"touch /app.jar\"", "touch /app.jar"), touch);
    }

    #[test]
    fn everything_else_needs_its_shell() {
        for script in [
            "touch a && touch b",
            "touch a &",
            "touch a > b",
            "A=1 touch a",
            "touch $A",
            "curl -o a https://example.com/a",
            "apt-get update",
            "warmup",
            "",
        ] {
            assert_eq!(found(&format!("'{script}'"), script), [], "{script}");
        }
        assert_eq!(found("touch\\ a", "touch a"), []);
    }
}

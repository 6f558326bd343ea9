//! The parse as JSON, in the form that `BuildKit`'s answers are recorded in.

use serde::Serialize;

use super::arguments::{Arguments, read_arguments};
use super::command::{Flag, split_command};
use super::token::TokenKind;
use super::{Dockerfile, Heredoc, Instruction, SyntaxError};

/// What `BuildKit` says of a file, or would say.
#[derive(Serialize)]
struct Answer<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instruction_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escape: Option<char>,
    instructions: Vec<Node>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// One instruction as `BuildKit`'s parser hands it on.
#[derive(Serialize)]
struct Node {
    keyword: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    args: Vec<String>,
    json: bool,
    logical: String,
    start_line: usize,
    end_line: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    heredocs: Vec<Document>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comments: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    name: String,
    content: String,
    #[serde(rename = "FD")]
    fd: u64,
    expand: bool,
    chomp: bool,
}

/// The parse of `file` as a JSON object: `file` (the given name), and either `parse_error`, or
/// `escape` and `instructions`, with `instruction_error` where the instruction reader would stop.
#[must_use]
pub fn dump(name: &str, file: &Dockerfile<'_>) -> serde_json::Value {
    let parse_error = file.errors().first();
    let accepted = parse_error.is_none();
    let nodes = || {
        (0..file.instructions().len())
            .map(|index| node(file, index))
            .collect()
    };
    let answer = Answer {
        file: name,
        parse_error: parse_error.map(|error| error.message.clone()),
        instruction_error: accepted.then(|| instruction_error(file)).flatten(),
        escape: accepted.then(|| file.escape()),
        instructions: if accepted { nodes() } else { Vec::new() },
        warnings: if accepted { warnings(file) } else { Vec::new() },
    };
    // Plain strings, numbers and lists always have a JSON form.
    serde_json::to_value(answer).unwrap_or_default()
}

fn instruction_error(file: &Dockerfile<'_>) -> Option<String> {
    let SyntaxError { span, message, .. } = file.instruction_errors().first()?;
    if message.starts_with("no build stage") {
        return Some(message.clone());
    }
    let (line, _) = file.line_col(span.start);
    let starts = file
        .instructions()
        .iter()
        .map(|instruction| instruction.start_line);
    let start = starts
        .take_while(|start| *start <= line)
        .last()
        .unwrap_or(line);
    Some(format!("dockerfile parse error on line {start}: {message}"))
}

fn node(file: &Dockerfile<'_>, index: usize) -> Node {
    let Instruction {
        keyword,
        start_line,
        end_line,
        ref heredocs,
        ..
    } = file.instructions()[index];
    let logical = file.logical(index);
    let line = &*logical.text;
    let command = split_command(line, 0, file.escape());
    let arguments = read_arguments(line, keyword, command.body, file.escape());
    let arguments = arguments.unwrap_or(Arguments::None);
    Node {
        keyword: command.keyword.text(line).to_owned(),
        flags: command.flags.iter().map(flag).collect(),
        json: is_json(&arguments),
        args: args(line, arguments),
        start_line,
        end_line,
        heredocs: heredocs
            .iter()
            .map(|heredoc| document(file, heredoc))
            .collect(),
        comments: comments(file, index),
        logical: logical.text.clone().into_owned(),
    }
}

/// A flag as `BuildKit` keeps it.
fn flag(flag: &Flag) -> String {
    match &flag.value {
        Some(value) => format!("--{}={value}", flag.name),
        None => format!("--{}", flag.name),
    }
}

fn is_json(arguments: &Arguments) -> bool {
    match arguments {
        Arguments::Exec(_) => true,
        Arguments::Health { command, .. } => is_json(command),
        _ => false,
    }
}

fn args(line: &str, arguments: Arguments) -> Vec<String> {
    match arguments {
        Arguments::None => Vec::new(),
        Arguments::Whole(span) => vec![span.text(line).to_owned()],
        Arguments::Exec(words) => words.into_iter().map(|word| word.value).collect(),
        Arguments::List(words) => words.into_iter().map(|word| word.raw).collect(),
        Arguments::Pairs { pairs, legacy } => {
            let separator = if legacy { "" } else { "=" };
            let triple = |pair: super::Pair| [pair.key.raw, pair.value.raw, separator.to_owned()];
            pairs.into_iter().flat_map(triple).collect()
        }
        Arguments::Health { kind, command } => {
            let kind = kind.text(line).to_owned();
            std::iter::once(kind).chain(args(line, *command)).collect()
        }
        Arguments::Trigger(trigger) => {
            vec![
                String::new(),
                format!("(sub:{})", trigger.keyword.text(line)),
            ]
        }
        Arguments::Ignored => vec![String::new()],
    }
}

fn document(file: &Dockerfile<'_>, heredoc: &Heredoc) -> Document {
    Document {
        name: heredoc.name.clone(),
        content: heredoc.body.text(file.text()).to_owned(),
        fd: heredoc.fd,
        expand: heredoc.expand,
        chomp: heredoc.chomp,
    }
}

/// The comments that `BuildKit` attaches to an instruction: all since the last one, across blank
/// lines, but only those behind the last empty comment.
fn comments(file: &Dockerfile<'_>, index: usize) -> Vec<String> {
    let first = file.instructions()[index].tokens.start;
    let since = index
        .checked_sub(1)
        .map_or(0, |before| file.instructions()[before].tokens.end);
    let mut comments = Vec::new();
    for token in &file.tokens()[since..first] {
        if token.kind != TokenKind::Comment {
            continue;
        }
        // BuildKit drops the first byte of the line, be it the `#` or a blank before it.
        let mut line = token.span.text(file.text()).chars();
        let cut = line.next().map_or(0, char::len_utf8) - 1;
        let lost = "\u{fffd}".repeat(cut);
        match format!("{lost}{}", line.as_str()).trim() {
            "" => comments.clear(),
            comment => comments.push(comment.to_owned()),
        }
    }
    comments
}

fn warnings(file: &Dockerfile<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (index, instruction) in file.instructions().iter().enumerate() {
        let tokens = &file.tokens()[instruction.tokens.clone()];
        if tokens.iter().any(|token| token.kind == TokenKind::Blank) {
            let line = &file.logical(index).text;
            warnings.push(format!("Empty continuation line found in: {line}"));
        }
    }
    warnings
}

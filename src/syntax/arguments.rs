//! The arguments of an instruction, read by the line parser that its keyword has in `BuildKit`.

use super::command::{Command, is_separator, split_command};
use super::error::Complaint;
use super::exec::{self, ExecWord, Json};
use super::keyword::Keyword;
use super::span::{Span, char_boundary};
use super::words::{Word, quoted, separated};

/// `name=value`, or the two halves of a legacy `name value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair {
    /// The name, quotes included.
    pub key: Word,
    /// The value, quotes included.
    pub value: Word,
}

/// The arguments of one instruction. All spans are logical.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Arguments {
    /// There are none.
    None,
    /// The text as a whole: shell form, or the only argument.
    Whole(Span),
    /// Exec form.
    Exec(Vec<ExecWord>),
    /// Several words.
    List(Vec<Word>),
    /// `ENV` and `LABEL`.
    Pairs { pairs: Vec<Pair>, legacy: bool },
    /// `HEALTHCHECK`: its type and its command.
    Health { kind: Span, command: Box<Arguments> },
    /// The instruction that an `ONBUILD` holds.
    Trigger(Command),
    /// An unknown instruction's arguments are not looked at.
    Ignored,
}

/// Reads the arguments `body` of `line`; `body` is trimmed.
pub(super) fn read_arguments(
    line: &str,
    keyword: Keyword,
    body: Span,
    escape: char,
) -> Result<Arguments, Complaint> {
    if keyword == Keyword::Unknown {
        return Ok(Arguments::Ignored);
    }
    if body.is_empty() {
        return Ok(Arguments::None);
    }
    match keyword {
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => {
            exec_or(line, body, Arguments::Whole)
        }
        Keyword::Copy | Keyword::Add | Keyword::Volume => {
            exec_or(line, body, |body| Arguments::List(separated(line, body)))
        }
        Keyword::From | Keyword::Expose => Ok(Arguments::List(separated(line, body))),
        Keyword::Arg => Ok(Arguments::List(quoted(line, body, escape))),
        Keyword::Env | Keyword::Label => pairs(line, keyword, body, escape),
        Keyword::Healthcheck => health(line, body),
        Keyword::Onbuild => trigger(line, body, escape),
        Keyword::User
        | Keyword::Workdir
        | Keyword::Stopsignal
        | Keyword::Maintainer
        | Keyword::Unknown => Ok(Arguments::Whole(body)),
    }
}

/// Whether `body` is in exec form.
pub(super) fn is_exec_form(body: &str) -> bool {
    !matches!(exec::read(body), Json::NotArray)
}

/// Exec form, or what `otherwise` makes of the text.
fn exec_or(
    line: &str,
    body: Span,
    otherwise: impl FnOnce(Span) -> Arguments,
) -> Result<Arguments, Complaint> {
    match exec::read(body.text(line)) {
        Json::NotArray => Ok(otherwise(body)),
        Json::Strings(mut words) => {
            for word in &mut words {
                word.span = word.span.shift(body.start);
            }
            Ok(Arguments::Exec(words))
        }
        Json::NotStrings => Err(Complaint::new(
            body,
            "when using JSON array syntax, arrays must be comprised of strings only",
            "put every element in double quotes",
        )),
    }
}

/// The legacy form holds one pair and is chosen when the first word has no `=`.
fn pairs(line: &str, keyword: Keyword, body: Span, escape: char) -> Result<Arguments, Complaint> {
    let words = quoted(line, body, escape);
    let Some(first) = words.first() else {
        return Ok(Arguments::None);
    };
    if !first.raw.contains('=') {
        return legacy_pair(line, keyword, body);
    }
    let pairs: Result<Vec<Pair>, Complaint> = words.iter().map(|word| pair(line, word)).collect();
    Ok(Arguments::Pairs {
        pairs: pairs?,
        legacy: false,
    })
}

fn pair(line: &str, word: &Word) -> Result<Pair, Complaint> {
    let Some(equals) = word.raw.find('=') else {
        return Err(Complaint::new(
            word.span,
            format!(
                "Syntax error - can't find = in {:?}. Must be of the form: name=value",
                word.raw
            ),
            "quote the value if this belongs to it; a comment needs a line of its own",
        ));
    };
    let at = word.span.start + equals;
    Ok(Pair {
        key: Word::at(line, Span::new(word.span.start, at)),
        value: Word::at(line, Span::new(at + 1, word.span.end)),
    })
}

fn legacy_pair(line: &str, keyword: Keyword, body: Span) -> Result<Arguments, Complaint> {
    let text = body.text(line);
    let Some((key, _)) = text.split_once(is_separator) else {
        return Err(Complaint::new(
            body,
            format!("{keyword} must have two arguments"),
            format!("write `{keyword} {text}=value`"),
        ));
    };
    let value = text[key.len()..].trim_start_matches(is_separator);
    let pair = Pair {
        key: Word::at(line, Span::new(body.start, body.start + key.len())),
        value: Word::at(line, Span::new(body.end - value.len(), body.end)),
    };
    Ok(Arguments::Pairs {
        pairs: vec![pair],
        legacy: true,
    })
}

/// `NONE`, or `CMD` and a command.
fn health(line: &str, body: Span) -> Result<Arguments, Complaint> {
    let text = body.text(line);
    let kind = Span::new(body.start, body.start + health_kind_length(text));
    let blank = |c: char| matches!(c, '\t'..='\r' | ' ');
    let rest = text[kind.len()..].trim_start_matches(blank).len();
    let command = match rest {
        0 => Arguments::None,
        rest => exec_or(line, Span::new(body.end - rest, body.end), Arguments::Whole)?,
    };
    Ok(Arguments::Health {
        kind,
        command: Box::new(command),
    })
}

/// Length of the first word. `BuildKit` looks for white space byte by byte and so may cut a
/// character in two; here that character stays with the word, which no type matches either way.
/// Behind the word, the same makes white space that is not ASCII a part of the command.
fn health_kind_length(text: &str) -> usize {
    let space = text
        .bytes()
        .position(|byte| matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0));
    char_boundary(text, space.unwrap_or(text.len()))
}

/// The trigger of an `ONBUILD`. `BuildKit` reads it like a line of its own and passes on what is
/// wrong with it, however many `ONBUILD`s are chained.
fn trigger(line: &str, body: Span, escape: char) -> Result<Arguments, Complaint> {
    let trigger = split_command(line, body.start, escape);
    let mut innermost = trigger.clone();
    loop {
        let keyword = Keyword::from_word(innermost.keyword.text(line));
        if keyword != Keyword::Onbuild || innermost.body.is_empty() {
            read_arguments(line, keyword, innermost.body, escape)?;
            return Ok(Arguments::Trigger(trigger));
        }
        innermost = split_command(line, innermost.body.start, escape);
    }
}

//! Parser directives: the `# name=value` lines at the very top.

use nom::Parser;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::{alpha1, alphanumeric0};
use nom::combinator::recognize;
use nom::sequence::pair;

use super::error::SyntaxError;
use super::lexer::Parsed;
use super::span::Span;

/// A parser directive. Only `syntax`, `escape` and `check` are directives, in any letter case; the
/// first line of a file that is none ends them, even a blank one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Directive {
    /// From the `#` to the end of the value.
    pub span: Span,
    /// The name as written.
    pub name: Span,
    /// The value, without white space around it.
    pub value: Span,
}

/// Reads the directive on a line whose content starts at `offset`, if it is one.
pub(super) fn read(content: &str, offset: usize) -> Option<Directive> {
    let body = content.trim_start();
    let (_, (name, value)) = directive(body).ok()?;
    let span_of = |part: &str| {
        let start = offset + (part.as_ptr().addr() - content.as_ptr().addr());
        Span::new(start, start + part.len())
    };
    let known = ["syntax", "escape", "check"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name));
    known.then(|| Directive {
        span: Span::new(offset + content.len() - body.len(), span_of(value).end),
        name: span_of(name),
        value: span_of(value),
    })
}

/// What `directive` means behind the directives `before` it: the new escape character, or nothing.
pub(super) fn check(
    text: &str,
    directive: Directive,
    before: &[Directive],
) -> Result<Option<char>, SyntaxError> {
    let name = directive.name.text(text);
    if before
        .iter()
        .any(|earlier| earlier.name.text(text).eq_ignore_ascii_case(name))
    {
        return Err(SyntaxError {
            span: directive.span,
            message: format!(
                "only one {} parser directive can be used",
                name.to_ascii_lowercase()
            ),
            advice: "keep one of them".to_owned(),
        });
    }
    if !name.eq_ignore_ascii_case("escape") {
        return Ok(None);
    }
    match directive.value.text(text) {
        "\\" => Ok(Some('\\')),
        "`" => Ok(Some('`')),
        other => Err(SyntaxError {
            span: directive.value,
            message: format!("invalid escape token '{other}' does not match ` or \\"),
            advice: "use a backslash or a backtick".to_owned(),
        }),
    }
}

/// `#`, a name, `=`, a value that is not empty.
fn directive(input: &str) -> Parsed<'_, (&str, &str)> {
    let (rest, (_, _, name, _, _)) = (
        tag("#"),
        take_while(char::is_whitespace),
        recognize(pair(alpha1, alphanumeric0)),
        take_while(is_blank),
        tag("="),
    )
        .parse(input)?;
    Ok(("", (name, value(rest).ok_or(nom::Err::Error(()))?)))
}

/// The value behind the `=`. A value of nothing but white space is its last character.
fn value(after_equals: &str) -> Option<&str> {
    let trimmed = after_equals.trim_matches(is_blank);
    let last = after_equals.char_indices().next_back()?.0;
    Some(if trimmed.is_empty() {
        &after_equals[last..]
    } else {
        trimmed
    })
}

/// White space as a regular expression's `\s` means it.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\x0c')
}

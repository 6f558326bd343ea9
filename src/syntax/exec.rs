//! The exec form: a JSON array of strings, read as Go's `encoding/json` reads it.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::{digit0, digit1, one_of};
use nom::combinator::{opt, recognize, value};

use super::lexer::Parsed;
use super::span::Span;

/// Go gives up on JSON that nests deeper.
const MAX_DEPTH: usize = 10_000;

/// An argument in exec form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExecWord {
    /// The JSON string in the logical line, quotes included.
    pub span: Span,
    /// The value that it stands for.
    pub value: String,
}

/// What arguments turn out to be when read as JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Json {
    /// No JSON array. `BuildKit` takes such text as shell form, without a word.
    NotArray,
    /// An array that holds something other than strings, which `BuildKit` rejects.
    NotStrings,
    /// The exec form. Spans are relative to the text.
    Strings(Vec<ExecWord>),
}

/// Reads `text`, which has no white space at its ends.
pub(super) fn read(text: &str) -> Json {
    if !text.starts_with('[') {
        return Json::NotArray;
    }
    let Ok(("", elements)) = array(text) else {
        return Json::NotArray;
    };
    let word = |element: &str| {
        let start = element.as_ptr().addr() - text.as_ptr().addr();
        let value = unescape(element.strip_prefix('"')?.strip_suffix('"')?);
        Some(ExecWord {
            span: Span::new(start, start + element.len()),
            value,
        })
    };
    let words: Option<Vec<ExecWord>> = elements.into_iter().map(word).collect();
    words.map_or(Json::NotStrings, Json::Strings)
}

/// The elements of an array as written.
fn array(input: &str) -> Parsed<'_, Vec<&str>> {
    let (mut rest, _) = (tag("["), blank).parse(input)?;
    let mut elements = Vec::new();
    if let Ok((behind, _)) = close(']', rest) {
        return Ok((behind, elements));
    }
    loop {
        let (behind, element) = recognize(any_value).parse(rest)?;
        elements.push(element);
        let (behind, separator) = separator(']', behind)?;
        if separator == ']' {
            return Ok((behind, elements));
        }
        rest = behind;
    }
}

/// Any JSON value. Nesting is counted on a list of closing brackets, so that it costs no stack.
fn any_value(input: &str) -> Parsed<'_, ()> {
    let mut closers: Vec<char> = Vec::new();
    let mut rest = input;
    loop {
        rest = match opened(rest)? {
            (behind, Some(closer)) if closers.len() + 1 < MAX_DEPTH => {
                closers.push(closer);
                behind
            }
            (_, Some(_)) => return Err(nom::Err::Error(())),
            (behind, None) => match closed(behind, &mut closers)? {
                (behind, true) => return Ok((behind, ())),
                (behind, false) => behind,
            },
        };
    }
}

/// The start of a value: a bracket whose content follows (its closer is returned), or a whole
/// value, be it a scalar or an empty bracket.
fn opened(input: &str) -> Parsed<'_, Option<char>> {
    let (rest, opener) = opt(one_of("[{")).parse(input)?;
    let closer = match opener {
        None => return value(None, scalar).parse(input),
        Some('[') => ']',
        Some(_) => '}',
    };
    let (rest, _) = blank(rest)?;
    if let Ok((behind, _)) = close(closer, rest) {
        return Ok((behind, None));
    }
    let (rest, ()) = if closer == '}' {
        key(rest)?
    } else {
        (rest, ())
    };
    Ok((rest, Some(closer)))
}

/// What follows a value: closing brackets, then a comma and whatever stands before the next value.
/// True when the outermost bracket is closed.
fn closed<'s>(mut rest: &'s str, closers: &mut Vec<char>) -> Parsed<'s, bool> {
    while let Some(&closer) = closers.last() {
        let (behind, found) = separator(closer, rest)?;
        if found == ',' {
            let (behind, ()) = if closer == '}' {
                key(behind)?
            } else {
                (behind, ())
            };
            return Ok((behind, false));
        }
        closers.pop();
        rest = behind;
    }
    Ok((rest, true))
}

/// A comma or the closing bracket, with the white space around it.
fn separator(closer: char, input: &str) -> Parsed<'_, char> {
    let (rest, _) = blank(input)?;
    if let Ok((rest, found)) = close(closer, rest) {
        return Ok((rest, found));
    }
    let (rest, _) = (tag(","), blank).parse(rest)?;
    Ok((rest, ','))
}

fn close(closer: char, input: &str) -> Parsed<'_, char> {
    nom::character::complete::char(closer).parse(input)
}

/// `"key":` and the white space behind it.
fn key(input: &str) -> Parsed<'_, ()> {
    value((), (string, blank, tag(":"), blank)).parse(input)
}

fn scalar(input: &str) -> Parsed<'_, ()> {
    let literal = alt((tag("true"), tag("false"), tag("null")));
    alt((string, value((), literal), number)).parse(input)
}

fn blank(input: &str) -> Parsed<'_, &str> {
    take_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n')).parse(input)
}

/// A number. One that is too large for a float is none: Go fails on it.
fn number(input: &str) -> Parsed<'_, ()> {
    let integer = alt((recognize((one_of("123456789"), digit0)), tag("0")));
    let fraction = opt((tag("."), digit1));
    let exponent = opt((one_of("eE"), opt(one_of("+-")), digit1));
    let (rest, text) = recognize((opt(tag("-")), integer, fraction, exponent)).parse(input)?;
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((rest, ())),
        _ => Err(nom::Err::Error(())),
    }
}

/// A string, quotes included.
fn string(input: &str) -> Parsed<'_, ()> {
    let error = Err(nom::Err::Error(()));
    let Some(mut rest) = input.strip_prefix('"') else {
        return error;
    };
    loop {
        let plain = rest.find(|c| c == '"' || c == '\\' || c < ' ');
        let Some(at) = plain else { return error };
        rest = match rest.as_bytes()[at] {
            b'"' => return Ok((&rest[at + 1..], ())),
            b'\\' => escape(&rest[at + 1..])?.0,
            _ => return error,
        };
    }
}

/// An escape sequence behind its backslash.
fn escape(input: &str) -> Parsed<'_, char> {
    match one_of("\"\\/bfnrtu").parse(input)? {
        (rest, 'u') => match rest.as_bytes().get(..4) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok((&rest[4..], 'u')),
            _ => Err(nom::Err::Error(())),
        },
        simple => Ok(simple),
    }
}

/// The value of a valid string, given without its quotes.
fn unescape(inner: &str) -> String {
    let mut result = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        let escaped = &rest[at + 1..];
        let (c, behind) = match escaped.as_bytes()[0] {
            b'u' => code_point(escaped),
            other => (simple_escape(other), &escaped[1..]),
        };
        result.push(c);
        rest = behind;
    }
    result.push_str(rest);
    result
}

fn simple_escape(letter: u8) -> char {
    match letter {
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        other => char::from(other),
    }
}

/// The character of `uXXXX`, or of a surrogate pair of two such escapes, and what follows it. Half
/// a pair gives the replacement character.
fn code_point(escaped: &str) -> (char, &str) {
    let (unit, behind) = (code_unit(&escaped[1..]), &escaped[5..]);
    let low = behind.strip_prefix("\\u").map(code_unit);
    let pair = [unit, low.unwrap_or_default()];
    match char::decode_utf16(pair).next() {
        Some(Ok(c)) if (0xd800..0xdc00).contains(&unit) => (c, &behind[6..]),
        Some(Ok(c)) => (c, behind),
        _ => (char::REPLACEMENT_CHARACTER, behind),
    }
}

/// The number of four hexadecimal digits at the start of `digits`.
fn code_unit(digits: &str) -> u16 {
    u16::from_str_radix(&digits[..4], 16).unwrap_or_default()
}

//! From text to tokens that tile it.
//!
//! ```text
//! dockerfile  = [bom] directive* (blank | comment | instruction)*
//! instruction = indent piece (continuation (blank | comment | piece))* newline heredoc*
//! heredoc     = body end
//! ```
//!
//! The grammar is line oriented and its only context is the escape character, so one pass decides
//! every byte. Lines end at `\n` only.

use memchr::memchr;
use nom::bytes::complete::tag;
use nom::combinator::opt;
use nom::{IResult, Parser};

use super::command::split_keyword;
use super::directive::{self, Directive};
use super::error::SyntaxError;
use super::heredoc;
use super::instruction::{Heredoc, Instruction};
use super::keyword::Keyword;
use super::logical::Logical;
use super::span::Span;
use super::token::{Token, TokenKind};

/// The longest line that `BuildKit` reads, without its line feed.
const MAX_LINE: usize = 65_535;

/// The result of a nom parser over source text. Errors carry nothing: they only mean "not this".
pub(super) type Parsed<'s, T> = IResult<&'s str, T, ()>;

/// Everything that one pass over the text finds.
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) instructions: Vec<Instruction>,
    pub(super) directives: Vec<Directive>,
    pub(super) escape: char,
    pub(super) errors: Vec<SyntaxError>,
}

/// Reads all of `text`. Never fails: what `BuildKit` would reject is in `errors`.
pub(super) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer::new(text);
    lexer.bom();
    lexer.directives();
    while !lexer.rest.is_empty() {
        lexer.statement();
    }
    lexer.out
}

struct Lexer<'s> {
    text: &'s str,
    rest: &'s str,
    /// Lines read so far.
    lines: usize,
    out: Lexed,
}

impl<'s> Lexer<'s> {
    fn new(text: &'s str) -> Self {
        let out = Lexed {
            // Typical files have a token for every 20 to 25 bytes.
            tokens: Vec::with_capacity(text.len() / 20),
            instructions: Vec::with_capacity(text.len() / 100),
            directives: Vec::new(),
            escape: '\\',
            errors: Vec::new(),
        };
        Self {
            text,
            rest: text,
            lines: 0,
            out,
        }
    }

    fn offset(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Appends a token of the given length, unless it would be empty.
    fn push(&mut self, kind: TokenKind, start: usize, length: usize) {
        if length > 0 {
            self.out.tokens.push(Token {
                kind,
                span: Span::new(start, start + length),
            });
        }
    }

    fn error(&mut self, span: Span, message: impl Into<String>, advice: &str) {
        let (message, advice) = (message.into(), advice.to_owned());
        self.out.errors.push(SyntaxError {
            span,
            message,
            advice,
        });
    }

    fn bom(&mut self) {
        if let Ok((rest, Some(bom))) = bom(self.rest) {
            self.push(TokenKind::Bom, 0, bom.len());
            self.rest = rest;
        }
    }

    fn directives(&mut self) {
        while let Ok((rest, line)) = line(self.rest) {
            let offset = self.offset();
            let Some(directive) = directive::read(line.content, offset) else {
                break;
            };
            self.rest = rest;
            self.lines += 1;
            self.push(TokenKind::Directive, offset, line.len());
            match directive::check(self.text, directive, &self.out.directives) {
                Ok(Some(escape)) => self.out.escape = escape,
                Ok(None) => {}
                Err(error) => self.out.errors.push(error),
            }
            self.out.directives.push(directive);
        }
    }

    /// Reads the next line with its offset, and complains when it is too long for `BuildKit`.
    fn next_line(&mut self) -> Option<(usize, Line<'s>)> {
        let offset = self.offset();
        let (rest, line) = line(self.rest).ok()?;
        self.rest = rest;
        self.lines += 1;
        if line.len() > MAX_LINE {
            self.check_length(offset, line);
        }
        Some((offset, line))
    }

    #[cold]
    fn check_length(&mut self, offset: usize, line: Line<'s>) {
        if line.len() - usize::from(line.ending.ends_with('\n')) > MAX_LINE {
            self.error(
                Span::new(offset, offset + line.content.len()),
                format!("dockerfile line greater than max allowed size of {MAX_LINE}"),
                "break the line with continuations",
            );
        }
    }

    /// A blank line, a comment or an instruction.
    fn statement(&mut self) {
        let Some((offset, line)) = self.next_line() else {
            return;
        };
        let body = line.content.trim_start();
        match body.as_bytes().first() {
            None => self.push(TokenKind::Blank, offset, line.len()),
            Some(b'#') => self.push(TokenKind::Comment, offset, line.len()),
            Some(_) => {
                let indent = line.content.len() - body.len();
                let first_token = self.out.tokens.len();
                self.push(TokenKind::Indent, offset, indent);
                let first = Line {
                    content: body,
                    ending: line.ending,
                };
                self.instruction(first_token, offset + indent, first);
            }
        }
    }

    fn instruction(&mut self, first_token: usize, start: usize, first: Line<'s>) {
        let start_line = self.lines;
        self.continued_lines(start, first);
        let (keyword, keyword_span) = self.keyword(first_token, start);
        let heredocs = self.heredocs(first_token, keyword, start);
        let end = self.offset();
        let content = line_content(&self.text[start..end]).len();
        self.out.instructions.push(Instruction {
            keyword,
            keyword_span,
            span: Span::new(start, start + content),
            full: Span::new(self.out.tokens[first_token].span.start, end),
            tokens: first_token..self.out.tokens.len(),
            start_line,
            end_line: self.lines,
            heredocs,
        });
    }

    /// The pieces of an instruction, with the comments and blank lines between them.
    fn continued_lines(&mut self, start: usize, first: Line<'s>) {
        let mut open = self.piece(start, first);
        while open {
            let Some((offset, line)) = self.next_line() else {
                break;
            };
            match line.content.trim_start().as_bytes().first() {
                None => self.push(TokenKind::Blank, offset, line.len()),
                Some(b'#') => self.push(TokenKind::Comment, offset, line.len()),
                Some(_) => open = self.piece(offset, line),
            }
        }
    }

    /// One line of an instruction; says whether the instruction goes on behind it.
    fn piece(&mut self, offset: usize, line: Line<'s>) -> bool {
        let continued = before_continuation(line.content, self.out.escape);
        let text = continued.unwrap_or(line.content).len();
        self.push(TokenKind::Text, offset, text);
        let kind = if continued.is_some() {
            TokenKind::Continuation
        } else {
            TokenKind::Newline
        };
        self.push(kind, offset + text, line.len() - text);
        continued.is_some()
    }

    /// The keyword of the instruction whose tokens start at `first_token`.
    fn keyword(&self, first_token: usize, start: usize) -> (Keyword, Span) {
        let written = &self.text.as_bytes()[start..];
        let ascii = written
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        // Nearly always the keyword stands alone on the first line; then nothing has to be joined.
        if ascii > 0 && matches!(written.get(ascii), Some(b' ' | b'\t')) {
            let span = Span::new(start, start + ascii);
            return (Keyword::from_word(span.text(self.text)), span);
        }
        let logical = self.logical(first_token);
        let span = split_keyword(&logical.text);
        (
            Keyword::from_word(span.text(&logical.text)),
            logical.source(span),
        )
    }

    fn logical(&self, first_token: usize) -> Logical<'s> {
        Logical::join(self.text, &self.out.tokens[first_token..])
    }

    /// The here-documents that the instruction's line announces.
    fn heredocs(&mut self, first_token: usize, keyword: Keyword, start: usize) -> Vec<Heredoc> {
        let written = Span::new(start, self.offset());
        let possible = heredoc::may_follow(keyword)
            && memchr(b'<', written.text(self.text).as_bytes()).is_some();
        if !possible {
            return Vec::new();
        }
        let logical = self.logical(first_token);
        match heredoc::markers(&logical.text, self.out.escape) {
            Ok(markers) => markers
                .into_iter()
                .map(|marker| self.heredoc(marker, written))
                .collect(),
            Err(message) => {
                self.error(
                    written,
                    message,
                    "close the quote or brace of the here-document's name",
                );
                Vec::new()
            }
        }
    }

    /// The body of one here-document and the line that ends it. Without such a line the body
    /// reaches to the end of the file.
    fn heredoc(&mut self, marker: heredoc::Marker, written: Span) -> Heredoc {
        let start = self.offset();
        let mut end = None;
        while end.is_none() {
            let Some((offset, line)) = self.next_line() else {
                break;
            };
            if marker.is_ended_by(line.content) {
                end = Some(Span::new(offset, offset + line.len()));
            }
        }
        let end = end.unwrap_or_else(|| {
            self.error(
                written,
                "unterminated heredoc",
                &format!("end the here-document with a line `{}`", marker.name),
            );
            Span::at(self.text.len())
        });
        self.push(TokenKind::HeredocBody, start, end.start - start);
        self.push(TokenKind::HeredocEnd, end.start, end.len());
        let heredoc::Marker {
            name,
            expand,
            chomp,
            fd,
        } = marker;
        Heredoc {
            name,
            expand,
            chomp,
            fd,
            body: Span::new(start, end.start),
            end,
        }
    }
}

/// A physical line: its content, and the `\r`s and `\n` that `BuildKit` trims from its end.
#[derive(Clone, Copy)]
struct Line<'s> {
    content: &'s str,
    ending: &'s str,
}

impl Line<'_> {
    fn len(self) -> usize {
        self.content.len() + self.ending.len()
    }
}

/// The next line, up to and with its line feed. Fails at the end of the text only.
fn line(input: &str) -> Parsed<'_, Line<'_>> {
    if input.is_empty() {
        return Err(nom::Err::Error(()));
    }
    let length = memchr(b'\n', input.as_bytes()).map_or(input.len(), |at| at + 1);
    let (line, rest) = input.split_at(length);
    let (content, ending) = line.split_at(line_content(line).len());
    Ok((rest, Line { content, ending }))
}

fn bom(input: &str) -> Parsed<'_, Option<&str>> {
    opt(tag("\u{feff}")).parse(input)
}

/// `line` without the line feed and the carriage returns before it.
fn line_content(line: &str) -> &str {
    line.strip_suffix('\n')
        .unwrap_or(line)
        .trim_end_matches('\r')
}

/// What stands before the continuation at the end of a line, or `None` when the line does not
/// continue. Two escape characters in a row do not continue a line, and three neither.
fn before_continuation(content: &str, escape: char) -> Option<&str> {
    let text = content.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!text.ends_with(escape)).then_some(text)
}

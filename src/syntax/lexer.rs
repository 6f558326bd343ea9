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

use super::MAX_ERRORS;
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

    fn error(&mut self, error: SyntaxError) {
        if self.out.errors.len() < MAX_ERRORS {
            self.out.errors.push(error);
        }
    }

    fn bom(&mut self) {
        if let Ok((rest, Some(bom))) = bom(self.rest) {
            self.push(TokenKind::Bom, 0, bom.len());
            self.rest = rest;
        }
    }

    fn directives(&mut self) {
        while let Ok((rest, raw)) = raw_line(self.rest) {
            let offset = self.offset();
            let Some(directive) = directive::read(raw.content, offset) else {
                break;
            };
            self.rest = rest;
            self.lines += 1;
            self.push(TokenKind::Directive, offset, raw.length());
            match directive::check(self.text, directive, &self.out.directives) {
                Ok(Some(escape)) => self.out.escape = escape,
                Ok(None) => {}
                Err(error) => self.error(error),
            }
            self.out.directives.push(directive);
        }
    }

    /// Reads the next line with its offset, and complains when it is too long for `BuildKit`.
    fn next_line(&mut self) -> Option<(usize, RawLine<'s>)> {
        let offset = self.offset();
        let (rest, raw) = raw_line(self.rest).ok()?;
        self.rest = rest;
        self.lines += 1;
        if raw.length() > MAX_LINE {
            self.check_length(offset, raw);
        }
        Some((offset, raw))
    }

    #[cold]
    fn check_length(&mut self, offset: usize, raw: RawLine<'s>) {
        if raw.length() - usize::from(raw.ending.ends_with('\n')) > MAX_LINE {
            self.error(SyntaxError {
                span: Span::new(offset, offset + raw.content.len()),
                message: format!("dockerfile line greater than max allowed size of {MAX_LINE}"),
                advice: "break the line with continuations".to_owned(),
            });
        }
    }

    /// A blank line, a comment or an instruction.
    fn statement(&mut self) {
        let Some((offset, raw)) = self.next_line() else {
            return;
        };
        match Line::of(raw, self.out.escape) {
            Line::Blank => self.push(TokenKind::Blank, offset, raw.length()),
            Line::Comment => self.push(TokenKind::Comment, offset, raw.length()),
            Line::Piece(mut piece) => {
                let first_token = self.out.tokens.len();
                self.push(TokenKind::Indent, offset, piece.indent);
                piece.text -= piece.indent;
                let start = offset + piece.indent;
                self.push_piece(start, piece, raw.length() - piece.indent);
                self.instruction(first_token, start, piece.continued);
            }
        }
    }

    /// The rest of an instruction whose first line is read.
    fn instruction(&mut self, first_token: usize, start: usize, continued: bool) {
        let start_line = self.lines;
        self.continued_lines(continued);
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

    /// The lines that continue an instruction, as long as it is `open`.
    fn continued_lines(&mut self, mut open: bool) {
        while open {
            let Some((offset, raw)) = self.next_line() else {
                break;
            };
            match Line::of(raw, self.out.escape) {
                Line::Blank => self.push(TokenKind::Blank, offset, raw.length()),
                Line::Comment => self.push(TokenKind::Comment, offset, raw.length()),
                Line::Piece(piece) => {
                    self.push_piece(offset, piece, raw.length());
                    open = piece.continued;
                }
            }
        }
    }

    /// The tokens of a piece at `offset` in a line that is `length` long from there.
    fn push_piece(&mut self, offset: usize, piece: Piece, length: usize) {
        self.push(TokenKind::Text, offset, piece.text);
        let behind = if piece.continued {
            TokenKind::Continuation
        } else {
            TokenKind::Newline
        };
        self.push(behind, offset + piece.text, length - piece.text);
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
                self.error(SyntaxError {
                    span: written,
                    message: format!("failed to process the name of a heredoc: {message}"),
                    advice: "close the quote or brace of the here-document's name".to_owned(),
                });
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
            let Some((offset, raw)) = self.next_line() else {
                break;
            };
            if marker.is_ended_by(raw.content) {
                end = Some(Span::new(offset, offset + raw.length()));
            }
        }
        let end = end.unwrap_or_else(|| {
            self.error(SyntaxError {
                span: written,
                message: "unterminated heredoc".to_owned(),
                advice: format!("end the here-document with a line `{}`", marker.name),
            });
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
struct RawLine<'s> {
    content: &'s str,
    ending: &'s str,
}

impl RawLine<'_> {
    fn length(self) -> usize {
        self.content.len() + self.ending.len()
    }
}

/// What a line outside here-documents is.
enum Line {
    Blank,
    Comment,
    Piece(Piece),
}

/// A line of an instruction, as lengths from its start.
#[derive(Clone, Copy)]
struct Piece {
    /// White space at the start.
    indent: usize,
    /// What belongs to the instruction, indent included.
    text: usize,
    /// Whether the instruction goes on behind the line.
    continued: bool,
}

impl Line {
    fn of(raw: RawLine<'_>, escape: char) -> Self {
        let body = without_indent(raw.content);
        match body.as_bytes().first() {
            None => Self::Blank,
            Some(b'#') => Self::Comment,
            Some(_) => {
                let continued = before_continuation(raw.content, escape);
                Self::Piece(Piece {
                    indent: raw.content.len() - body.len(),
                    text: continued.unwrap_or(raw.content).len(),
                    continued: continued.is_some(),
                })
            }
        }
    }
}

/// The next line, up to and with its line feed. Fails at the end of the text only.
fn raw_line(input: &str) -> Parsed<'_, RawLine<'_>> {
    if input.is_empty() {
        return Err(nom::Err::Error(()));
    }
    let length = memchr(b'\n', input.as_bytes()).map_or(input.len(), |at| at + 1);
    let (line, rest) = input.split_at(length);
    let (content, ending) = line.split_at(line_content(line).len());
    Ok((rest, RawLine { content, ending }))
}

fn bom(input: &str) -> Parsed<'_, Option<&str>> {
    opt(tag("\u{feff}")).parse(input)
}

/// `line` without the line feed and the carriage returns before it.
fn line_content(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    // Few files have carriage returns, so the search is kept off the common path.
    if line.ends_with('\r') {
        line.trim_end_matches('\r')
    } else {
        line
    }
}

/// `content` without the white space that it starts with.
fn without_indent(content: &str) -> &str {
    // Most lines start with a letter; telling that does not need Unicode tables.
    let plain = content.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    if plain { content } else { content.trim_start() }
}

/// What stands before the continuation at the end of a line, or `None` when the line does not
/// continue. Two escape characters in a row do not continue a line, and three neither.
fn before_continuation(content: &str, escape: char) -> Option<&str> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let last = content.bytes().rposition(|byte| !is_blank(&byte))?;
    let text = content[..=last].strip_suffix(escape)?;
    (!text.ends_with(escape)).then_some(text)
}

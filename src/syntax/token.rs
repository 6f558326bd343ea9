//! The physical layer: tokens that tile the source.

use super::span::Span;

/// What a token is. Every byte of a Dockerfile belongs to exactly one token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// The byte-order mark that opens some files.
    Bom,
    /// A parser directive (`# escape=…`): the whole line with its line ending.
    Directive,
    /// A comment line: the whole line with its indent and line ending, also inside a continued
    /// instruction.
    Comment,
    /// A line of white space: the whole line with its line ending, also inside a continued
    /// instruction.
    Blank,
    /// White space before the first word of an instruction.
    Indent,
    /// A piece of an instruction's logical line. Leading white space of a continuation line
    /// belongs to it, because `BuildKit` keeps it.
    Text,
    /// The escape character that continues a line, the blanks behind it and the line ending.
    Continuation,
    /// The line ending of an instruction's last line: any run of `\r` and at most one `\n`.
    Newline,
    /// The lines of one here-document, line endings included.
    HeredocBody,
    /// The line that ends a here-document, line ending included.
    HeredocEnd,
}

/// A stretch of source with its kind. The tokens of a file are in source order, leave no gap and
/// never overlap; none is empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// What the bytes are.
    pub kind: TokenKind,
    /// Where they are in the source.
    pub span: Span,
}

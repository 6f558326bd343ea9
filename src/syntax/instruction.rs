//! One instruction as it stands in the source.

use std::ops::Range;

use super::keyword::Keyword;
use super::span::Span;

/// One instruction on the physical layer: where it is, not what it says. An `ONBUILD` counts as
/// one instruction, with its trigger inside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// What it is.
    pub keyword: Keyword,
    /// Where the keyword stands. When a continuation splits the keyword, the range covers it.
    pub keyword_span: Span,
    /// From the first byte behind the indent to the end of the last line, here-documents
    /// included, without the final line ending.
    pub span: Span,
    /// Whole lines: from the start of the first line, indent included, to behind the last line
    /// ending (or the end of the file).
    pub full: Span,
    /// The tokens of [`Instruction::full`].
    pub tokens: Range<usize>,
    /// Number of the first line, from 1.
    pub start_line: usize,
    /// Number of the last line, here-documents and swallowed comments included.
    pub end_line: usize,
    /// The here-documents, in the order of their markers.
    pub heredocs: Vec<Heredoc>,
}

/// A here-document of a `RUN`, `COPY` or `ADD`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heredoc {
    /// The line that ends it, quotes removed.
    pub name: String,
    /// Whether variables in the body are expanded: no part of the marker's name was quoted.
    pub expand: bool,
    /// Whether leading tabs are removed (`<<-`).
    pub chomp: bool,
    /// The file descriptor that it is read from, as in `RUN 3<<EOF`.
    pub fd: u64,
    /// The lines of the body in the source, line endings included.
    pub body: Span,
    /// The line that ends it, line ending included; empty when there is none.
    pub end: Span,
}

//! Here-documents.

use super::ast::{HereDocument, Word};
use super::bytes::{DOUBLE, is};
use super::parser::{Parsed, Parser};
use crate::syntax::Span;

impl Parser<'_> {
    /// Notes a here-document, whose body starts after this line, and returns its number.
    pub(super) fn here_document(&mut self, delimiter: Word, tabs: bool) -> usize {
        let number = self.notes.here_documents.len();
        let quoted = self
            .bytes(delimiter.span)
            .iter()
            .any(|byte| b"\\'\"".contains(byte));
        let body = Span::at(delimiter.span.end);
        self.notes.here_documents.push(HereDocument {
            delimiter,
            expands: !quoted,
            tabs,
            body,
        });
        self.pending.push(number);
        number
    }

    /// Reads the bodies that start at the cursor, after a newline.
    pub(super) fn here_document_bodies(&mut self) {
        for number in std::mem::take(&mut self.pending) {
            let document = self.notes.here_documents[number];
            let body = self.here_document_body(document);
            self.notes.here_documents[number].body = body;
            if document.expands {
                self.here_document_expansions(body);
            }
        }
    }

    /// Steps over the lines up to the delimiter, and over the delimiter. The end of the script
    /// also ends the body; the shells only warn about it.
    fn here_document_body(&mut self, document: HereDocument) -> Span {
        let delimiter = unquoted(self.bytes(document.delimiter.span));
        let start = self.pos;
        let mut joined = false;
        while self.pos < self.src.len() {
            let line_start = self.pos;
            if document.tabs {
                self.skip_while(|byte| byte == b'\t');
            }
            let end = self.line_end();
            let line = &self.src[self.pos..end];
            self.pos = (end + 1).min(self.src.len());
            if line == delimiter && !joined {
                return Span::new(start, line_start);
            }
            joined = document.expands && ends_joined(line);
        }
        self.since(start)
    }

    /// Notes what is expanded in a body. Neither quotes nor errors matter there to bash, which
    /// reads the substitutions of a body only when it runs them.
    fn here_document_expansions(&mut self, body: Span) {
        let read = self.within(body, |parser| parser.attempt(Self::expansions));
        if read.is_none() {
            self.within(body, Self::note_names);
        }
    }

    fn expansions(&mut self) -> Parsed<()> {
        loop {
            self.skip_while(|byte| !is(byte, DOUBLE) || byte == b'"');
            if self.pos == self.src.len() {
                return Ok(());
            }
            self.double_quoted_piece()?;
        }
    }
}

/// A delimiter without its quotes.
fn unquoted(delimiter: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(delimiter.len());
    let mut bytes = delimiter.iter().copied();
    let mut quote = None;
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if open == byte => quote = None,
            (b'\\', None | Some(b'"')) => text.extend(bytes.next()),
            _ => text.push(byte),
        }
    }
    text
}

/// Whether a backslash joins the line to the next.
fn ends_joined(line: &[u8]) -> bool {
    line.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

//! The state of the parser, and the grammar down to pipelines.

use super::ast::{
    Command, Connector, HereDocument, Item, Parameter, Pipeline, Substitution, Terminator,
};
use super::bytes::{BREAK, is};
use super::keyword::Keyword;
use super::{ShellError, Word};
use crate::syntax::Span;

/// What a parsing function returns.
pub(super) type Parsed<T> = Result<T, ShellError>;

/// How many constructs may lie inside each other. Scripts that people write stay below ten; the
/// limit keeps the recursion far away from the end of the smallest stack, that of a test thread.
const MAX_DEPTH: usize = 100;

/// How often `((` may turn out not to be arithmetic, so that what follows is read a second time.
/// Without a limit, nested ones would double the time at each level.
const MAX_REREADS: usize = 32;

/// A cursor over a script, and what has been noted on the way.
pub(super) struct Parser<'s> {
    /// The script, up to the end of the stretch that is being read.
    pub(super) src: &'s [u8],
    /// The offset of the next byte.
    pub(super) pos: usize,
    /// What has been met anywhere so far.
    pub(super) notes: Notes,
    /// The here-documents whose bodies start after the end of this line.
    pub(super) pending: Vec<usize>,
    depth: usize,
    rereads: usize,
}

/// The flat lists of a [`Script`](super::Script).
#[derive(Default)]
pub(super) struct Notes {
    pub(super) comments: Vec<Span>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) substitutions: Vec<Substitution>,
    pub(super) here_documents: Vec<HereDocument>,
}

/// The cursor.
impl<'s> Parser<'s> {
    pub(super) fn new(src: &'s [u8], pos: usize) -> Self {
        Self {
            src,
            pos,
            notes: Notes::default(),
            pending: Vec::new(),
            depth: 0,
            rereads: MAX_REREADS,
        }
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    /// The byte `ahead` bytes after the next.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.src.get(self.pos + ahead).copied()
    }

    /// Whether `text` comes next.
    pub(super) fn looking_at(&self, text: &[u8]) -> bool {
        self.src[self.pos..].starts_with(text)
    }

    /// Steps over `text` if it comes next.
    pub(super) fn eat(&mut self, text: &[u8]) -> bool {
        let found = self.looking_at(text);
        if found {
            self.pos += text.len();
        }
        found
    }

    /// Steps over `text`, or fails with `message`.
    pub(super) fn expect(&mut self, text: &[u8], message: &'static str) -> Parsed<()> {
        if self.eat(text) {
            Ok(())
        } else {
            self.fail(message)
        }
    }

    /// Steps over bytes as long as `wanted` holds.
    pub(super) fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = &self.src[self.pos..];
        self.pos += rest
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(rest.len());
    }

    /// From `start` to the cursor.
    pub(super) fn since(&self, start: usize) -> Span {
        Span::new(start, self.pos)
    }

    pub(super) fn bytes(&self, span: Span) -> &'s [u8] {
        &self.src[span.start..span.end]
    }

    pub(super) fn fail<T>(&self, message: &'static str) -> Parsed<T> {
        Err(ShellError {
            at: self.pos,
            message,
        })
    }
}

/// Reading in a special way.
impl Parser<'_> {
    /// Reads something that can contain itself.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return self.fail("nested too deeply");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Reads `span` as if the script ended with it. The cursor stays where it is.
    pub(super) fn within<T>(&mut self, span: Span, read: impl FnOnce(&mut Self) -> T) -> T {
        let (src, pos) = (self.src, self.pos);
        self.src = &src[..span.end];
        self.pos = span.start;
        let result = self.with_own_lines(read);
        (self.src, self.pos) = (src, pos);
        result
    }

    /// Reads what has its own here-documents: a newline inside does not start the bodies of those
    /// before it, and those inside have no body after it.
    pub(super) fn with_own_lines<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let pending = std::mem::take(&mut self.pending);
        let result = read(self);
        self.pending = pending;
        result
    }

    /// Reads what may turn out to be something else; then nothing has happened.
    pub(super) fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Option<T> {
        let start = self.pos;
        let comments = self.notes.comments.len();
        let parameters = self.notes.parameters.len();
        let substitutions = self.notes.substitutions.len();
        let here_documents = self.notes.here_documents.len();
        let result = read(self).ok();
        if result.is_none() {
            self.pos = start;
            self.notes.comments.truncate(comments);
            self.notes.parameters.truncate(parameters);
            self.notes.substitutions.truncate(substitutions);
            self.notes.here_documents.truncate(here_documents);
        }
        result
    }

    /// Notes that `((` was not arithmetic.
    pub(super) fn reread(&mut self) -> Parsed<()> {
        match self.rereads.checked_sub(1) {
            Some(left) => {
                self.rereads = left;
                Ok(())
            }
            None => self.fail("too many `((` that are not arithmetic"),
        }
    }
}

/// Blanks and lines.
impl Parser<'_> {
    /// Skips blanks, joined lines and a comment, up to the next token.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.pos += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.pos += 2,
                Some(b'#') => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        let start = self.pos;
        self.pos = self.line_end();
        self.notes.comments.push(self.since(start));
    }

    /// The offset after the joined line ends at `offset`: each is a backslash before a newline.
    pub(super) fn after_joins(&self, mut offset: usize) -> usize {
        while self.src[offset..].starts_with(b"\\\n") {
            offset += 2;
        }
        offset
    }

    /// Whether a word that reaches `offset` ends there.
    pub(super) fn ends_word(&self, offset: usize) -> bool {
        self.src.get(offset).is_none_or(|&byte| is(byte, BREAK))
    }

    /// Whether the word at the cursor is exactly `text`.
    pub(super) fn at_whole(&self, text: &[u8]) -> bool {
        self.looking_at(text) && self.ends_word(self.after_joins(self.pos + text.len()))
    }

    /// The offset of the next newline, or the end.
    pub(super) fn line_end(&self) -> usize {
        let rest = &self.src[self.pos..];
        self.pos + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
    }

    /// Skips blanks, comments and newlines.
    pub(super) fn lines(&mut self) {
        self.blanks();
        while self.peek() == Some(b'\n') {
            self.newline();
            self.blanks();
        }
    }

    /// Steps over a newline and the bodies of the here-documents that it starts.
    pub(super) fn newline(&mut self) {
        self.pos += 1;
        if !self.pending.is_empty() {
            self.here_document_bodies();
        }
    }
}

/// Lists and pipelines.
impl Parser<'_> {
    /// A list of commands up to something that cannot start one; possibly empty.
    pub(super) fn list(&mut self) -> Parsed<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            self.lines();
            if !self.at_command() {
                return Ok(items);
            }
            let item = self.item()?;
            let ended = item.terminator.is_some();
            items.push(item);
            if !ended {
                return Ok(items);
            }
        }
    }

    /// A list with at least one command.
    pub(super) fn body(&mut self) -> Parsed<Vec<Item>> {
        let items = self.list()?;
        if items.is_empty() {
            self.fail("a command is missing")
        } else {
            Ok(items)
        }
    }

    fn at_command(&self) -> bool {
        match self.peek() {
            None | Some(b';' | b'&' | b'|' | b')') if !self.looking_at(b"&>") => false,
            _ => !self.keyword().is_some_and(Keyword::closes),
        }
    }

    fn item(&mut self) -> Parsed<Item> {
        let first = self.pipeline()?;
        let mut span = first.span;
        let mut rest = Vec::new();
        while let Some((connector, operator)) = self.connector() {
            self.lines();
            let pipeline = self.pipeline()?;
            span = span.cover(pipeline.span);
            rest.push((connector, operator, pipeline));
        }
        Ok(Item {
            span,
            first,
            rest,
            terminator: self.terminator(),
        })
    }

    fn connector(&mut self) -> Option<(Connector, Span)> {
        self.blanks();
        let start = self.pos;
        let connector = match self.peek()? {
            b'&' if self.eat(b"&&") => Connector::And,
            b'|' if self.eat(b"||") => Connector::Or,
            _ => return None,
        };
        Some((connector, self.since(start)))
    }

    fn terminator(&mut self) -> Option<(Terminator, Span)> {
        let span = Span::new(self.pos, self.pos + 1);
        let terminator = match (self.peek()?, self.peek_at(1)) {
            (b';', next) if next != Some(b';') && next != Some(b'&') => Terminator::Semi,
            (b'&', _) => Terminator::Background,
            (b'\n', _) => Terminator::Newline,
            _ => return None,
        };
        match terminator {
            Terminator::Newline => self.newline(),
            Terminator::Semi | Terminator::Background => self.pos += 1,
        }
        Some((terminator, span))
    }

    pub(super) fn pipeline(&mut self) -> Parsed<Pipeline> {
        let start = self.pos;
        let (negated, timed) = self.pipeline_prefix();
        let mut commands = Vec::with_capacity(1);
        commands.push(self.command()?);
        while self.pipe() {
            self.lines();
            commands.push(self.command()?);
        }
        let end = commands.last().map_or(start, |last| last.span().end);
        Ok(Pipeline {
            span: Span::new(start, end),
            negated,
            timed,
            commands,
        })
    }

    /// Steps over `!` and `time`.
    fn pipeline_prefix(&mut self) -> (bool, bool) {
        let (mut negated, mut timed) = (false, false);
        while matches!(self.peek(), Some(b'!' | b't')) {
            match self.keyword() {
                Some(Keyword::Not) => {
                    self.pos += 1;
                    negated = !negated;
                }
                Some(Keyword::Time) if self.time() => timed = true,
                _ => break,
            }
            self.blanks();
        }
        (negated, timed)
    }

    /// Steps over `time` and its option. To `sh`, and where bash's `time` has nothing to measure or
    /// does not know the option, it is the name of a command, and stays.
    fn time(&mut self) -> bool {
        let start = self.pos;
        self.pos += b"time".len();
        self.blanks();
        for option in [&b"-p"[..], b"--"] {
            if self.at_whole(option) {
                self.pos += option.len();
                self.blanks();
            }
        }
        let measures = self.at_command() && !matches!(self.peek(), Some(b'-' | b'\n'));
        if !measures {
            self.pos = start;
        }
        measures
    }

    /// Steps over `|` or `|&`.
    fn pipe(&mut self) -> bool {
        self.blanks();
        let found = self.peek() == Some(b'|') && self.peek_at(1) != Some(b'|');
        if found {
            self.pos += 1;
            self.eat(b"&");
        }
        found
    }

    /// One command; no list, and no `!` or `time` before it.
    pub(super) fn command(&mut self) -> Parsed<Command> {
        if self.peek() == Some(b'(') {
            return self.nested(Self::parenthesis);
        }
        match self.keyword() {
            None | Some(Keyword::Time) => self.simple(),
            Some(keyword) => self.nested(|parser| parser.compound(keyword)),
        }
    }

    /// The word at the cursor, or fails with `message` if there is none.
    pub(super) fn expect_word(&mut self, message: &'static str) -> Parsed<Word> {
        self.blanks();
        let word = self.word()?;
        if word.span.is_empty() {
            self.fail(message)
        } else {
            Ok(word)
        }
    }
}

//! Simple commands, with their assignments and redirections, and functions written `name()`.

use super::ast::{Assignment, Command, Function, Redirect, RedirectOperator, Simple, Word};
use super::bytes::{DIGIT, NAME, REDIRECT, is, starts_name};
use super::parser::{Parsed, Parser};
use crate::syntax::Span;

/// The operators of redirections, each before those that it starts with.
const OPERATORS: [(&[u8], RedirectOperator); 12] = [
    (b"<<<", RedirectOperator::HereString),
    (b"<<-", RedirectOperator::HereDocumentTabs),
    (b"<<", RedirectOperator::HereDocument),
    (b"<&", RedirectOperator::DuplicateInput),
    (b"<>", RedirectOperator::ReadWrite),
    (b"<", RedirectOperator::Read),
    (b">>", RedirectOperator::Append),
    (b">&", RedirectOperator::DuplicateOutput),
    (b">|", RedirectOperator::Clobber),
    (b">", RedirectOperator::Write),
    (b"&>>", RedirectOperator::AppendAll),
    (b"&>", RedirectOperator::WriteAll),
];

/// Simple commands.
impl Parser<'_> {
    /// A simple command, or a function definition that starts with its name.
    pub(super) fn simple(&mut self) -> Parsed<Command> {
        let start = self.pos;
        let mut simple = Simple {
            span: Span::at(start),
            assignments: Vec::new(),
            words: Vec::new(),
            redirects: Vec::new(),
        };
        while self.simple_part(&mut simple)? {
            simple.span.end = self.pos;
            self.blanks();
        }
        if self.peek() == Some(b'(') {
            return self.nested(|parser| parser.named_function(&simple));
        }
        if simple.span.is_empty() {
            self.fail("a command is missing")
        } else {
            Ok(Command::Simple(simple))
        }
    }

    /// Reads one more redirection, assignment or word, if there is one.
    fn simple_part(&mut self, simple: &mut Simple) -> Parsed<bool> {
        if self.peek().is_some_and(|byte| is(byte, REDIRECT))
            && let Some(redirect) = self.redirect()?
        {
            simple.redirects.push(redirect);
            return Ok(true);
        }
        let start = self.pos;
        if simple.words.is_empty()
            && let Some(assignment) = self.assignment()?
        {
            simple.assignments.push(assignment);
            return Ok(true);
        }
        self.word_rest()?;
        if self.peek() == Some(b'(') && self.declares_array(simple, start) {
            self.nested(Self::array)?;
        }
        let span = self.since(start);
        if !span.is_empty() {
            simple.words.push(Word { span });
        }
        Ok(!span.is_empty())
    }

    /// Whether the word from `start` to the cursor can go on with an array: it is `name=`,
    /// `name+=` or `name[subscript]=`, after a command whose arguments bash reads as assignments.
    fn declares_array(&self, simple: &Simple, start: usize) -> bool {
        let Some(command) = simple.words.first() else {
            return false;
        };
        let word = self.bytes(self.since(start));
        let name = word.iter().take_while(|&&byte| is(byte, NAME)).count();
        matches!(
            self.bytes(command.span),
            b"alias"
                | b"declare"
                | b"eval"
                | b"export"
                | b"let"
                | b"local"
                | b"readonly"
                | b"typeset"
        ) && word.first().is_some_and(|&byte| starts_name(byte))
            && word.ends_with(b"=")
            && matches!(word[name..], [b'='] | [b'+', b'='] | [b'[', ..])
    }

    /// The rest of `name() command`, from the parenthesis.
    fn named_function(&mut self, before: &Simple) -> Parsed<Command> {
        let [name] = before.words[..] else {
            return self.fail("unexpected `(`");
        };
        if name.span != before.span {
            return self.fail("unexpected `(`");
        }
        self.parameter_list()?;
        self.lines();
        let body = self.command()?;
        let span = before.span.cover(body.span());
        Ok(Command::Function(Box::new(Function { span, name, body })))
    }

    /// The `()` after the name of a function.
    pub(super) fn parameter_list(&mut self) -> Parsed<()> {
        self.pos += 1;
        self.blanks();
        self.expect(b")", "expected `)` after the name of a function")
    }
}

/// Assignments.
impl Parser<'_> {
    /// The assignment at the cursor. Without one, the cursor may stand after a part of a word.
    fn assignment(&mut self) -> Parsed<Option<Assignment>> {
        let start = self.pos;
        if !self.peek().is_some_and(starts_name) {
            return Ok(None);
        }
        self.skip_while(|byte| is(byte, NAME));
        let name = self.since(start);
        let subscript = if self.peek() == Some(b'[') {
            Some(self.subscript()?)
        } else {
            None
        };
        let append = self.eat(b"+=");
        if !append && !self.eat(b"=") {
            return Ok(None);
        }
        let value_start = self.pos;
        let array = self.peek() == Some(b'(');
        if array {
            self.nested(Self::array)?;
        } else {
            self.word_rest()?;
        }
        let value = Word {
            span: self.since(value_start),
        };
        Ok(Some(Assignment {
            span: self.since(start),
            name,
            subscript,
            append,
            array,
            value,
        }))
    }

    /// `(value ... [subscript]=value ...)`
    fn array(&mut self) -> Parsed<()> {
        self.pos += 1;
        loop {
            self.lines();
            if self.eat(b")") {
                return Ok(());
            }
            let start = self.pos;
            if self.peek() == Some(b'[') {
                self.subscript()?;
            }
            self.word_rest()?;
            if self.pos == start {
                return self.fail("expected a value or `)` in an array");
            }
        }
    }
}

/// Redirections.
impl Parser<'_> {
    /// All redirections that come next.
    pub(super) fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut redirects = Vec::new();
        self.blanks();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
            self.blanks();
        }
        Ok(redirects)
    }

    /// The redirection at the cursor. In `> 2>f` the number is no target, but in `>&2>f` it is.
    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let start = self.pos;
        let Some((descriptor, operator)) = self.redirect_operator() else {
            return Ok(None);
        };
        self.blanks();
        if !operator.duplicates() && self.redirect_operator().is_some() {
            return self.fail("a redirection needs a target");
        }
        let target = self.expect_word("a redirection needs a target")?;
        let here_document = match operator {
            RedirectOperator::HereDocument => Some(self.here_document(target, false)),
            RedirectOperator::HereDocumentTabs => Some(self.here_document(target, true)),
            _ => None,
        };
        let span = self.since(start);
        Ok(Some(Redirect {
            span,
            operator,
            descriptor,
            target,
            here_document,
        }))
    }

    /// Steps over the operator of a redirection and the file descriptor before it, if they come
    /// next; not over the start of a process substitution.
    fn redirect_operator(&mut self) -> Option<(Option<Span>, RedirectOperator)> {
        if !is(self.peek()?, REDIRECT) {
            return None;
        }
        let start = self.pos;
        let descriptor = self.descriptor();
        let usable = match self.peek() {
            Some(b'&') => descriptor.is_none(),
            _ => self.peek_at(1) != Some(b'('),
        };
        let found = OPERATORS.iter().find(|(text, _)| usable && self.eat(text));
        if found.is_none() {
            self.pos = start;
        }
        found.map(|&(_, operator)| (descriptor, operator))
    }

    /// Steps over digits or `{name}`.
    fn descriptor(&mut self) -> Option<Span> {
        let start = self.pos;
        if self.eat(b"{") {
            self.skip_while(|byte| is(byte, NAME));
            if self.pos == start + 1 || !self.eat(b"}") {
                self.pos = start;
            }
        } else {
            self.skip_while(|byte| is(byte, DIGIT));
        }
        (self.pos > start).then(|| self.since(start))
    }
}

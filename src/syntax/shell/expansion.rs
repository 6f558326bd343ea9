//! Words: quotes, expansions and substitutions.
//!
//! Reading a script only needs to find where words end; [`Word::parts`](super::Word::parts) runs
//! the same functions again over one word, and keeps what they return.

use super::ast::{Item, Parameter, PartKind, Substitution, Word};
use super::bytes::{BREAK, DIGIT, DOUBLE, NAME, QUOTE, SPECIAL, is, starts_name};
use super::parser::{Parsed, Parser};
use crate::syntax::Span;

/// The spans of such an expansion would not hold its name.
const SPLIT: &str = "an expansion continues on the next line";

/// Words.
impl Parser<'_> {
    /// The word at the cursor; empty if there is none.
    pub(super) fn word(&mut self) -> Parsed<Word> {
        let start = self.pos;
        self.word_rest()?;
        Ok(Word {
            span: self.since(start),
        })
    }

    /// Steps over what is left of a word. Joined lines belong to it only if it goes on after them.
    pub(super) fn word_rest(&mut self) -> Parsed<()> {
        loop {
            self.skip_while(|byte| !is(byte, BREAK | QUOTE));
            if !self.at_piece() {
                return Ok(());
            }
            let joined = self.after_joins(self.pos);
            if joined == self.pos {
                self.piece()?;
            } else if self.ends_word(joined) {
                return Ok(());
            } else {
                self.pos = joined;
            }
        }
    }

    /// Whether a quote or an expansion starts at the cursor, outside of quotes.
    pub(super) fn at_piece(&self) -> bool {
        match self.peek() {
            Some(b'<' | b'>') => self.peek_at(1) == Some(b'('),
            Some(byte) => is(byte, QUOTE),
            None => false,
        }
    }

    /// Steps over the quote or the expansion at the cursor, outside of quotes.
    pub(super) fn piece(&mut self) -> Parsed<PartKind> {
        match (self.peek(), self.peek_at(1)) {
            (Some(b'\\'), _) => Ok(self.escape()),
            (Some(b'\''), _) => self.single_quoted(),
            (Some(b'"'), _) => self.double_quoted(),
            (Some(b'`'), _) => self.backquoted(),
            (Some(b'<' | b'>'), _) => self.process_substitution(),
            (_, Some(b'\'')) => self.ansi_quoted(),
            (_, Some(b'"')) => self.translated(),
            _ => self.dollar(false),
        }
    }

    /// Whether an escape or an expansion may start at the cursor, in double quotes.
    pub(super) fn at_double_quoted_piece(&self) -> bool {
        self.peek().is_some_and(|byte| is(byte, DOUBLE))
    }

    /// Steps over the escape or the expansion at the cursor, in double quotes or in the body of a
    /// here-document.
    pub(super) fn double_quoted_piece(&mut self) -> Parsed<PartKind> {
        match self.peek() {
            Some(b'\\') if matches!(self.peek_at(1), Some(b'\\' | b'"' | b'`' | b'$' | b'\n')) => {
                Ok(self.escape())
            }
            Some(b'$') => self.dollar(true),
            Some(b'`') => self.backquoted(),
            _ => Ok(self.literal_byte()),
        }
    }

    fn literal_byte(&mut self) -> PartKind {
        self.pos += 1;
        PartKind::Literal
    }
}

/// Quotes.
impl Parser<'_> {
    /// A backslash and the character after it.
    fn escape(&mut self) -> PartKind {
        self.pos += 1;
        let Some(first) = self.peek() else {
            return PartKind::Literal;
        };
        self.pos += 1;
        if !first.is_ascii() {
            self.skip_while(|byte| byte & 0xC0 == 0x80);
        }
        PartKind::Escaped
    }

    fn single_quoted(&mut self) -> Parsed<PartKind> {
        let Some(len) = memchr::memchr(b'\'', &self.src[self.pos + 1..]) else {
            return self.fail("`'` without its counterpart");
        };
        self.pos += len + 2;
        Ok(PartKind::SingleQuoted)
    }

    /// `$'text'`
    fn ansi_quoted(&mut self) -> Parsed<PartKind> {
        let start = self.pos;
        self.pos += 2;
        loop {
            self.skip_while(|byte| byte != b'\\' && byte != b'\'');
            match self.peek() {
                Some(b'\'') => break,
                Some(_) => self.escape(),
                None => {
                    self.pos = start;
                    return self.fail("`$'` without its counterpart");
                }
            };
        }
        self.pos += 1;
        Ok(PartKind::AnsiQuoted)
    }

    /// `$"text"`
    fn translated(&mut self) -> Parsed<PartKind> {
        self.pos += 1;
        self.double_quoted()?;
        Ok(PartKind::Translated)
    }

    fn double_quoted(&mut self) -> Parsed<PartKind> {
        let start = self.pos;
        self.pos += 1;
        loop {
            self.skip_while(|byte| !is(byte, DOUBLE));
            match self.peek() {
                Some(b'"') => break,
                Some(_) => self.double_quoted_piece()?,
                None => {
                    self.pos = start;
                    return self.fail("`\"` without its counterpart");
                }
            };
        }
        self.pos += 1;
        Ok(PartKind::DoubleQuoted)
    }
}

/// Parameters.
impl Parser<'_> {
    /// What a `$` starts, other than quotes.
    fn dollar(&mut self, quoted: bool) -> Parsed<PartKind> {
        match self.peek_at(1) {
            Some(b'{') => self.nested(|parser| parser.braced(quoted)),
            Some(b'(') => self.nested(Self::dollar_parenthesis),
            Some(b'[') => self.fail("`$[` is arithmetic to bash and text to sh"),
            Some(b'\\') if self.peek_at(2) == Some(b'\n') => self.fail(SPLIT),
            Some(byte) if is(byte, NAME | SPECIAL) => self.named(),
            _ => Ok(self.literal_byte()),
        }
    }

    /// `$name`, `$1` or `$?`
    fn named(&mut self) -> Parsed<PartKind> {
        let start = self.pos;
        self.pos += 1;
        let name = self.parameter_name(false);
        if self.looking_at(b"\\\n") && self.peek_at(2).is_some_and(|byte| is(byte, NAME)) {
            return self.fail(SPLIT);
        }
        let none = Span::at(self.pos);
        let parameter = Parameter {
            span: self.since(start),
            name,
            prefix: none,
            operation: none,
        };
        self.notes.parameters.push(parameter);
        Ok(PartKind::Parameter(parameter))
    }

    /// A name, a number or a special character. Without braces, numbers have one digit.
    fn parameter_name(&mut self, braced: bool) -> Span {
        let start = self.pos;
        match self.peek() {
            Some(byte) if starts_name(byte) => self.skip_while(|byte| is(byte, NAME)),
            Some(byte) if braced && is(byte, DIGIT) => self.skip_while(|byte| is(byte, DIGIT)),
            Some(byte) if is(byte, DIGIT | SPECIAL) => self.pos += 1,
            _ => {}
        }
        self.since(start)
    }

    /// `${name}`, `${#name}`, `${name:-word}` and the like. Those that no shell understands are
    /// taken as well: both only complain when they expand them.
    fn braced(&mut self, quoted: bool) -> Parsed<PartKind> {
        let start = self.pos;
        self.pos += 2;
        let prefix = self.parameter_prefix();
        let name = self.parameter_name(true);
        let number = self.notes.parameters.len();
        let parameter = Parameter {
            span: name,
            name,
            prefix,
            operation: Span::at(self.pos),
        };
        self.notes.parameters.push(parameter);
        let operation = self.operation(quoted)?;
        self.expect(b"}", "`${` without `}`")?;
        let parameter = Parameter {
            span: self.since(start),
            operation,
            ..parameter
        };
        self.notes.parameters[number] = parameter;
        Ok(PartKind::Parameter(parameter))
    }

    /// The `#` or `!` before a name; either can be a name itself.
    fn parameter_prefix(&mut self) -> Span {
        let start = self.pos;
        let prefixed = match (self.peek(), self.peek_at(1)) {
            (Some(b'#' | b'!'), Some(next)) if is(next, NAME) => true,
            (Some(b'#' | b'!'), Some(next)) if is(next, SPECIAL) => self.peek_at(2) == Some(b'}'),
            _ => false,
        };
        self.pos += usize::from(prefixed);
        self.since(start)
    }

    /// What stands between the name and the `}`.
    fn operation(&mut self, quoted: bool) -> Parsed<Span> {
        let start = self.pos;
        if self.peek() == Some(b'[') {
            self.subscript()?;
        }
        // In double quotes, the word of `-` and its like is quoted already and a `'` stands for
        // itself; not so in the patterns of the other operators.
        let colon = usize::from(self.peek() == Some(b':'));
        let quotes_vanish =
            quoted && matches!(self.peek_at(colon), Some(b'-' | b'=' | b'?' | b'+'));
        loop {
            self.skip_while(|byte| byte != b'}' && !is(byte, QUOTE));
            match self.peek() {
                None | Some(b'}') => return Ok(self.since(start)),
                Some(b'\'') if quotes_vanish => self.literal_byte(),
                Some(b'$') if quoted => self.dollar(true)?,
                Some(_) => self.piece()?,
            };
        }
    }
}

/// Substitutions.
impl Parser<'_> {
    /// `$(list)` or `$((expression))`
    fn dollar_parenthesis(&mut self) -> Parsed<PartKind> {
        if self.peek_at(2) == Some(b'(') {
            let expression = |parser: &mut Self| {
                parser.pos += 3;
                parser.arithmetic_rest()
            };
            if self.attempt(expression).is_some() {
                return Ok(PartKind::Arithmetic);
            }
            self.reread()?;
        }
        self.substitution(2)?;
        Ok(PartKind::CommandSubstitution)
    }

    /// `<(list)` or `>(list)`
    pub(super) fn process_substitution(&mut self) -> Parsed<PartKind> {
        self.nested(|parser| parser.substitution(2))?;
        Ok(PartKind::ProcessSubstitution)
    }

    /// A list after an opening of `opening` bytes, and `)`.
    fn substitution(&mut self, opening: usize) -> Parsed<()> {
        let start = self.pos;
        self.pos += opening;
        let number = self.start_substitution();
        let items = self.with_own_lines(Self::list)?;
        self.expect(b")", "expected `)` after a substitution")?;
        self.notes.substitutions[number] = Substitution {
            span: self.since(start),
            items: Some(items),
        };
        Ok(())
    }

    /// Keeps a place for a substitution before those that it encloses.
    fn start_substitution(&mut self) -> usize {
        self.notes.substitutions.push(Substitution {
            span: Span::at(self.pos),
            items: None,
        });
        self.notes.substitutions.len() - 1
    }

    /// `` `list` ``. Backslashes inside belong to the quotation and would have to be removed before
    /// the list is read, so then it is not.
    fn backquoted(&mut self) -> Parsed<PartKind> {
        let start = self.pos;
        let (inside, plain) = self.backquoted_text()?;
        let span = self.since(start);
        let number = self.start_substitution();
        let items = if plain {
            self.backquoted_list(inside)
        } else {
            None
        };
        if items.is_none() {
            self.within(inside, Self::note_names);
        }
        self.notes.substitutions[number] = Substitution { span, items };
        Ok(PartKind::CommandSubstitution)
    }

    /// Steps over text in backquotes. Returns what is between them, and whether no backslash is.
    fn backquoted_text(&mut self) -> Parsed<(Span, bool)> {
        let start = self.pos;
        let mut plain = true;
        self.pos += 1;
        loop {
            self.skip_while(|byte| byte != b'\\' && byte != b'`');
            match self.peek() {
                Some(b'`') => break,
                Some(_) => {
                    plain = false;
                    self.escape();
                }
                None => {
                    self.pos = start;
                    return self.fail("`` ` `` without its counterpart");
                }
            }
        }
        let inside = Span::new(start + 1, self.pos);
        self.pos += 1;
        Ok((inside, plain))
    }

    fn backquoted_list(&mut self, inside: Span) -> Option<Vec<Item>> {
        self.within(inside, |parser| {
            parser.attempt(|parser| parser.nested(Self::whole_list))
        })
    }

    /// A list up to the end.
    pub(super) fn whole_list(&mut self) -> Parsed<Vec<Item>> {
        let items = self.list()?;
        if self.pos < self.src.len() {
            self.fail("unexpected token")
        } else {
            Ok(items)
        }
    }

    /// Notes everything that looks like a parameter, where nothing better is known.
    pub(super) fn note_names(&mut self) {
        loop {
            self.skip_while(|byte| byte != b'$');
            let Some(next) = self.peek_at(1) else { return };
            let start = self.pos;
            self.pos += if next == b'{' { 2 } else { 1 };
            let prefix = Span::at(self.pos);
            let name = self.parameter_name(next == b'{');
            if !name.is_empty() {
                let operation = Span::at(self.pos);
                let span = self.since(start);
                self.notes.parameters.push(Parameter {
                    span,
                    name,
                    prefix,
                    operation,
                });
            }
        }
    }
}

/// Arithmetic and brackets.
impl Parser<'_> {
    /// The rest of an arithmetic expression, with the `))` after it. Names in it are variables.
    /// Returns the number of `;` in it.
    pub(super) fn arithmetic_rest(&mut self) -> Parsed<usize> {
        let mut semicolons = 0;
        let mut open = 0;
        loop {
            match self.peek() {
                None => return self.fail("`((` without `))`"),
                Some(b')') if open == 0 => {
                    self.expect(b"))", "expected `))` after an expression")?;
                    return Ok(semicolons);
                }
                Some(byte) if is(byte, QUOTE) => {
                    self.piece()?;
                }
                Some(byte) if is(byte, NAME) => self.arithmetic_name(),
                Some(byte) => {
                    open += usize::from(byte == b'(');
                    open -= usize::from(byte == b')');
                    semicolons += usize::from(byte == b';');
                    self.pos += 1;
                }
            }
        }
    }

    /// Steps over a name or a number.
    fn arithmetic_name(&mut self) {
        let start = self.pos;
        self.skip_while(|byte| is(byte, NAME));
        if starts_name(self.src[start]) {
            let name = self.since(start);
            let none = Span::at(self.pos);
            let parameter = Parameter {
                span: name,
                name,
                prefix: none,
                operation: none,
            };
            self.notes.parameters.push(parameter);
        }
    }

    /// `[subscript]`. Returns what is between the brackets.
    pub(super) fn subscript(&mut self) -> Parsed<Span> {
        let whole = self.balanced(b'[', b']')?;
        Ok(Span::new(whole.start + 1, whole.end - 1))
    }

    /// Steps over a bracket and everything up to its counterpart.
    pub(super) fn balanced(&mut self, opening: u8, closing: u8) -> Parsed<Span> {
        let start = self.pos;
        let mut open = 0_usize;
        loop {
            self.skip_while(|byte| byte != opening && byte != closing && !is(byte, QUOTE));
            match self.peek() {
                None => return self.fail("a bracket without its counterpart"),
                Some(byte) if is(byte, QUOTE) => {
                    self.piece()?;
                    continue;
                }
                Some(byte) if byte == opening => open += 1,
                Some(_) => open -= 1,
            }
            self.pos += 1;
            if open == 0 {
                return Ok(self.since(start));
            }
        }
    }
}

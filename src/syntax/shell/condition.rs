//! The expression inside `[[ ]]`.

use super::ast::Word;
use super::parser::{Parsed, Parser};

/// The letters of the operators with one operand, such as `-f`.
const UNARY: &[u8] = b"abcdefghknoprstuvwxzGLNORS";

/// The operators with two operands, but for `<` and `>`.
const BINARY: [(&[u8], Operand); 13] = [
    (b"=", Operand::Pattern),
    (b"==", Operand::Pattern),
    (b"!=", Operand::Pattern),
    (b"=~", Operand::Regex),
    (b"-eq", Operand::Plain),
    (b"-ne", Operand::Plain),
    (b"-lt", Operand::Plain),
    (b"-le", Operand::Plain),
    (b"-gt", Operand::Plain),
    (b"-ge", Operand::Plain),
    (b"-nt", Operand::Plain),
    (b"-ot", Operand::Plain),
    (b"-ef", Operand::Plain),
];

/// How the right operand of an operator is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    Plain,
    /// `@(a|b)` may stand in it.
    Pattern,
    /// Any `|` and any pair of parentheses may stand in it.
    Regex,
}

impl Parser<'_> {
    /// The rest of `[[ expression ]]`. Returns its operands.
    pub(super) fn condition(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        self.alternatives(&mut words)?;
        if !self.at_test_end() {
            return self.fail("expected `]]`");
        }
        self.pos += 2;
        Ok(words)
    }

    /// Terms joined by `&&` and `||`; which of them binds more tightly does not matter here.
    fn alternatives(&mut self, words: &mut Vec<Word>) -> Parsed<()> {
        loop {
            self.term(words)?;
            self.lines();
            if !self.eat(b"&&") && !self.eat(b"||") {
                return Ok(());
            }
        }
    }

    fn term(&mut self, words: &mut Vec<Word>) -> Parsed<()> {
        self.lines();
        while self.at_whole(b"!") {
            self.pos += 1;
            self.lines();
        }
        if self.eat(b"(") {
            self.nested(|parser| parser.alternatives(words))?;
            return self.expect(b")", "expected `)`");
        }
        self.comparison(words)
    }

    /// `-f word`, `word == word` or `word`.
    fn comparison(&mut self, words: &mut Vec<Word>) -> Parsed<()> {
        let left = self.operand(Operand::Plain)?;
        self.blanks();
        if self.is_unary(left) && self.peek() != Some(b'\n') {
            words.push(self.operand(Operand::Plain)?);
            return Ok(());
        }
        words.push(left);
        if let Some(operand) = self.binary_operator() {
            self.blanks();
            words.push(self.operand(operand)?);
        }
        Ok(())
    }

    fn is_unary(&self, word: Word) -> bool {
        matches!(self.bytes(word.span), [b'-', letter] if UNARY.contains(letter))
    }

    /// Steps over an operator with two operands, and says how the right one is read.
    fn binary_operator(&mut self) -> Option<Operand> {
        if let Some(&(text, operand)) = BINARY.iter().find(|(text, _)| self.at_whole(text)) {
            self.pos += text.len();
            return Some(operand);
        }
        (self.eat(b"<") || self.eat(b">")).then_some(Operand::Plain)
    }

    fn at_test_end(&self) -> bool {
        self.at_whole(b"]]")
    }

    fn operand(&mut self, kind: Operand) -> Parsed<Word> {
        let start = self.pos;
        if !self.at_test_end() {
            self.word_rest()?;
            while self.operand_goes_on(kind, start)? {
                self.word_rest()?;
            }
        }
        let span = self.since(start);
        if span.is_empty() {
            self.fail("expected an operand in `[[ ]]`")
        } else {
            Ok(Word { span })
        }
    }

    /// Steps over what would end any other word.
    fn operand_goes_on(&mut self, kind: Operand, start: usize) -> Parsed<bool> {
        match (kind, self.peek()) {
            (Operand::Regex, Some(b'|')) => self.pos += 1,
            (Operand::Regex, Some(b'(')) => self.parentheses()?,
            (Operand::Pattern, Some(b'(')) if self.after_extended(start) => self.parentheses()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn parentheses(&mut self) -> Parsed<()> {
        self.balanced(b'(', b')')?;
        Ok(())
    }

    /// Whether the byte before the cursor makes a `(` after it start an extended pattern.
    fn after_extended(&self, start: usize) -> bool {
        self.pos > start && b"?*+@!".contains(&self.src[self.pos - 1])
    }
}

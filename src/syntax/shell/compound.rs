//! Compound commands.

use super::ast::{Command, Compound, CompoundKind, Function, Item, Word};
use super::bytes::{NAME, is};
use super::keyword::Keyword;
use super::parser::{Parsed, Parser};
use crate::syntax::Span;

/// A compound command, but for its place and its redirections.
struct Inside {
    kind: CompoundKind,
    variable: Option<Span>,
    words: Vec<Word>,
    bodies: Vec<Vec<Item>>,
}

impl Inside {
    fn new(kind: CompoundKind, bodies: Vec<Vec<Item>>) -> Self {
        Self {
            kind,
            variable: None,
            words: Vec::new(),
            bodies,
        }
    }
}

impl Parser<'_> {
    /// The command that starts with `keyword`, which comes next.
    pub(super) fn compound(&mut self, keyword: Keyword) -> Parsed<Command> {
        let start = self.pos;
        if keyword == Keyword::Function {
            return self.function();
        }
        if keyword.closes() || matches!(keyword, Keyword::Not | Keyword::Time) {
            return self.fail("unexpected reserved word");
        }
        self.eat_keyword(keyword);
        let inside = match keyword {
            Keyword::OpenBrace => self.group()?,
            Keyword::If => self.branches()?,
            Keyword::While => self.repetition(CompoundKind::While)?,
            Keyword::Until => self.repetition(CompoundKind::Until)?,
            Keyword::For => self.iteration(CompoundKind::For)?,
            Keyword::Select => self.iteration(CompoundKind::Select)?,
            Keyword::Case => self.case()?,
            Keyword::Test => self.test()?,
            _ => self.coprocess()?,
        };
        self.finish(start, inside)
    }

    /// The command that starts with `(`.
    pub(super) fn parenthesis(&mut self) -> Parsed<Command> {
        let start = self.pos;
        let arithmetic = self.peek_at(1) == Some(b'(') && self.arithmetic_command()?;
        let inside = if arithmetic {
            Inside::new(CompoundKind::Arithmetic, Vec::new())
        } else {
            self.subshell()?
        };
        self.finish(start, inside)
    }

    /// Adds the redirections. Directly after one of them, no reserved word is recognised.
    fn finish(&mut self, start: usize, inside: Inside) -> Parsed<Command> {
        let span = self.since(start);
        let redirects = self.redirects()?;
        if !redirects.is_empty() && self.keyword().is_some() {
            return self.fail("expected `;` or the end of the line before a reserved word");
        }
        let span = redirects.last().map_or(span, |last| span.cover(last.span));
        let Inside {
            kind,
            variable,
            words,
            bodies,
        } = inside;
        Ok(Command::Compound(Box::new(Compound {
            span,
            kind,
            variable,
            words,
            bodies,
            redirects,
        })))
    }

    /// Steps over `((expression))`, or stays where it is if that is not what comes next.
    fn arithmetic_command(&mut self) -> Parsed<bool> {
        let expression = |parser: &mut Self| {
            parser.pos += 2;
            parser.arithmetic_rest()
        };
        let found = self.attempt(expression).is_some();
        if !found {
            self.reread()?;
        }
        Ok(found)
    }

    fn subshell(&mut self) -> Parsed<Inside> {
        self.pos += 1;
        let body = self.body()?;
        self.expect(b")", "expected `)`")?;
        Ok(Inside::new(CompoundKind::Subshell, vec![body]))
    }

    fn group(&mut self) -> Parsed<Inside> {
        let body = self.body()?;
        self.expect_keyword(Keyword::CloseBrace, "expected `}`")?;
        Ok(Inside::new(CompoundKind::Group, vec![body]))
    }

    fn branches(&mut self) -> Parsed<Inside> {
        let mut bodies = Vec::new();
        loop {
            bodies.push(self.body()?);
            self.expect_keyword(Keyword::Then, "expected `then`")?;
            bodies.push(self.body()?);
            if !self.eat_keyword(Keyword::Elif) {
                break;
            }
        }
        if self.eat_keyword(Keyword::Else) {
            bodies.push(self.body()?);
        }
        self.expect_keyword(Keyword::Fi, "expected `fi`")?;
        Ok(Inside::new(CompoundKind::If, bodies))
    }

    fn repetition(&mut self, kind: CompoundKind) -> Parsed<Inside> {
        let condition = self.body()?;
        self.expect_keyword(Keyword::Do, "expected `do`")?;
        let body = self.body()?;
        self.expect_keyword(Keyword::Done, "expected `done`")?;
        Ok(Inside::new(kind, vec![condition, body]))
    }

    /// The rest of `for` or `select`.
    fn iteration(&mut self, kind: CompoundKind) -> Parsed<Inside> {
        self.blanks();
        if kind == CompoundKind::For && self.eat(b"((") {
            if self.arithmetic_rest()? != 2 {
                return self.fail("expected `((expression; expression; expression))`");
            }
            self.separator();
            let body = self.loop_body()?;
            return Ok(Inside::new(CompoundKind::ArithmeticFor, vec![body]));
        }
        let variable = self.expect_word("expected the name of a variable")?;
        let words = self.iteration_words()?;
        let bodies = vec![self.loop_body()?];
        Ok(Inside {
            kind,
            variable: Some(variable.span),
            words,
            bodies,
        })
    }

    /// `in word ... ;`, or nothing, or `;`.
    fn iteration_words(&mut self) -> Parsed<Vec<Word>> {
        self.blanks();
        if self.eat(b";") {
            self.lines();
            return Ok(Vec::new());
        }
        self.lines();
        let mut words = Vec::new();
        if self.eat_keyword(Keyword::In) {
            self.words(&mut words)?;
            if !matches!(self.peek(), Some(b';' | b'\n')) {
                return self.fail("expected `;` or the end of the line before `do`");
            }
            self.separator();
        }
        Ok(words)
    }

    /// Steps over words and the blanks after them.
    fn words(&mut self, words: &mut Vec<Word>) -> Parsed<()> {
        loop {
            self.blanks();
            let word = self.word()?;
            if word.span.is_empty() {
                return Ok(());
            }
            words.push(word);
        }
    }

    /// Steps over `;`, if there is one, and newlines.
    fn separator(&mut self) {
        self.blanks();
        self.eat(b";");
        self.lines();
    }

    /// `do list done`, or to bash `{ list }`.
    fn loop_body(&mut self) -> Parsed<Vec<Item>> {
        let end = if self.eat_keyword(Keyword::OpenBrace) {
            (Keyword::CloseBrace, "expected `}`")
        } else {
            self.expect_keyword(Keyword::Do, "expected `do`")?;
            (Keyword::Done, "expected `done`")
        };
        let body = self.body()?;
        self.expect_keyword(end.0, end.1)?;
        Ok(body)
    }

    fn case(&mut self) -> Parsed<Inside> {
        let mut words = vec![self.expect_word("expected a word after `case`")?];
        let mut bodies = Vec::new();
        self.lines();
        self.expect_keyword(Keyword::In, "expected `in`")?;
        self.lines();
        while !self.eat_keyword(Keyword::Esac) {
            self.case_patterns(&mut words)?;
            bodies.push(self.list()?);
            if !self.case_clause_end() {
                self.expect_keyword(Keyword::Esac, "expected `;;` or `esac`")?;
                break;
            }
            self.lines();
        }
        Ok(Inside {
            words,
            ..Inside::new(CompoundKind::Case, bodies)
        })
    }

    /// `pattern | pattern)`, with or without `(` before it.
    fn case_patterns(&mut self, words: &mut Vec<Word>) -> Parsed<()> {
        self.eat(b"(");
        loop {
            words.push(self.expect_word("expected a pattern")?);
            self.blanks();
            if !self.eat(b"|") {
                return self.expect(b")", "expected `)` after a pattern");
            }
        }
    }

    fn test(&mut self) -> Parsed<Inside> {
        let words = self.condition()?;
        Ok(Inside {
            words,
            ..Inside::new(CompoundKind::Test, Vec::new())
        })
    }

    fn case_clause_end(&mut self) -> bool {
        self.eat(b";;&") || self.eat(b";;") || self.eat(b";&")
    }

    /// The rest of `coproc command` or `coproc NAME compound`.
    fn coprocess(&mut self) -> Parsed<Inside> {
        self.blanks();
        let variable = self.coprocess_name();
        let item = Item::from(self.command()?);
        Ok(Inside {
            variable,
            ..Inside::new(CompoundKind::Coprocess, vec![vec![item]])
        })
    }

    /// The name of a coprocess: only a compound command can have one.
    fn coprocess_name(&mut self) -> Option<Span> {
        let start = self.pos;
        if self.keyword().is_some() {
            return None;
        }
        self.skip_while(|byte| is(byte, NAME));
        let name = self.since(start);
        self.skip_while(|byte| byte == b' ' || byte == b'\t');
        let compound = self.peek() == Some(b'(') || self.keyword().is_some();
        if name.is_empty() || !compound {
            self.pos = start;
            return None;
        }
        Some(name)
    }

    /// `function name compound` or `function name() compound`.
    fn function(&mut self) -> Parsed<Command> {
        let start = self.pos;
        self.eat_keyword(Keyword::Function);
        let name = self.expect_word("expected the name of a function")?;
        self.blanks();
        if self.peek() == Some(b'(') && self.peek_at(1) != Some(b'(') {
            self.parameter_list()?;
        }
        self.lines();
        let body = self.command()?;
        if !matches!(body, Command::Compound(_)) {
            return self.fail("expected a compound command as the body of a function");
        }
        let span = Span::new(start, body.span().end);
        Ok(Command::Function(Box::new(Function { span, name, body })))
    }
}

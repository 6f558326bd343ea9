//! Reserved words.

use super::bytes::{KEYWORD, is};
use super::parser::{Parsed, Parser};

/// A reserved word, where a command could start.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Case,
    Coproc,
    Do,
    Done,
    Elif,
    Else,
    Esac,
    Fi,
    For,
    Function,
    If,
    In,
    Not,
    Select,
    Test,
    Then,
    Time,
    Until,
    While,
    OpenBrace,
    CloseBrace,
}

impl Keyword {
    /// Whether it ends the list before it.
    pub(super) fn closes(self) -> bool {
        use Keyword::{CloseBrace, Do, Done, Elif, Else, Esac, Fi, In, Then};
        matches!(
            self,
            CloseBrace | Do | Done | Elif | Else | Esac | Fi | In | Then
        )
    }

    fn from_text(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"case" => Self::Case,
            b"coproc" => Self::Coproc,
            b"do" => Self::Do,
            b"done" => Self::Done,
            b"elif" => Self::Elif,
            b"else" => Self::Else,
            b"esac" => Self::Esac,
            b"fi" => Self::Fi,
            b"for" => Self::For,
            b"function" => Self::Function,
            b"if" => Self::If,
            b"in" => Self::In,
            b"!" => Self::Not,
            b"select" => Self::Select,
            b"[[" => Self::Test,
            b"then" => Self::Then,
            b"time" => Self::Time,
            b"until" => Self::Until,
            b"while" => Self::While,
            b"{" => Self::OpenBrace,
            b"}" => Self::CloseBrace,
            _ => return None,
        })
    }
}

impl Parser<'_> {
    /// The reserved word at the cursor. One that a joined line splits is not recognised; its
    /// counterparts then are an error.
    pub(super) fn keyword(&self) -> Option<Keyword> {
        self.keyword_and_end().map(|(keyword, _)| keyword)
    }

    fn keyword_and_end(&self) -> Option<(Keyword, usize)> {
        let rest = &self.src[self.pos..];
        let len = rest.iter().take_while(|&&byte| is(byte, KEYWORD)).count();
        let end = self.pos + len;
        let keyword = Keyword::from_text(&rest[..len])?;
        self.ends_word(self.after_joins(end))
            .then_some((keyword, end))
    }

    /// Steps over blanks and `keyword`, if that comes next.
    pub(super) fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.blanks();
        match self.keyword_and_end() {
            Some((found, end)) if found == keyword => {
                self.pos = end;
                true
            }
            _ => false,
        }
    }

    /// Steps over blanks and `keyword`, or fails with `message`.
    pub(super) fn expect_keyword(&mut self, keyword: Keyword, message: &'static str) -> Parsed<()> {
        if self.eat_keyword(keyword) {
            Ok(())
        } else {
            self.fail(message)
        }
    }
}

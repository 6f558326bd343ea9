//! Reserved words.

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

    fn text(self) -> &'static [u8] {
        match self {
            Self::Case => b"case",
            Self::Coproc => b"coproc",
            Self::Do => b"do",
            Self::Done => b"done",
            Self::Elif => b"elif",
            Self::Else => b"else",
            Self::Esac => b"esac",
            Self::Fi => b"fi",
            Self::For => b"for",
            Self::Function => b"function",
            Self::If => b"if",
            Self::In => b"in",
            Self::Not => b"!",
            Self::Select => b"select",
            Self::Test => b"[[",
            Self::Then => b"then",
            Self::Time => b"time",
            Self::Until => b"until",
            Self::While => b"while",
            Self::OpenBrace => b"{",
            Self::CloseBrace => b"}",
        }
    }
}

/// The reserved words that start with `byte`.
fn candidates(byte: u8) -> &'static [Keyword] {
    match byte {
        b'c' => &[Keyword::Case, Keyword::Coproc],
        b'd' => &[Keyword::Do, Keyword::Done],
        b'e' => &[Keyword::Else, Keyword::Elif, Keyword::Esac],
        b'f' => &[Keyword::Fi, Keyword::For, Keyword::Function],
        b'i' => &[Keyword::If, Keyword::In],
        b's' => &[Keyword::Select],
        b't' => &[Keyword::Then, Keyword::Time],
        b'u' => &[Keyword::Until],
        b'w' => &[Keyword::While],
        b'!' => &[Keyword::Not],
        b'[' => &[Keyword::Test],
        b'{' => &[Keyword::OpenBrace],
        b'}' => &[Keyword::CloseBrace],
        _ => &[],
    }
}

impl Parser<'_> {
    /// The reserved word at the cursor. One that a joined line splits is not recognised; its
    /// counterparts then are an error.
    pub(super) fn keyword(&self) -> Option<Keyword> {
        let keywords = candidates(self.peek()?);
        keywords
            .iter()
            .copied()
            .find(|keyword| self.at_whole(keyword.text()))
    }

    /// Steps over blanks and `keyword`, if that comes next.
    pub(super) fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.blanks();
        let found = self.at_whole(keyword.text());
        if found {
            self.pos += keyword.text().len();
        }
        found
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

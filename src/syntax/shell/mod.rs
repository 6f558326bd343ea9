//! Shell scripts, as `RUN` holds them: POSIX `sh` and bash, by one grammar that takes both.
//!
//! [`parse`] reads a whole script or fails. There is no recovery: a script that is not understood
//! is never changed, so half a tree would be of no use. Every node holds byte spans into the
//! script and nothing else of it; words are cut into [`Part`]s only when asked.
//!
//! Where the two shells read the same text differently, the reading is that of bash, and the node
//! says so; where that would hide something (`$[`), it is an error. The shells accept more: a
//! `${name` that never ends in bash but does in `dash`, which skips the character after the name;
//! `!` with no command; a lone `[[` or `function` as the name of a command.

mod ast;
mod bytes;
mod compound;
mod condition;
mod expansion;
mod heredoc;
mod keyword;
mod parser;
mod query;
mod simple;
mod word;

use std::fmt;

pub use ast::{
    Assignment, Command, Compound, CompoundKind, Connector, Function, HereDocument, Item,
    Parameter, Part, PartKind, Pipeline, Redirect, RedirectOperator, Script, Simple, Substitution,
    Terminator, Word,
};

use parser::Parser;

/// Reads `script`. All spans in what it returns are byte offsets into `script`, lie on character
/// boundaries, and lie inside the span of the node that holds them.
///
/// # Errors
/// If neither `dash` nor bash would take it, or if they could disagree about what it means.
pub fn parse(script: &str) -> Result<Script, ShellError> {
    let mut parser = Parser::new(script.as_bytes(), 0);
    let items = parser.whole_list()?;
    let notes = parser.notes;
    Ok(Script {
        items,
        comments: notes.comments,
        parameters: notes.parameters,
        substitutions: notes.substitutions,
        here_documents: notes.here_documents,
    })
}

/// Why a script is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShellError {
    /// The offset of the byte where reading stopped.
    pub at: usize,
    /// What is wrong there.
    pub message: &'static str,
}

impl fmt::Display for ShellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.message, self.at)
    }
}

impl std::error::Error for ShellError {}

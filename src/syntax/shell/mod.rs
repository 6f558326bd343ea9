//! Shell scripts, as `RUN` holds them: POSIX `sh` and bash, by one grammar that takes both.
//!
//! [`parse`] reads a whole script or fails. There is no recovery: a script that is not understood
//! is never changed, so half a tree would be of no use. Every node holds byte spans into the
//! script and nothing else of it; words are cut into [`Part`]s only when asked.
//!
//! `dash -n` and `bash -n` are the measure: what neither takes is an error here. Where both take a
//! text but read it differently, the reading is that of bash, and the node says so (`&>`, `time`).
//! Some of what they take is an error here all the same:
//!
//! - What could mean two things, or only fails later: `$[1]`; `${name` with a quote or a `$` after
//!   it, which `dash` skips; `$((` that is neither arithmetic nor a list; a wrong `[[ ]]`, which
//!   bash reports but counts as no error; and bash's own words, such as `function` or `[[`, as the
//!   names of commands that `sh` would run.
//! - What has no use: `!` without a command, a subscript without its `]` at the start of a command.
//! - What spans cannot tell: an operator, a reserved word or the name of a variable that goes on
//!   after a joined line.
//! - More than a hundred constructs inside each other.
//!
//! Reading takes time linear in the length of the script.

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
#[cfg(test)]
mod tests;
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
/// If neither `dash` nor bash takes it, and in the few cases that the module names. The error says
/// where reading stopped; nothing of the script is to be trusted then.
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

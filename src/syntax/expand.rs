//! Substitution of variables, exactly as `BuildKit`'s shell lexer does it.
//!
//! One pass over a word resolves quotes, escapes and variables, and also splits the result into
//! words. It knows `$name`, `${name}` and the modifiers `:-` `-` `:+` `+` `:?` `?` `#` `##` `%`
//! `%%` `/` `//`.

mod lexer;
mod pattern;

use lexer::Lexer;

use super::span::Span;

/// What is known of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// It has this value.
    Set(String),
    /// It is not set.
    Unset,
    /// It may or may not be set: the environment of the base image is not known.
    Unknown,
}

/// What a substitution gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expansion<T> {
    /// The result.
    Value(T),
    /// It depends on a variable that is [`Lookup::Unknown`].
    Unknown,
    /// `BuildKit` would reject the word, for this reason.
    Invalid(String),
}

/// The result of expanding one word.
pub type Expanded = Expansion<String>;

impl<T> Expansion<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unknown | Self::Invalid(_) => None,
        }
    }

    fn map<U>(self, f: impl FnOnce(T) -> U) -> Expansion<U> {
        match self {
            Self::Value(value) => Expansion::Value(f(value)),
            Self::Unknown => Expansion::Unknown,
            Self::Invalid(message) => Expansion::Invalid(message),
        }
    }
}

/// A place where a word uses a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// The variable's name.
    pub name: String,
    /// Where the name stands, in the word.
    pub name_span: Span,
    /// From the `$` to the end of the name, or to the closing brace with any modifier inside.
    pub span: Span,
}

/// The settings of the shell lexer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expander {
    escape: char,
    keep_quotes: bool,
    keep_escapes: bool,
    keep_unset: bool,
    ignore_quotes: bool,
}

impl Expander {
    /// An expander for a file with this escape character.
    #[must_use]
    pub fn new(escape: char) -> Self {
        Self {
            escape,
            keep_quotes: false,
            keep_escapes: false,
            keep_unset: false,
            ignore_quotes: false,
        }
    }

    /// Leaves quotes in the result (`BuildKit`'s `RawQuotes`).
    #[must_use]
    pub fn keep_quotes(self) -> Self {
        Self {
            keep_quotes: true,
            ..self
        }
    }

    /// Leaves escape characters in the result (`RawEscapes`).
    #[must_use]
    pub fn keep_escapes(self) -> Self {
        Self {
            keep_escapes: true,
            ..self
        }
    }

    /// Leaves references to unset variables as they are (`SkipUnsetEnv`).
    #[must_use]
    pub fn keep_unset(self) -> Self {
        Self {
            keep_unset: true,
            ..self
        }
    }

    /// Gives quotes no meaning (`SkipProcessQuotes`), as in the body of a here-document.
    #[must_use]
    pub fn ignore_quotes(self) -> Self {
        Self {
            ignore_quotes: true,
            ..self
        }
    }

    /// Expands `word` as one word: white space stays.
    #[must_use]
    pub fn expand(&self, word: &str, env: &dyn Fn(&str) -> Lookup) -> Expanded {
        // Most words stand for themselves.
        if !word.contains(['$', '\'', '"', self.escape]) {
            return Expansion::Value(word.to_owned());
        }
        self.run(word, env).map(|(text, _)| text)
    }

    /// Expands `word` and splits the result at white space that is not quoted. White space in the
    /// value of a variable splits, too.
    #[must_use]
    pub fn expand_words(&self, word: &str, env: &dyn Fn(&str) -> Lookup) -> Expansion<Vec<String>> {
        self.run(word, env).map(|(_, words)| words)
    }

    /// The variables that `word` uses, in the order in which their names end. Of a word that does
    /// not lex, those before the fault.
    #[must_use]
    pub fn references(&self, word: &str) -> Vec<Reference> {
        if !word.contains('$') {
            return Vec::new();
        }
        let mut lexer = Lexer::new(*self, word, &|_| Lookup::Unknown);
        // A fault ends the list; what it is does not matter here.
        let _ = lexer.run();
        lexer.references
    }

    fn run(&self, word: &str, env: &dyn Fn(&str) -> Lookup) -> Expansion<(String, Vec<String>)> {
        let mut lexer = Lexer::new(*self, word, env);
        match lexer.run() {
            Err(message) => Expansion::Invalid(message),
            Ok(_) if lexer.unknown => Expansion::Unknown,
            Ok(result) => Expansion::Value(result),
        }
    }
}

//! Regular expressions of the tables.

use std::ops::Deref;
use std::sync::OnceLock;

use regex_lite::Regex;
use serde::{Deserialize, Deserializer, de};

/// A regular expression of a table, in the syntax of the crate `regex-lite`.
///
/// Most runs need few of those in the tables, so they are compiled when they are first used. One that a user has written
/// is compiled when it is read, because the user has to hear of a mistake in it.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// The pattern with this text.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn new(text: impl Into<String>) -> Result<Self, regex_lite::Error> {
        let text = text.into();
        let compiled = Regex::new(&text)?.into();
        Ok(Self { text, compiled })
    }
}

impl Deref for Pattern {
    type Target = Regex;

    /// # Panics
    /// When a pattern of a built-in table is malformed: a test compiles them all.
    fn deref(&self) -> &Regex {
        let compile = || Regex::new(&self.text);
        self.compiled.get_or_init(|| {
            compile().unwrap_or_else(|error| panic!("the pattern {:?}: {error}", self.text))
        })
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The packed form of the built-in tables is not for people.
        let is_written = deserializer.is_human_readable();
        let text = String::deserialize(deserializer)?;
        if is_written {
            return Self::new(text).map_err(de::Error::custom);
        }
        let compiled = OnceLock::new();
        Ok(Self { text, compiled })
    }
}

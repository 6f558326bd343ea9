//! Regular expressions of the tables.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use memchr::memmem;
use regex_lite::{Match, Regex};
use serde::{Deserialize, Deserializer, de};

use super::{packed, unpack};

mod fast;

use fast::Fast;

/// For patterns of the built-in tables: words of which each text that one matches has at least one, as `build.rs` finds them.
static WORDS: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| unpack(packed!(words)));

/// How many bytes a pattern has looked through, in all texts so far, when it is worth while to compile it for speed: that
/// takes as long as to look through these.
const WORTH_IT: usize = 4_096;

/// A regular expression of a table, in the syntax of the crate `regex-lite`.
///
/// Most runs need few of those in the tables, so they are compiled when a text has a word that they need, and once more, for
/// speed, when they have looked through so much that it pays. One that a user has written is compiled when it is read, because
/// the user has to hear of a mistake in it.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    /// What of [`WORDS`] belongs to it.
    words: OnceLock<&'static [&'static str]>,
    compiled: OnceLock<Regex>,
    /// How many bytes it has looked through.
    searched: AtomicUsize,
    /// The same for lines, quick. `None` where that would not be the same.
    fast: OnceLock<Option<Fast>>,
}

impl Pattern {
    /// The pattern with this text.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn new(text: impl Into<String>) -> Result<Self, regex_lite::Error> {
        let text = text.into();
        let compiled = Regex::new(&text)?;
        let pattern = Self::packed(text);
        pattern.compiled.get_or_init(|| compiled);
        Ok(pattern)
    }

    /// One of a built-in table.
    fn packed(text: String) -> Self {
        Self {
            text,
            words: OnceLock::new(),
            compiled: OnceLock::new(),
            searched: AtomicUsize::new(0),
            fast: OnceLock::new(),
        }
    }

    /// Whether it matches somewhere in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        if !self.has_word_in(text) {
            return false;
        }
        // The quick form finds more in a text of several lines.
        match self.is_match_fast(text) {
            Some(false) => false,
            Some(true) if !text.contains('\n') => true,
            _ => Regex::is_match(self, text),
        }
    }

    /// The first match in `text`.
    #[must_use]
    pub fn find<'t>(&self, text: &'t str) -> Option<Match<'t>> {
        self.is_match(text).then(|| Regex::find(self, text))?
    }

    /// Whether it may match in one of the lines of `text`. Of a short text that is not known before they are looked at.
    #[must_use]
    pub fn may_match_in(&self, text: &str) -> bool {
        if !self.has_word_in(text) {
            return false;
        }
        // A line ends in front of its carriage return.
        text.contains('\r') || self.is_match_fast(text) != Some(false)
    }

    /// Whether `text` has one of the words without which it does not match, if there are such.
    fn has_word_in(&self, text: &str) -> bool {
        let known = || WORDS.get(&*self.text).map_or(&[][..], Vec::as_slice);
        let words = self.words.get_or_init(known);
        let is_in = |word: &&str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
        words.is_empty() || words.iter().any(is_in)
    }

    /// Whether its quick form matches in `text`, for which an end of a line is one of the text; `None` where that is not worth
    /// while, or not the same.
    fn is_match_fast(&self, text: &str) -> Option<bool> {
        let before = self.searched.fetch_add(text.len(), Ordering::Relaxed);
        if before.saturating_add(text.len()) <= WORTH_IT {
            return None;
        }
        let fast = self.fast.get_or_init(|| Fast::new(&self.text));
        fast.as_ref()?.is_match(text)
    }
}

/// Whether there is a pattern and it matches somewhere in `text`.
pub(super) fn matches(pattern: &Option<Pattern>, text: &str) -> bool {
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text))
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self::packed(self.text.clone())
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
        Ok(Self::packed(text))
    }
}

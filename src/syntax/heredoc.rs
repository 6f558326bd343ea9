//! Which here-documents a line announces.

use super::arguments::is_exec_form;
use super::command::split_command;
use super::expand::{Expander, Expansion, Lookup};
use super::keyword::Keyword;

/// A marker like `<<EOF` that announces a here-document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Marker {
    pub(super) name: String,
    pub(super) expand: bool,
    pub(super) chomp: bool,
    pub(super) fd: u64,
}

impl Marker {
    /// Whether a line with this content ends the here-document.
    pub(super) fn is_ended_by(&self, content: &str) -> bool {
        let content = if self.chomp {
            content.trim_start_matches('\t')
        } else {
            content
        };
        content == self.name
    }

    /// The marker that `word` is, if it is one; an error when its name does not lex.
    ///
    /// The shape is `3<<-name`: a number, `<<`, perhaps a dash, and a name that holds no `<` and is
    /// one shell word. Anything before the number makes it no marker (`cat<<EOF`).
    pub(super) fn read(word: &str) -> Result<Option<Self>, String> {
        let digits = word.len() - word.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some(rest) = word[digits..].strip_prefix("<<") else {
            return Ok(None);
        };
        let (chomp, rest) = rest
            .strip_prefix('-')
            .map_or((false, rest), |rest| (true, rest));
        let name = rest.trim_start_matches([' ', '\t', '\r', '\n', '\x0c']);
        if name.is_empty() || name.contains('<') {
            return Ok(None);
        }
        let lexer = Expander::new('\\').keep_unset();
        let ([unquoted], [raw]) = (
            &unset_words(&lexer, name)?[..],
            &unset_words(&lexer.keep_quotes(), name)?[..],
        ) else {
            return Ok(None);
        };
        Ok(Some(Self {
            // A name with fewer quotes than it was written with was quoted.
            expand: count_quotes(unquoted) == count_quotes(raw),
            name: unquoted.clone(),
            chomp,
            fd: descriptor(&word[..digits]),
        }))
    }
}

/// Whether an instruction of this kind can have here-documents.
pub(super) fn may_follow(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Run | Keyword::Copy | Keyword::Add | Keyword::Onbuild
    )
}

/// The here-documents that follow a line, in order.
///
/// `BuildKit` reads the whole line as shell words for this, with a backslash as escape character
/// whatever the file says. A line that does not lex (an open quote, say) announces none.
pub(super) fn markers(line: &str, escape: char) -> Result<Vec<Marker>, String> {
    if !line.contains("<<") || !takes_heredocs(line, escape) {
        return Ok(Vec::new());
    }
    let lexer = Expander::new('\\')
        .keep_quotes()
        .keep_escapes()
        .keep_unset();
    let words = unset_words(&lexer, line).unwrap_or_default();
    words
        .iter()
        .filter_map(|word| Marker::read(word).transpose())
        .collect()
}

/// Whether the line is a `RUN`, `COPY` or `ADD`, or the trigger of one, in anything but exec form.
fn takes_heredocs(line: &str, escape: char) -> bool {
    let mut command = split_command(line, 0, escape);
    let mut keyword = Keyword::from_word(command.keyword.text(line));
    if keyword == Keyword::Onbuild && !command.body.is_empty() {
        command = split_command(line, command.body.start, escape);
        keyword = Keyword::from_word(command.keyword.text(line));
    }
    may_follow(keyword) && keyword != Keyword::Onbuild && !is_exec_form(command.body.text(line))
}

/// The shell words of `text` where every variable is unset.
fn unset_words(lexer: &Expander, text: &str) -> Result<Vec<String>, String> {
    match lexer.expand_words(text, &|_| Lookup::Unset) {
        Expansion::Value(words) => Ok(words),
        Expansion::Invalid(message) => Err(message),
        Expansion::Unknown => Ok(Vec::new()),
    }
}

fn count_quotes(word: &str) -> usize {
    word.matches(['\'', '"']).count()
}

/// The number that `digits` spell, as Go reads one: nothing is 0, too large a number the largest.
fn descriptor(digits: &str) -> u64 {
    if digits.is_empty() {
        0
    } else {
        digits.parse().unwrap_or(u64::MAX)
    }
}

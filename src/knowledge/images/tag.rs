//! The parts of a tag, and the patterns and templates that the table writes for them.
//!
//! A tag is cut at every `-`. A pattern (`{version?}-jdk{java}-{os?}`) is cut the same way and takes part after
//! part: a placeholder takes a part of its kind, the one marked `?` may stay empty, a literal takes itself.
//! A template (`eclipse-temurin:{java}-jre-{os}`) is filled in with what was taken; a part of it that stays
//! empty goes together with its `-`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::version::Version;

/// What a part of a tag is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind<'t> {
    /// A number: `3.12`.
    Number,
    /// A word that stands for a version: `lts`.
    Alias,
    /// The name of a release: `bookworm`, of the distribution named here.
    Suite(&'t str),
    /// A distribution by name, with or without a number: `alpine3.19`, `ubuntu22.04`.
    System(&'t str),
    /// Anything else.
    Word,
}

/// One part of a tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a, 't> {
    pub(crate) text: &'a str,
    pub(crate) kind: Kind<'t>,
}

impl<'a, 't> Part<'a, 't> {
    /// The distribution that the part names.
    pub(crate) fn distribution(&self) -> Option<&'t str> {
        match self.kind {
            Kind::Suite(distribution) | Kind::System(distribution) => Some(distribution),
            _ => None,
        }
    }

    /// The part without the number at its end: `jdk` of `jdk17`.
    pub(crate) fn stem(&self) -> &'a str {
        stem(self.text)
    }

    /// The number at the end of the part: `17` of `jdk17`.
    pub(crate) fn number(&self) -> Option<Version> {
        Version::parse(&self.text[self.stem().len()..])
    }
}

/// `text` without the number at its end.
pub(crate) fn stem(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

/// The texts that a pattern took from a tag, by the name of the placeholder. What was optional and missing is
/// the empty text.
pub(crate) type Captures<'a> = BTreeMap<String, &'a str>;

/// A form that tags may have.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern(Vec<Slot>);

/// One part of a pattern: `jdk{java}` has the literal `jdk` and the placeholder `java`.
#[derive(Clone, PartialEq, Debug)]
struct Slot {
    literal: String,
    placeholder: Option<String>,
    optional: bool,
}

impl Pattern {
    /// What the pattern takes from the tag, if it takes all of it.
    pub(crate) fn captures<'a>(&self, parts: &[Part<'a, '_>]) -> Option<Captures<'a>> {
        let mut rest = parts;
        let mut captures = Captures::new();
        for slot in &self.0 {
            let taken = match rest.first().and_then(|part| slot.take(part)) {
                Some(text) => {
                    rest = &rest[1..];
                    text
                }
                None if slot.optional => "",
                None => return None,
            };
            if let Some(name) = &slot.placeholder {
                captures.insert(name.clone(), taken);
            }
        }
        rest.is_empty().then_some(captures)
    }
}

impl Slot {
    /// The text behind the literal, if the part fits.
    fn take<'a>(&self, part: &Part<'a, '_>) -> Option<&'a str> {
        let text = part.text.strip_prefix(self.literal.as_str())?;
        let fits = match self.placeholder.as_deref() {
            None => text.is_empty(),
            Some("version") => matches!(part.kind, Kind::Number | Kind::Alias),
            Some("suite") => matches!(part.kind, Kind::Suite(_)),
            Some("alpine") => part.kind == Kind::System("alpine"),
            Some("os") => matches!(part.kind, Kind::Suite(_) | Kind::System(_)),
            Some(_) => Version::parse(text).is_some(),
        };
        fits.then_some(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let slots: Option<Vec<Slot>> = text.split('-').map(slot).collect();
        slots
            .map(Self)
            .ok_or(format!("`{text}` is no pattern for tags"))
    }
}

/// Reads `literal`, `{name}`, `{name?}` or `literal{name}`.
fn slot(part: &str) -> Option<Slot> {
    let Some((literal, rest)) = part.split_once('{') else {
        return Some(Slot {
            literal: part.to_owned(),
            placeholder: None,
            optional: false,
        });
    };
    let name = rest.strip_suffix('}')?;
    let optional = name.ends_with('?');
    let name = name.trim_end_matches('?');
    let slot = Slot {
        literal: literal.to_owned(),
        placeholder: Some(name.to_owned()),
        optional,
    };
    (!name.is_empty() && (literal.is_empty() || !optional)).then_some(slot)
}

/// Fills in `repository:tag`, or `repository` alone. `None` when it asks for something that is not known.
pub(crate) fn fill(template: &str, captures: &Captures<'_>) -> Option<String> {
    let Some((repository, tag)) = template.split_once(':') else {
        return substitute(template, captures);
    };
    let mut parts = Vec::new();
    for part in tag.split('-') {
        parts.push(substitute(part, captures)?);
    }
    parts.retain(|part| !part.is_empty());
    Some(format!(
        "{}:{}",
        substitute(repository, captures)?,
        parts.join("-")
    ))
}

/// Replaces every `{name}` in `text`.
fn substitute(text: &str, captures: &Captures<'_>) -> Option<String> {
    let mut filled = text.to_owned();
    while let Some((before, rest)) = filled.split_once('{') {
        let (name, after) = rest.split_once('}')?;
        filled = format!("{before}{}{after}", captures.get(name)?);
    }
    Some(filled)
}

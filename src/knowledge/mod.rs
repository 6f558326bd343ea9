//! The tables: what is known of programs, manifests, images and packages.
//!
//! Each table is a TOML file beside its only reader. A user's `dfopt.toml` can add entries with the
//! same keys; they are looked at before the built-in ones.

pub mod images;
mod managers;
pub mod manifests;
pub mod packages;
pub mod tools;

use std::sync::OnceLock;

/// Everything that dfopt knows without looking at a file.
#[derive(Debug, Default)]
pub struct Knowledge {
    /// Programs that are called in a `RUN`.
    pub tools: tools::Tools,
    /// Manifests of package managers.
    pub manifests: manifests::Manifests,
    /// Base images.
    pub images: images::Images,
    /// Packages of distributions and of pip.
    pub packages: packages::Packages,
}

impl Knowledge {
    /// The built-in tables, read once.
    ///
    /// # Panics
    /// When a built-in table is malformed: a test reads them all.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Knowledge> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            Self::read().unwrap_or_else(|error| panic!("a built-in table is malformed: {error}"))
        })
    }

    fn read() -> Result<Self, toml::de::Error> {
        let mut knowledge = Self {
            images: toml::from_str(include_str!("images.toml"))?,
            packages: toml::from_str(include_str!("packages.toml"))?,
            ..Self::default()
        };
        knowledge
            .tools
            .add(toml::from_str(include_str!("tools.toml"))?);
        knowledge
            .manifests
            .add(toml::from_str(include_str!("manifests.toml"))?);
        Ok(knowledge)
    }
}

/// Reads a regular expression.
fn regex<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<regex_lite::Regex>, D::Error> {
    let text = <String as serde::Deserialize>::deserialize(deserializer)?;
    regex_lite::Regex::new(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// Reads a list of regular expressions.
fn regexes<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<regex_lite::Regex>, D::Error> {
    let texts = <Vec<String> as serde::Deserialize>::deserialize(deserializer)?;
    let regex = |text: &String| regex_lite::Regex::new(text).map_err(serde::de::Error::custom);
    texts.iter().map(regex).collect()
}

//! The stages of a file and what each is built on.

use std::ops::Range;

/// What a stage is built on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// An image, by its reference after the defaults of the `ARG`s before `FROM`.
    Image(String),
    /// An earlier stage, by its index.
    Stage(usize),
    /// `scratch`: nothing.
    Scratch,
    /// A reference that only the build knows.
    Unknown,
}

/// The operating system that a stage is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Os {
    /// Linux, or no sign of anything else.
    Linux,
    /// Windows, by the base image, `SHELL`, the escape character or a command.
    Windows,
    /// Not known: the base image is a variable without a default.
    Unknown,
}

/// One stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Its number, from 0.
    pub index: usize,
    /// The instruction that is its `FROM`.
    pub from: usize,
    /// The instructions behind `FROM`.
    pub body: Range<usize>,
    /// Its name, in lower case as BuildKit compares it.
    pub name: Option<String>,
    /// What it is built on.
    pub base: Base,
    /// The operating system.
    pub os: Os,
}

impl Stage {
    /// Whether `reference` (of `--from`, or of a `FROM`) means this stage.
    #[must_use]
    pub fn is_named(&self, reference: &str) -> bool {
        let by_name = self
            .name
            .as_deref()
            .is_some_and(|name| name.eq_ignore_ascii_case(reference));
        by_name || reference.parse() == Ok(self.index)
    }
}

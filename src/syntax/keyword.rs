//! The instructions that Dockerfiles know.

use std::fmt;

/// The instruction that a line gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "each variant is the keyword it names")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    /// Anything else: `BuildKit` parses the line and then rejects it.
    Unknown,
}

impl Keyword {
    /// Every instruction that `BuildKit` knows.
    pub const ALL: [Self; 18] = [
        Self::Add,
        Self::Arg,
        Self::Cmd,
        Self::Copy,
        Self::Entrypoint,
        Self::Env,
        Self::Expose,
        Self::From,
        Self::Healthcheck,
        Self::Label,
        Self::Maintainer,
        Self::Onbuild,
        Self::Run,
        Self::Shell,
        Self::Stopsignal,
        Self::User,
        Self::Volume,
        Self::Workdir,
    ];

    /// The instruction that `word` names, in any letter case.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        // The length decides between most of them, so at most three comparisons are made.
        let candidates: &[Self] = match word.len() {
            3 => &[Self::Run, Self::Env, Self::Arg, Self::Cmd, Self::Add],
            4 => &[Self::Copy, Self::From, Self::User],
            5 => &[Self::Label, Self::Shell],
            6 => &[Self::Expose, Self::Volume],
            7 => &[Self::Workdir, Self::Onbuild],
            10 => &[Self::Entrypoint, Self::Stopsignal, Self::Maintainer],
            11 => &[Self::Healthcheck],
            _ => &[],
        };
        let known = candidates
            .iter()
            .find(|keyword| keyword.name().eq_ignore_ascii_case(word));
        known.copied().unwrap_or(Self::Unknown)
    }

    /// The keyword in capitals; empty for [`Keyword::Unknown`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Arg => "ARG",
            Self::Cmd => "CMD",
            Self::Copy => "COPY",
            Self::Entrypoint => "ENTRYPOINT",
            Self::Env => "ENV",
            Self::Expose => "EXPOSE",
            Self::From => "FROM",
            Self::Healthcheck => "HEALTHCHECK",
            Self::Label => "LABEL",
            Self::Maintainer => "MAINTAINER",
            Self::Onbuild => "ONBUILD",
            Self::Run => "RUN",
            Self::Shell => "SHELL",
            Self::Stopsignal => "STOPSIGNAL",
            Self::User => "USER",
            Self::Volume => "VOLUME",
            Self::Workdir => "WORKDIR",
            Self::Unknown => "",
        }
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

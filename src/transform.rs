//! The contract between the engine and the transforms.
//!
//! A transform is pure: it reads facts and answers with plans. A plan is either a [`Rewrite`], which
//! says what changes, why that is right and what it takes for granted, or a [`Refusal`], which says
//! what stands in the way. No candidate is dropped silently.

use std::fmt;

use crate::analysis::Facts;
use crate::analysis::stages::Stage;
use crate::context::BuildContext;
use crate::edit::Edits;
use crate::knowledge::Knowledge;
use crate::project::{Container, Use};
use crate::syntax::{Dockerfile, Span};

/// One kind of rewrite.
pub trait Transform: Sync {
    /// Its name and its documentation.
    fn info(&self) -> &'static Info;

    /// Every place where this transform has something to say, in source order.
    ///
    /// Only the first rewrite is applied before the file is read again, so the spans of a plan
    /// never meet those of another.
    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan>;

    /// The same for what has to be done before any other transform looks, because what the others know depends on it.
    fn plan_early(&self, _cx: &Cx<'_>) -> Vec<Plan> {
        Vec::new()
    }
}

/// What a transform says about one site.
pub type Plan = Result<Rewrite, Refusal>;

/// What is known of a transform without running it.
#[derive(Debug)]
pub struct Info {
    /// The name used on the command line, in configuration and in comments: `merge-apt`.
    pub id: &'static str,
    /// One line for `--list`.
    pub title: &'static str,
    /// Its README, which `--explain` prints. Documents every refusal code.
    pub doc: &'static str,
    /// What its rewrites are good for.
    pub gain: Gain,
    /// When it runs.
    pub runs: Runs,
}

/// What a rewrite is good for. In a review, the gains come in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gain {
    /// Who breaks in finds less, and nothing leaks.
    Security,
    /// The image is smaller.
    Size,
    /// Building it again takes less time.
    BuildTime,
    /// The container starts, stops and fails as it should.
    Operation,
    /// The file is easier to read, and the same tomorrow.
    Upkeep,
}

impl fmt::Display for Gain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Security => "security",
            Self::Size => "size",
            Self::BuildTime => "build time",
            Self::Operation => "operation",
            Self::Upkeep => "upkeep",
        })
    }
}

/// When a transform runs, if nobody names it with `--only`, `--skip` or in the configuration.
#[derive(Clone, Copy, Debug)]
pub enum Runs {
    /// Always.
    ByDefault,
    /// Only when somebody names it: no preset does.
    WhenNamed {
        /// Why: half a sentence, behind "only when it is named: ".
        because: &'static str,
    },
    /// Only with one of `presets`, or with [`Preset::All`].
    OnRequest {
        /// The presets that switch it on.
        presets: &'static [Preset],
        /// Why not everybody wants it: half a sentence, behind "off by default: ".
        because: &'static str,
    },
}

/// A goal that switches on transforms which do not run by default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Fast builds on machines that build again and again.
    Ci,
    /// Small images.
    Size,
    /// Images that give little to who breaks in, and builds that leak nothing.
    Security,
    /// Every transform that rewrites what there is.
    All,
}

impl Preset {
    /// What users call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Size => "size",
            Self::Security => "security",
            Self::All => "all",
        }
    }
}

impl Info {
    /// Whether the transform runs when nobody names it, and `preset` is chosen, if one is.
    #[must_use]
    pub fn runs_with(&self, preset: Option<Preset>) -> bool {
        match (self.runs, preset) {
            (Runs::WhenNamed { .. }, _) => false,
            (Runs::ByDefault, _) | (_, Some(Preset::All)) => true,
            (Runs::OnRequest { presets, .. }, Some(preset)) => presets.contains(&preset),
            (Runs::OnRequest { .. }, None) => false,
        }
    }
}

/// Everything that a transform may read.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The Dockerfile as it stands now.
    pub file: &'a Dockerfile<'a>,
    /// What has been computed from it.
    pub facts: &'a Facts<'a>,
    /// The tables.
    pub knowledge: &'a Knowledge,
    /// The build context, when it is at hand, as it was at first.
    pub context: Option<&'a BuildContext>,
    /// The lines that other files get by the rewrites before.
    pub added: &'a [Addition],
}

impl<'a> Cx<'a> {
    /// Whether an earlier rewrite adds `line` to the file at `path` of the build context.
    #[must_use]
    pub fn is_added(self, path: &str, line: &str) -> bool {
        let mut same = self.added.iter().filter(|added| added.path == path);
        same.any(|added| added.lines.iter().any(|known| known == line))
    }

    /// What other files of the project do with the Dockerfile, or may do.
    pub fn all_uses(self) -> impl Iterator<Item = &'a Use> {
        let uses = self.context.map_or(&[][..], BuildContext::uses);
        uses.iter()
    }

    /// The services, targets and commands outside of the Dockerfile that build `stage` when nobody sets a variable.
    pub fn uses(self, stage: &'a Stage) -> impl Iterator<Item = &'a Use> {
        let last = self.facts.final_stage().map(|stage| stage.index);
        let means = move |used: &&Use| match used.stage() {
            None => last == Some(stage.index),
            Some(name) => stage.is_named(name),
        };
        self.all_uses().filter(|used| used.is_certain).filter(means)
    }

    /// These, and those that build any stage that somebody sets a variable to.
    pub fn possible_uses(self, stage: &'a Stage) -> impl Iterator<Item = &'a Use> {
        let open = self
            .all_uses()
            .filter(|used| used.is_certain && used.may_be_any_stage());
        let known: Vec<&Use> = self.uses(stage).collect();
        let open = open.filter({
            let known = known.clone();
            move |used| !known.iter().any(|other| std::ptr::eq(*other, *used))
        });
        known.into_iter().chain(open)
    }

    /// What has to be taken for granted about uses for which variables decide whether they are of this Dockerfile and
    /// that start containers as `matters` says.
    pub fn doubts(self, matters: impl Fn(&Container) -> bool) -> impl Iterator<Item = String> {
        let doubtful = self.all_uses().filter(|used| !used.is_certain);
        let doubtful = doubtful.filter(move |used| used.container.as_ref().is_some_and(&matters));
        doubtful.map(move |used| {
            let place = self.place_of(used);
            format!(
                "{}, for which {place} leaves open what it builds, runs another image",
                used.name
            )
        })
    }

    /// Where a use is declared.
    #[must_use]
    pub fn place_of(self, used: &Use) -> Place {
        let file = self.context.map(|context| used.shown_from(context.root()));
        Place::File(file.unwrap_or_default(), used.line)
    }
}

/// How far a rewrite can be trusted. A promise, not a mood; see `docs/safety.md`.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Proven: every build that worked gives the same files, configuration and comments.
    Safe,
    /// As safe, if the assumptions that are printed with the rewrite hold.
    #[default]
    Assumed,
    /// Changes what is shipped or how it runs, by intent.
    Unsafe,
}

impl fmt::Display for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safe => "safe",
            Self::Assumed => "assumed",
            Self::Unsafe => "unsafe",
        })
    }
}

/// A change that a transform proposes.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// The source bytes that the message is about.
    pub site: Span,
    /// What is done, in one sentence, for the person who reads the diff.
    pub message: String,
    /// Whether the rewrite changes what is shipped by intent.
    pub by_intent: bool,
    /// What it takes for granted, one sentence each. Empty when proven.
    pub assumes: Vec<String>,
    /// What proves it.
    pub because: Vec<Evidence>,
    /// The changes to the Dockerfile.
    pub edits: Edits,
    /// Lines to add to other files of the build context (`.dockerignore`).
    pub additions: Vec<Addition>,
    /// What the verifier is told to expect.
    pub declares: Vec<Change>,
    /// Values in the Dockerfile that nobody may print.
    pub hides: Vec<String>,
}

impl Rewrite {
    /// A rewrite of `site` that changes nothing yet.
    pub fn new(site: Span, message: impl Into<String>) -> Self {
        Self {
            site,
            message: message.into(),
            ..Self::default()
        }
    }

    /// The level at which it applies: `assumes` is empty exactly when it is safe.
    #[must_use]
    pub fn safety(&self) -> Safety {
        match (self.by_intent, self.assumes.is_empty()) {
            (true, _) => Safety::Unsafe,
            (false, true) => Safety::Safe,
            (false, false) => Safety::Assumed,
        }
    }

    /// Adds an assumption, once.
    pub fn assume(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if !self.assumes.contains(&sentence) {
            self.assumes.push(sentence);
        }
    }

    /// Adds a piece of evidence.
    pub fn evidence(&mut self, place: impl Into<Place>, note: impl Into<String>) {
        self.because.push(Evidence {
            place: place.into(),
            note: note.into(),
        });
    }
}

/// Why a candidate is left as it is.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The source bytes that it is about.
    pub site: Span,
    /// The obstacle, without the name of the transform: `opaque-shell`.
    pub code: &'static str,
    /// What stands in the way, and what the user can do.
    pub message: String,
    /// Where that can be seen.
    pub because: Vec<Evidence>,
    /// Values in the Dockerfile that nobody may print.
    pub hides: Vec<String>,
}

impl Refusal {
    /// A refusal at `site`.
    pub fn new(site: Span, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            site,
            code,
            message: message.into(),
            because: Vec::new(),
            hides: Vec::new(),
        }
    }

    /// The same with a piece of evidence.
    #[must_use]
    pub fn because(mut self, place: impl Into<Place>, note: impl Into<String>) -> Self {
        self.because.push(Evidence {
            place: place.into(),
            note: note.into(),
        });
        self
    }
}

/// A fact and where it can be looked up.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Where.
    pub place: Place,
    /// What it shows.
    pub note: String,
}

/// A place that evidence points at.
#[derive(Clone, Debug)]
pub enum Place {
    /// Bytes of the Dockerfile.
    Source(Span),
    /// A file of the build context, relative to its root, and a line from 1 where one is known.
    File(String, Option<usize>),
    /// An entry of the tables.
    Table(&'static str),
}

impl fmt::Display for Place {
    /// A place in another file as `file:line`. Others have no name of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(_) => f.write_str("the Dockerfile"),
            Self::File(file, None) => f.write_str(file),
            Self::File(file, Some(line)) => write!(f, "{file}:{line}"),
            Self::Table(table) => write!(f, "the table {table}"),
        }
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self::Source(span)
    }
}

/// Lines that are added at the end of another file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addition {
    /// The file, relative to the root of the build context.
    pub path: String,
    /// The lines, without line endings.
    pub lines: Vec<String>,
}

/// A difference between before and after that the rewrite means to make. Whatever is not declared
/// must be equal, or the verifier drops the rewrite.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The final stage ends with this user.
    User(String),
    /// `CMD` and `ENTRYPOINT` start the same words, with or without a shell around them.
    Launch,
    /// Copies that had no `--chown` have one: what they bring belongs to another user.
    Owner,
    /// There is one more stage, which no other uses.
    ExtraStage {
        /// Its name.
        name: String,
        /// It repeats the stage of this instruction up to it.
        repeats: usize,
        /// The variables that it sets behind that, as written.
        settings: Vec<String>,
    },
    /// The final stage has a `HEALTHCHECK` and had none.
    Healthcheck,
    /// A variable of the environment of the final stage.
    Env(String),
    /// `NAME=value`: a variable of the environment of the final stage that no step sees.
    Variable(String),
    /// `ADD`s that became `COPY`: what they bring is local, and no archive.
    NothingUnpacked,
    /// `MAINTAINER` became a label of this name with the same value.
    MaintainerAsLabel(String),
    /// The final stage became a builder and a stage that is shipped, on these images.
    Stages {
        /// What the builder is built on, as written.
        builder: String,
        /// What the stage that is shipped is built on, as written.
        runtime: String,
    },
    /// Words that a build command has gained, in front or behind its verb: the programs that it makes do the same in
    /// another form.
    BuildOptions(Vec<String>),
    /// Stages that were built on one image are built on another.
    Base {
        /// The reference that was written.
        from: String,
        /// The reference that is written now.
        to: String,
    },
    /// A command of a `RUN`, as written, that another one stands for now, which does the same for the program.
    Replaced {
        /// The command that was there.
        from: String,
        /// The command in its place.
        to: String,
    },
    /// A `COPY --from` of an image that brings a tool of the build.
    ToolCopied {
        /// The image.
        image: String,
        /// The path of the tool there.
        from: String,
        /// Its path here.
        to: String,
    },
    /// Copies of the build context that brought this file bring another in its place: the lock file of another tool.
    LockFile {
        /// The file that was copied, or a pattern that finds it, as written.
        from: String,
        /// The file that is copied now.
        to: String,
    },
    /// A command that only brought or set up a program which nothing runs any more.
    SetupGone {
        /// The command, as written.
        command: String,
        /// The program.
        program: String,
    },
    /// A command, as written, that made a source of packages known from which nothing is installed any more.
    SourceGone {
        /// The command.
        command: String,
    },
    /// Packages that the final stage no longer installs.
    PackagesRemoved(Vec<String>),
    /// Packages that the final stage installs in addition.
    PackagesAdded(Vec<String>),
    /// Commands of a `RUN` that were not there, joined by ` && `.
    Commands(String),
    /// An option that installs have and had not.
    InstallOption(String),
    /// What the stage that is shipped copies from the builder, and where to, in this order.
    Taken(Vec<(String, String)>),
    /// A command, or a path, of which the final stage needs nothing: it only serves the build.
    ServesBuild(String),
    /// This `--mount=…` that a `RUN` has and had not, as written. The folder of a cache is no part of the image any more.
    Mount(String),
    /// A variable of this name is gone: the steps that need it have a secret of that name in their environment.
    Secret(String),
    /// No copy brings this file of the build context any more: the steps that need it have it as a secret.
    SecretFile(String),
    /// What copies from another stage took from one path they take from another, where a step now puts it.
    Moved {
        /// The path in that stage.
        from: String,
        /// Where it is now.
        to: String,
    },
    /// Words that commands with a new cache mount had and have no more: what kept the cache out of the image.
    WordGone(String),
    /// A command that only cleaned what is mounted now, or said who may read it, as written.
    CleanupGone(String),
    /// A path in the image that a copy of the build context does not bring, although it brings the
    /// folder around it: the context is free of it, or `.dockerignore` hides it.
    NotInContext(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_switches_on_what_is_off() {
        let info = |runs| Info {
            id: "some-rewrite",
            title: "",
            doc: "",
            gain: Gain::Upkeep,
            runs,
        };
        let wanted = info(Runs::ByDefault);
        let special = info(Runs::OnRequest {
            presets: &[Preset::Size],
            because: "it takes long",
        });
        let named = info(Runs::WhenNamed {
            because: "it adds what is not shipped",
        });
        assert!(!named.runs_with(None) && !named.runs_with(Some(Preset::All)));
        assert!(wanted.runs_with(None) && wanted.runs_with(Some(Preset::Ci)));
        assert!(!special.runs_with(None) && !special.runs_with(Some(Preset::Ci)));
        assert!(special.runs_with(Some(Preset::Size)) && special.runs_with(Some(Preset::All)));
    }
}

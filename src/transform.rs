//! The contract between the engine and the transforms.
//!
//! A transform is pure: it reads facts and answers with plans. A plan is either a [`Rewrite`], which
//! says what changes, why that is right and what it takes for granted, or a [`Refusal`], which says
//! what stands in the way. No candidate is dropped silently.

mod change;
mod plan;

use std::fmt;

use crate::analysis::Facts;
use crate::analysis::stages::Stage;
use crate::context::BuildContext;
use crate::knowledge::Knowledge;
use crate::project::{Child, Container, Use};
use crate::syntax::Dockerfile;

pub use change::Change;
pub use plan::{Addition, Evidence, Place, Refusal, Rewrite, Safety};

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

    /// Whether builds before and after, in which the program has run as well, show all that its unsafe rewrites take for granted.
    fn is_shown_by_builds(&self) -> bool {
        false
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

    /// What other files of the project, and comments of its own, do with the Dockerfile, or may do.
    pub fn all_uses(self) -> impl Iterator<Item = &'a Use> {
        let uses = self.context.map_or(&[][..], BuildContext::uses);
        uses.iter().chain(self.facts.started())
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

    /// What other Dockerfiles of the project take from the image of `stage`.
    pub fn children(self, stage: &'a Stage) -> impl Iterator<Item = (&'a Use, Child)> {
        let uses = self.possible_uses(stage);
        uses.filter_map(|used| Some((used, used.child?)))
    }

    /// Containers of images of which no file says how they are built, perhaps from this Dockerfile.
    pub fn guesses(self) -> impl Iterator<Item = (&'a Use, &'a Container)> {
        let guesses = self.all_uses().filter(|used| used.is_guess);
        guesses.filter_map(|used| Some((used, used.container.as_ref()?)))
    }

    /// What has to be taken for granted about uses for which variables decide whether they are of this Dockerfile and
    /// that start containers as `matters` says.
    pub fn doubts(self, matters: impl Fn(&Container) -> bool) -> impl Iterator<Item = String> {
        let doubtful = self
            .all_uses()
            .filter(|used| !used.is_certain && !used.is_guess);
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
        if let Some(line) = used.line.filter(|_| used.file.as_os_str().is_empty()) {
            return Place::Source(self.file.line_span(line));
        }
        let file = self.context.map(|context| used.shown_from(context.root()));
        Place::File(file.unwrap_or_default(), used.line)
    }
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

//! A smaller or better base image for what is shipped.
//!
//! ```dockerfile
//! FROM node:20                                     FROM node:20-slim
//! COPY server.js .                                 COPY server.js .
//! CMD ["node", "server.js"]                        CMD ["node", "server.js"]
//! ```

mod brought;
mod compiled;
mod ended;
mod extra;
mod language;
mod manifests;
mod needs;
mod other;
mod removal;
mod setup;
mod slim;

use std::cell::OnceCell;

use crate::analysis::launch::Launches;
use crate::analysis::runs::{Run, Step};
use crate::analysis::stages::{Base, Os, Stage};
use crate::knowledge::images::{Image, Toolset};
use crate::syntax::{Kind, Span, Word};
use crate::transform::{Change, Cx, Gain, Info, Plan, Preset, Refusal, Rewrite, Runs, Transform};

use setup::Setup;

use super::launched;
use super::shipped;
use super::style;

/// Puts the stage that is shipped on a smaller or better image.
pub struct PickBase;

static INFO: Info = Info {
    id: "pick-base",
    title: "ships on the slim variant of an image, or on the image of the language that is used",
    doc: include_str!("README.md"),
    gain: Gain::Size,
    runs: Runs::OnRequest {
        presets: &[Preset::Size],
        because: "the image is built on another one than today",
    },
};

impl Transform for PickBase {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn plan(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let mut plans = ended::plan(cx);
        plans.extend(Site::find(cx).as_ref().and_then(slim::plan).map(by_intent));
        plans
    }

    fn is_shown_by_builds(&self) -> bool {
        true
    }

    /// What others know of a stage depends on the language of its image: split-stages would ship the distribution.
    fn plan_early(&self, cx: &Cx<'_>) -> Vec<Plan> {
        let plan = Site::find(cx).as_ref().and_then(language::plan);
        plan.map(by_intent).into_iter().collect()
    }
}

/// The image is built on another one than today: nobody gets that who has not asked for it.
fn by_intent(plan: Plan) -> Plan {
    plan.map(|mut rewrite| {
        rewrite.by_intent = true;
        rewrite
    })
}

/// What there is to say of a stage on an image that is made to build, when nothing is built in it: the image that only runs
/// what is built serves as well. Nothing when the stage is none of that kind.
pub(super) fn without_builders(cx: &Cx<'_>) -> Option<Plan> {
    slim::without_builders(&Site::find(cx)?)
}

/// The stage that is shipped.
struct Site<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    image: &'a Image<'a>,
    /// The image as it is written.
    word: &'a Word,
    /// The image that this is.
    reference: &'a str,
    launches: OnceCell<Launches>,
    setups: OnceCell<Vec<Setup<'a>>>,
}

impl<'a> Site<'a> {
    fn find(cx: &'a Cx<'a>) -> Option<Self> {
        let stage = cx
            .facts
            .final_stage()
            .filter(|stage| stage.os == Os::Linux)?;
        let (Base::Image(reference), Kind::From { image: word, .. }) =
            (&stage.base, &cx.facts.views[stage.from].kind)
        else {
            return None;
        };
        Some(Self {
            cx,
            stage,
            image: cx.facts.image(stage)?,
            word,
            reference,
            launches: OnceCell::new(),
            setups: OnceCell::new(),
        })
    }

    /// What its container starts.
    fn launches(&self) -> &Launches {
        let launches = || launched::launches(self.cx, self.stage);
        self.launches.get_or_init(launches)
    }

    /// What makes a source of packages known, and goes if the packages go.
    fn setups(&self) -> &[Setup<'a>] {
        let setups = || setup::of_stage(self.cx, self.stage);
        self.setups.get_or_init(setups)
    }

    /// The name of the image in `FROM`.
    fn span(&self) -> Span {
        self.cx.facts.source(self.stage.from, self.word.span)
    }

    fn refuse(&self, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal::new(self.span(), code, message)
    }

    /// A refusal because of the instruction `at`.
    fn refuse_at(&self, at: usize, code: &'static str, message: &str) -> Refusal {
        let message = format!("{}: {message}", style::title(self.cx, at));
        self.refuse(code, message).because(
            self.cx.file.instructions()[at].span,
            "what stands in the way",
        )
    }

    /// The `RUN`s of the stage, read as far as they can be.
    fn runs(&self) -> impl Iterator<Item = (usize, &'a Run<'a>)> + use<'a> {
        let facts = self.cx.facts;
        let runs = self
            .stage
            .body
            .clone()
            .filter_map(|at| Some((at, facts.runs[at].as_ref()?)));
        runs.map(|(at, run)| (at, run.as_read()))
    }

    /// The commands of the stage, without those that make a source of packages known.
    fn steps(&self) -> impl Iterator<Item = (usize, &'a Step<'a>)> {
        let steps = self
            .runs()
            .flat_map(|(at, run)| run.steps.iter().map(move |step| (at, step)));
        steps.filter(|(at, step)| !self.is_setup(*at, step.span))
    }

    /// The same, and the commands in substitutions.
    fn all_commands(&self) -> impl Iterator<Item = (usize, &'a Step<'a>)> {
        let steps = self
            .runs()
            .flat_map(|(at, run)| run.all_commands().map(move |step| (at, step)));
        steps.filter(|(at, step)| !self.is_setup(*at, step.span))
    }

    /// Whether the command at `span` of the `RUN` at `at` is part of what makes a source of packages known.
    fn is_setup(&self, at: usize, span: Span) -> bool {
        let mut setups = self.setups().iter();
        setups.any(|setup| setup.at == at && setup.span.contains(span))
    }

    /// What has to hold for any other image.
    ///
    /// # Errors
    /// What does not.
    fn check(&self) -> Result<(), Refusal> {
        self.check_reference()?;
        self.check_launches()?;
        self.check_steps()
    }

    /// That it is known which image this is, and what it does in those that are built on it.
    fn check_reference(&self) -> Result<(), Refusal> {
        if self.word.raw != self.reference {
            let message = format!(
                "{} comes from an ARG: choose another image there",
                self.word.raw
            );
            return Err(self.refuse("variable", message));
        }
        if self.image.onbuild || self.cx.facts.has_triggers(self.stage) {
            let message = "ONBUILD steps run in images that are not known here";
            return Err(self.refuse("onbuild", message));
        }
        Ok(())
    }

    fn check_launches(&self) -> Result<(), Refusal> {
        let Launches {
            launches,
            opaque,
            declared,
        } = self.launches();
        if !declared {
            let message = "without CMD or ENTRYPOINT this may be an image to build on, which needs what it has";
            return Err(self.refuse("no-command", message));
        }
        if let Some(launch) = launches.iter().find(|launch| launched::is_prompt(launch)) {
            let message =
                "the container starts a prompt, at which people may want what the image has";
            return Err(self.refuse_at(launch.instruction, "no-command", message));
        }
        if *opaque {
            let message = "dfopt cannot tell which programs the container starts";
            return Err(self.refuse("opaque-command", message));
        }
        if let Some(wanted) = shipped::wanted(self.cx, self.stage) {
            let refusal = self.refuse("no-command", wanted.message);
            return Err(refusal.because(self.cx.place_of(wanted.used), wanted.note));
        }
        Ok(())
    }

    fn check_steps(&self) -> Result<(), Refusal> {
        if let Some((at, _)) = self.runs().find(|(_, run)| run.opaque.is_some()) {
            let message = "dfopt cannot read this RUN, which may need what only this image has";
            return Err(self.refuse_at(at, "opaque-step", message));
        }
        let is_unknown = |(_, step): &(usize, &Step<'_>)| step.does().is_none();
        match self.steps().find(is_unknown) {
            Some((at, step)) => {
                let program = step.args.first().map_or("it", |arg| arg.known());
                let message = format!(
                    "dfopt does not know what `{program}` needs of the image; describe it in dfopt.toml"
                );
                Err(self.refuse_at(at, "unknown-step", &message))
            }
            None => Ok(()),
        }
    }

    /// The rewrite that puts the stage on `to`.
    fn rewrite(&self, to: &Target<'_>, message: String) -> Rewrite {
        let mut rewrite = Rewrite::new(self.span(), message);
        rewrite.edits.replace(self.span(), to.reference.clone());
        rewrite.declares.push(Change::Base {
            from: self.reference.to_owned(),
            to: to.reference.clone(),
        });
        rewrite
    }
}

/// The image that the stage is put on.
struct Target<'a> {
    reference: String,
    image: Image<'a>,
    /// What the full variant of it has in addition, if there is one.
    lacks: Option<&'a Toolset>,
}

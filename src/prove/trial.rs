//! Trials: a text is built, and its image compared with the one before.

use std::io::{self, ErrorKind};

use super::base;
use super::declared::Declared;
use super::engines::{Engine, Error, Image, Order};
use super::examine::{Examination, Setting, examine};
use super::secrets;
use super::smoke::{self, Answers};
use super::start::{self, End};
use super::tree::{Fingerprint, Tree, fingerprint};
use super::workspace::{Variant, Workspace};
use super::{Progress, Side, Subject};
use crate::engine::{self, Entry, Outcome};
use crate::report::proof::{Figures, Rebuild};

/// A place where texts are tried out, and the text as it is.
pub(super) struct Bench<'a> {
    engine: &'a Engine,
    subject: &'a Subject<'a>,
    workspace: Workspace,
    progress: &'a mut dyn Progress,
    original: Variant,
    before: Before<'a>,
}

/// The image of the text as it is.
struct Before<'a> {
    image: Image<'a>,
    side: Side,
    answers: [Answers; 2],
    /// How a container of it ended, if it was to be started.
    end: Option<End>,
    /// The image under its final stage, once somebody has asked.
    base: Option<Side>,
    /// The files of a second build, once somebody has asked.
    control: Option<Tree>,
}

/// What a trial shows.
pub(super) enum Trial<'a> {
    /// All is as it should be.
    Fine(Box<(Image<'a>, Side, Examination)>),
    /// It is not, or the build fails.
    Refuted(String),
    /// The build fails because a base image cannot be had here, or nobody has handed over a secret.
    NotProvable(String),
}

impl<'a> Bench<'a> {
    /// Builds the text as it is, without a cache.
    pub(super) fn new(
        engine: &'a Engine,
        subject: &'a Subject<'a>,
        progress: &'a mut dyn Progress,
    ) -> Result<Self, Error> {
        let mut workspace = Workspace::new(subject.context, subject.dockerfile).map_err(disk)?;
        let original = Variant {
            dockerfile: subject.text.to_owned(),
            others: Vec::new(),
        };
        workspace.put(&original).map_err(disk)?;
        progress.begin("building it as it is, without a cache");
        let image = build(engine, subject, &workspace, progress, true)?;
        let side = Side::read(&image)?;
        let wishes = subject.wishes;
        let run = || smoke::run(&wishes.smokes, &image, &side, wishes.smoke_limit);
        let answers = [run()?, run()?];
        let end = wishes.start.map(|limit| start::start(&image, &side, limit));
        let before = Before {
            answers,
            end: end.transpose()?,
            side,
            image,
            base: None,
            control: None,
        };
        Ok(Self {
            engine,
            subject,
            workspace,
            progress,
            original,
            before,
        })
    }

    /// What was measured of the text as it is, and the file that was changed for it.
    pub(super) fn measure_before(&mut self, changed: Option<&str>) -> Result<Figures, Error> {
        let original = self.original.clone();
        let rebuild = self.rebuild(&original, changed)?;
        Ok(figures(&self.before.image, &self.before.side, rebuild))
    }

    /// What was measured after the rewrites of `journal`.
    pub(super) fn measure_after(
        &mut self,
        image: &Image<'_>,
        side: &Side,
        text: &str,
        journal: &[Entry],
        changed: Option<&str>,
    ) -> Result<Figures, Error> {
        let variant = self.variant(text, journal)?;
        let rebuild = self.rebuild(&variant, changed)?;
        Ok(figures(image, side, rebuild))
    }

    /// The size of the image after each rewrite of `outcome`, of which the last makes one of `last` bytes.
    pub(super) fn sizes(&mut self, outcome: &Outcome, last: u64) -> Result<Vec<u64>, Error> {
        let journal = &outcome.journal;
        let mut sizes = Vec::with_capacity(journal.len());
        for made in 1..journal.len() {
            let variant = self.variant(outcome.text_after(made), &journal[..made])?;
            self.workspace.put(&variant).map_err(disk)?;
            self.progress
                .begin(&format!("measuring it with the first {made} rewrites"));
            let image = build(
                self.engine,
                self.subject,
                &self.workspace,
                self.progress,
                false,
            )?;
            sizes.push(Side::read(&image)?.bytes());
        }
        sizes.push(last);
        Ok(sizes)
    }

    /// Builds `text`, which the rewrites of `journal` have made, and compares.
    pub(super) fn try_out(
        &mut self,
        text: &str,
        journal: &[Entry],
        afresh: bool,
    ) -> Result<Trial<'a>, Error> {
        if let Some(reason) = secrets::missing(journal, &self.subject.wishes.arguments) {
            return Ok(Trial::NotProvable(reason));
        }
        let variant = self.variant(text, journal)?;
        self.workspace.put(&variant).map_err(disk)?;
        let what = match afresh {
            true => "building it with all rewrites, without a cache".to_owned(),
            false => format!("building it with the first {} rewrites", journal.len()),
        };
        self.progress.begin(&what);
        let built = build(
            self.engine,
            self.subject,
            &self.workspace,
            self.progress,
            afresh,
        );
        let image = match built {
            Ok(image) => image,
            Err(Error::Build {
                missing_base: Some(reason),
                ..
            }) => return Ok(Trial::NotProvable(reason)),
            Err(Error::Build { log, .. }) => {
                return Ok(Trial::Refuted(format!("the build fails:\n{log}")));
            }
            Err(error) => return Err(error),
        };
        let side = Side::read(&image)?;
        let declared = Declared::of(journal);
        let base = match declared.base() {
            Some(_) => Some(self.bases(text)?),
            None => None,
        };
        let rewritten = rewritten(&self.original, &variant, self.subject);
        let mut examination = self.examine(&side, &declared, base.as_ref(), &rewritten);
        if examination.needs_control() && self.before.control.is_none() {
            self.before.control = Some(self.control()?);
            examination = self.examine(&side, &declared, base.as_ref(), &rewritten);
        }
        self.smoke(&image, &side, &mut examination)?;
        self.start(&image, &side, &mut examination)?;
        if examination.is_fine() {
            return Ok(Trial::Fine(Box::new((image, side, examination))));
        }
        Ok(Trial::Refuted(examination.failures()))
    }

    fn examine(
        &self,
        after: &Side,
        declared: &Declared,
        base: Option<&Side>,
        rewritten: &[(Option<Fingerprint>, Fingerprint)],
    ) -> Examination {
        let none = Side::default();
        let old = self.before.base.as_ref().unwrap_or(&none);
        let setting = Setting {
            knowledge: self.subject.knowledge,
            declared,
            context: Some(self.subject.context),
            bases: base.map(|base| (old, base)),
            rewritten,
            control: self.before.control.as_ref(),
        };
        examine(&self.before.side, after, &setting)
    }

    fn smoke(
        &self,
        image: &Image<'_>,
        side: &Side,
        examination: &mut Examination,
    ) -> Result<(), Error> {
        let wishes = self.subject.wishes;
        if wishes.smokes.is_empty() {
            return Ok(());
        }
        let answers = smoke::run(&wishes.smokes, image, side, wishes.smoke_limit)?;
        let check = smoke::compare(&wishes.smokes, &self.before.answers, &answers);
        examination.checks.push(check);
        Ok(())
    }

    fn start(
        &self,
        image: &Image<'_>,
        side: &Side,
        examination: &mut Examination,
    ) -> Result<(), Error> {
        if let Some((before, limit)) = self.before.end.as_ref().zip(self.subject.wishes.start) {
            let after = start::start(image, side, limit)?;
            let check = start::compare(before, &after, limit);
            examination.checks.push(check);
        }
        Ok(())
    }

    /// The images under the final stages: that of `text`, and once that of the text as it is.
    fn bases(&mut self, text: &str) -> Result<Side, Error> {
        if self.before.base.is_none() {
            self.before.base = Some(self.base(self.subject.text)?);
        }
        self.base(text)
    }

    fn base(&mut self, text: &str) -> Result<Side, Error> {
        let Subject {
            wishes, knowledge, ..
        } = self.subject;
        self.progress.begin("looking at a base image");
        let order = Order {
            context: &self.workspace.context(),
            dockerfile: &self.workspace.beside("base.Dockerfile"),
            target: wishes.target.as_deref(),
            arguments: &wishes.arguments,
            afresh: false,
            builder: None,
        };
        let progress = &mut *self.progress;
        let image = base::build(self.engine, &order, text, knowledge, &mut |step| {
            progress.step(step);
        })?;
        image.map_or(Ok(Side::default()), |image| Side::read(&image))
    }

    /// The files of the same Dockerfile, built once more.
    fn control(&mut self) -> Result<Tree, Error> {
        self.workspace.put(&self.original).map_err(disk)?;
        self.progress
            .begin("building it as it is once more, to see what differs by itself");
        build(
            self.engine,
            self.subject,
            &self.workspace,
            self.progress,
            true,
        )?
        .tree()
    }

    /// Builds `variant` after a source file has changed. What fails then is not measured.
    fn rebuild(
        &mut self,
        variant: &Variant,
        changed: Option<&str>,
    ) -> Result<Option<Rebuild>, Error> {
        let Some(path) = changed else {
            return Ok(None);
        };
        self.workspace.put(variant).map_err(disk)?;
        let _changed = self.workspace.change(path).map_err(disk)?;
        self.progress
            .begin(&format!("building it again after a change of {path}"));
        match build(
            self.engine,
            self.subject,
            &self.workspace,
            self.progress,
            false,
        ) {
            Ok(image) => Ok(Some(Rebuild {
                seconds: image.seconds,
                steps_run: image.steps_run(),
                steps: image.steps.len(),
            })),
            Err(Error::Build { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn variant(&self, text: &str, journal: &[Entry]) -> Result<Variant, Error> {
        let others = (self.subject.others)(&engine::additions(journal)).map_err(disk)?;
        Ok(Variant {
            dockerfile: text.to_owned(),
            others,
        })
    }
}

fn build<'e>(
    engine: &'e Engine,
    subject: &Subject<'_>,
    workspace: &Workspace,
    progress: &mut dyn Progress,
    afresh: bool,
) -> Result<Image<'e>, Error> {
    let order = Order {
        context: &workspace.context(),
        dockerfile: &workspace.dockerfile(),
        target: subject.wishes.target.as_deref(),
        arguments: &subject.wishes.arguments,
        afresh,
        builder: None,
    };
    engine.build(&order, &mut |step| progress.step(step))
}

fn figures(image: &Image<'_>, side: &Side, rebuild: Option<Rebuild>) -> Figures {
    Figures {
        bytes: side.bytes(),
        layers: side.inspected.layers,
        user: side.inspected.configuration.user().to_owned(),
        cold_seconds: image.seconds,
        rebuild,
    }
}

/// The files that the rewrites change, before and after.
fn rewritten(
    original: &Variant,
    variant: &Variant,
    subject: &Subject<'_>,
) -> Vec<(Option<Fingerprint>, Fingerprint)> {
    let print = |text: &str| fingerprint(text.as_bytes());
    let others = variant.others.iter().map(|(path, text)| {
        let before = std::fs::read(subject.context.root().join(path)).ok();
        (before.map(|bytes| fingerprint(&bytes)), print(text))
    });
    let dockerfile = (
        Some(print(&original.dockerfile)),
        print(&variant.dockerfile),
    );
    std::iter::once(dockerfile).chain(others).collect()
}

fn disk(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::Interrupted => Error::Interrupted,
        _ => Error::Engine(format!("the build context cannot be copied: {error}")),
    }
}

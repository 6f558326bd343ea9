//! One file: read, configured, rewritten.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use dfopt::context::BuildContext;
use dfopt::engine::{self, Options};
use dfopt::prove::workspace::source_to_change;
use dfopt::report::{Companion, FileReport, NamedContext, Pictures, Problem};
use dfopt::syntax::{self, Dockerfile, SyntaxError};
use dfopt::transform::Addition;

use crate::built_from::{Place, open_context};
use crate::config::{Config, Settings};
use crate::discover::Source;
use crate::job::Job;
use crate::proving::Proven;

/// How many rejections of one file are listed: a file of garbage has one on every line.
const MOST_REJECTIONS: usize = 50;

/// What becomes of `source`. Nothing is written yet, and whatever goes wrong is in the report.
pub(crate) fn rewrite(source: &Source, job: &Job<'_>) -> FileReport {
    let mut report = FileReport {
        path: source.name(),
        diff_path: source.diff_name(),
        ..FileReport::default()
    };
    match source.read() {
        Ok(text) => report.source = text,
        Err(problem) => report.problems.push(problem),
    }
    if report.problems.is_empty() {
        let text = report.source.clone();
        let file = syntax::parse(&text);
        report.problems = rejections(&file);
        if report.problems.is_empty() {
            match optimize(source, &file, &mut report, job) {
                Ok(()) => return report,
                Err(error) => report.problems.push(Problem::new(format!("{error:#}"))),
            }
        }
    }
    report.outcome.text.clone_from(&report.source);
    report
}

/// Rewrites `file`, and puts into `report` what came of it.
fn optimize(
    source: &Source,
    file: &Dockerfile<'_>,
    report: &mut FileReport,
    job: &Job<'_>,
) -> Result<()> {
    let setup = Setup::new(source, file, job)?;
    let (text, options) = (file.text(), setup.options());
    let Proven {
        mut outcome,
        proof,
        mut problems,
    } = match (&job.prover, &job.asker) {
        (Some(prover), _) => prover.prove(source, text, &setup)?,
        (None, Some(asker)) => {
            Proven::without_builds(asker.choose(&report.path, text, &options)?)
        }
        (None, None) => Proven::without_builds(engine::optimize_file(file, &options)),
    };
    if let Some(pinner) = &job.pinner {
        problems.extend(pinner.pin(&mut outcome, &options));
    }
    report.companions = setup.companions(outcome.additions())?;
    report.context.clone_from(&setup.named);
    report.problems = outcome.defects.iter().map(defect).collect();
    report.problems.extend(problems);
    report.proof = proof;
    report.outcome = outcome;
    if job.args.is_review() {
        report.pictures = Some(setup.pictures(report));
    }
    Ok(())
}

/// What is known of a text before it is rewritten: the settings for it, and the files around it.
pub(crate) struct Setup<'j> {
    job: &'j Job<'j>,
    config: Arc<Config>,
    settings: Settings,
    root: Option<PathBuf>,
    context: Option<BuildContext>,
    named: Option<NamedContext>,
}

impl<'j> Setup<'j> {
    /// For `file`, which `source` holds, and which need not be what is on the disk.
    ///
    /// # Errors
    /// When the configuration or the build context cannot be read.
    pub(crate) fn new(source: &Source, file: &Dockerfile<'_>, job: &'j Job<'_>) -> Result<Self> {
        let config = job.configs.for_source(source)?;
        let settings = config.settings(job.args, source)?;
        let place = Place {
            source,
            file,
            disk: &job.disk,
            knowledge: config.knowledge(),
        };
        let (root, named) = place.context_root(settings.context.as_deref())?;
        let context = root
            .as_deref()
            .map(|root| open_context(&job.disk, root, source));
        let is_chosen = settings.context.is_some();
        let context = context.map(|context| match context {
            Ok(context) if is_chosen => Ok(context.chosen()),
            other => other,
        });
        Ok(Self {
            job,
            config,
            settings,
            context: context.transpose()?,
            root,
            named,
        })
    }

    /// What may be done.
    pub(crate) fn options(&self) -> Options<'_> {
        Options {
            transforms: self.settings.transforms.clone(),
            safety: self.settings.safety,
            knowledge: self.config.knowledge(),
            context: self.context.as_ref(),
            without: &[],
            proven_by_builds: false,
        }
    }

    /// The folder of the build context, if there is one.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The layers of the text before and after, for a change of the file that a proof changes as well.
    fn pictures(&self, report: &FileReport) -> Pictures {
        let proven = report
            .proof
            .as_ref()
            .and_then(|proof| proof.changed_file.clone());
        let knowledge = self.config.knowledge();
        let context = self.context.as_ref();
        let chosen = || source_to_change(context?, knowledge);
        let hidden = report.hidden();
        let texts = [&report.source, &report.outcome.text].map(|text| hidden.cover(text));
        let texts = texts.each_ref().map(|text| &**text);
        Pictures::new(texts, proven.or_else(chosen), context, knowledge)
    }

    /// What rewrites need in other files. Either all of it can be added, or none of them is made.
    ///
    /// # Errors
    /// When such a file cannot be read.
    pub(crate) fn companions(&self, additions: Vec<Addition>) -> Result<Vec<Companion>> {
        let mut companions = Vec::new();
        for addition in additions {
            let root = self.root();
            let root =
                root.context("a rewrite adds to a file of the build context, and there is none")?;
            companions.extend(self.job.companions.plan(root, addition)?);
        }
        Ok(companions)
    }
}

/// What BuildKit would reject in `file`: the first error of each place, since the others follow
/// from it. A template has one error, however many of its lines are no instructions.
pub(crate) fn rejections(file: &Dockerfile<'_>) -> Vec<Problem> {
    let errors = file.errors().iter().chain(file.instruction_errors());
    let mut errors: Vec<&SyntaxError> = errors.collect();
    let mut places = HashSet::new();
    errors.retain(|error| places.insert(error.span.start));
    if let Some(error) = errors
        .first()
        .filter(|error| is_templated(file.text(), error))
    {
        return vec![Problem {
            advice: Some(
                "this looks like a template: give dfopt the file that it makes".to_owned(),
            ),
            ..problem(error)
        }];
    }
    let more = errors.len() > MOST_REJECTIONS;
    errors.truncate(MOST_REJECTIONS);
    let mut problems: Vec<Problem> = errors.into_iter().map(problem).collect();
    if more {
        problems.push(Problem::new("there are more mistakes than these"));
    }
    problems
}

fn problem(error: &SyntaxError) -> Problem {
    Problem {
        message: error.message.clone(),
        span: Some(error.span),
        advice: Some(error.advice.clone()),
    }
}

/// Whether the line of `error` holds a mark of the languages that Dockerfiles are generated with.
fn is_templated(text: &str, error: &SyntaxError) -> bool {
    let start = text[..error.span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    ["{{", "{%", "<%"].iter().any(|mark| line.contains(mark))
}

fn defect(defect: &engine::Defect) -> Problem {
    Problem::new(format!("{defect}; the rewrite was dropped"))
        .advise("this is a bug of dfopt: please report it together with the file")
}

//! One file: read, configured, rewritten.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result};
use dfopt::context::BuildContext;
use dfopt::engine::{self, Options, Outcome};
use dfopt::report::{Companion, FileReport, Problem};
use dfopt::syntax::{self, SyntaxError};

use crate::cli::Args;
use crate::config::{Configs, Settings};
use crate::discover::Source;
use crate::files;

/// How many rejections of one file are listed: a file of garbage has one on every line.
const MOST_REJECTIONS: usize = 50;

/// What becomes of `source`. Nothing is written yet, and whatever goes wrong is in the report.
pub(crate) fn rewrite(source: &Source, args: &Args, configs: &mut Configs) -> FileReport {
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
        report.problems = rejections(&report.source);
    }
    if report.problems.is_empty() {
        match optimize(source, &report.source, args, configs) {
            Ok((outcome, companions)) => {
                report.problems = outcome.defects.iter().map(defect).collect();
                report.outcome = outcome;
                report.companions = companions;
                return report;
            }
            Err(error) => report.problems.push(Problem::new(format!("{error:#}"))),
        }
    }
    report.outcome.text.clone_from(&report.source);
    report
}

/// Rewrites `text`. Either all that the rewrites need in other files can be added, or none is made.
fn optimize(
    source: &Source,
    text: &str,
    args: &Args,
    configs: &mut Configs,
) -> Result<(Outcome, Vec<Companion>)> {
    let config = configs.for_source(source)?;
    let settings = config.settings(args, source)?;
    let root = context_root(&settings, source)?;
    let context = root.as_deref().map(|root| open_context(root, source));
    let context = context.transpose()?;
    let outcome = engine::optimize(
        text,
        &Options {
            transforms: settings.transforms,
            safety: settings.safety,
            knowledge: config.knowledge(),
            context: context.as_ref(),
        },
    );
    let mut companions = Vec::new();
    for addition in outcome.additions() {
        let root = root.as_deref();
        let root =
            root.context("a rewrite adds to a file of the build context, and there is none")?;
        companions.extend(files::companion(root, addition)?);
    }
    Ok((outcome, companions))
}

/// What BuildKit would reject in `text`: the first error of each place, since the others follow
/// from it. A template has one error, however many of its lines are no instructions.
fn rejections(text: &str) -> Vec<Problem> {
    let file = syntax::parse(text);
    let instruction_errors = file.instruction_errors();
    let mut errors: Vec<&SyntaxError> = file.errors().iter().chain(&instruction_errors).collect();
    let mut places = HashSet::new();
    errors.retain(|error| places.insert(error.span.start));
    if let Some(error) = errors.first().filter(|error| is_templated(text, error)) {
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

/// The folder of the build context: the one that is named, or else that of the Dockerfile.
fn context_root(settings: &Settings, source: &Source) -> io::Result<Option<PathBuf>> {
    match (&settings.context, source) {
        (Some(folder), _) => absolute(folder).map(Some),
        (None, Source::File(_)) => source.folder().map(Some),
        (None, Source::Stdin) => Ok(None),
    }
}

fn open_context(root: &Path, source: &Source) -> Result<BuildContext> {
    let dockerfile = source.path().map(absolute).transpose()?;
    let context = BuildContext::open(root, dockerfile.as_deref());
    context.with_context(|| format!("the build context {} cannot be opened", files::shown(root)))
}

//! One file: read, configured, rewritten.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result};
use dfopt::context::{BuildContext, Disk};
use dfopt::engine::{self, Options, Outcome};
use dfopt::project;
use dfopt::report::{Companion, FileReport, NamedContext, Problem};
use dfopt::syntax::{self, SyntaxError};

use crate::config::Settings;
use crate::discover::Source;
use crate::files;
use crate::job::Job;

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
        report.problems = rejections(&report.source);
    }
    if report.problems.is_empty() {
        match optimize(source, &report.source, job) {
            Ok(done) => {
                report.problems = done.outcome.defects.iter().map(defect).collect();
                report.outcome = done.outcome;
                report.companions = done.companions;
                report.context = done.context;
                return report;
            }
            Err(error) => report.problems.push(Problem::new(format!("{error:#}"))),
        }
    }
    report.outcome.text.clone_from(&report.source);
    report
}

/// What became of a text.
struct Done {
    outcome: Outcome,
    companions: Vec<Companion>,
    context: Option<NamedContext>,
}

/// Rewrites `text`. Either all that the rewrites need in other files can be added, or none is made.
fn optimize(source: &Source, text: &str, job: &Job<'_>) -> Result<Done> {
    let config = job.configs.for_source(source)?;
    let settings = config.settings(job.args, source)?;
    let (root, named) = context_root(&settings, source, &job.disk)?;
    let context = root
        .as_deref()
        .map(|root| open_context(&job.disk, root, source));
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
        companions.extend(job.companions.plan(root, addition)?);
    }
    Ok(Done {
        outcome,
        companions,
        context: named,
    })
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

/// The folder of the build context: the one that the user names, else the one that the project builds from,
/// else that of the Dockerfile.
fn context_root(
    settings: &Settings,
    source: &Source,
    disk: &Disk,
) -> io::Result<(Option<PathBuf>, Option<NamedContext>)> {
    if let Some(folder) = &settings.context {
        return Ok((Some(absolute(folder)?), None));
    }
    let Some(path) = source.path() else {
        return Ok((None, None));
    };
    let own = source.folder()?;
    let uses = disk.projects().uses_of(&absolute(path)?, None);
    let is_own =
        |used: &project::Use| fs::canonicalize(&used.context).ok() == fs::canonicalize(&own).ok();
    let other = uses.iter().find(|used| used.context.is_dir());
    match other.filter(|_| !uses.iter().any(is_own)) {
        None => Ok((Some(own), None)),
        Some(used) => {
            let named = NamedContext {
                folder: Some(files::shown(&used.context))
                    .filter(|folder| !folder.is_empty())
                    .unwrap_or_else(|| ".".to_owned()),
                by: files::shown(&used.file),
                line: used.line,
            };
            Ok((Some(used.context.clone()), Some(named)))
        }
    }
}

fn open_context(disk: &Disk, root: &Path, source: &Source) -> Result<BuildContext> {
    let dockerfile = source.path().map(absolute).transpose()?;
    let context = BuildContext::open_in(disk, root, dockerfile.as_deref());
    context.with_context(|| format!("the build context {} cannot be opened", files::shown(root)))
}

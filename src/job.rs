//! What is done for one file, by any thread.

use std::io;
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Context, Result};
use dfopt::context::Disk;
use dfopt::prove::interrupt;
use dfopt::report::{self, Companion, FileReport, Palette, Problem, Reporter, Summary};

use crate::cli::Args;
use crate::companions::Companions;
use crate::config::Configs;
use crate::discover::Source;
use crate::interactive::Asker;
use crate::pinning::Pinner;
use crate::proving::Prover;
use crate::rewrite::rewrite;
use crate::write::Writer;

/// What the threads of a run share.
pub(crate) struct Job<'a> {
    pub(crate) args: &'a Args,
    pub(crate) configs: Configs,
    pub(crate) disk: Disk,
    pub(crate) companions: Companions,
    /// Who asks about each rewrite, if somebody does.
    pub(crate) asker: Option<Asker>,
    /// What proves, when proofs are wanted.
    pub(crate) prover: Option<Prover>,
    /// What asks registries, when digests are wanted.
    pub(crate) pinner: Option<Pinner>,
    reporter: Option<&'a dyn Reporter>,
    /// The colours of messages.
    palette: Palette,
    writer: Writer,
}

/// What is left of a file when it is done: what is to be printed, and what counts.
#[derive(Default)]
pub(crate) struct Done {
    /// For standard output.
    pub(crate) report: Vec<u8>,
    /// For standard error.
    pub(crate) messages: Vec<u8>,
    pub(crate) summary: Summary,
    pub(crate) companions: Vec<Companion>,
}

impl Done {
    /// What `report` comes to. Without a reporter, the rewritten text goes to standard output.
    pub(crate) fn new(
        report: &FileReport,
        reporter: Option<&dyn Reporter>,
        palette: &Palette,
    ) -> io::Result<Self> {
        let mut done = Self {
            summary: Summary::from(report),
            companions: report.companions.clone(),
            ..Self::default()
        };
        match reporter {
            Some(reporter) => reporter.file(&mut done.report, report)?,
            // An editor that ignores exit codes must not take a rejected file for the result.
            None if !report.problems.is_empty() && !report.is_changed() => {}
            None => done.report.extend(report.outcome.text.as_bytes()),
        }
        for problem in &report.problems {
            let (path, source) = (&report.path, &report.source);
            report::write_problem(&mut done.messages, palette, path, source, problem)?;
        }
        Ok(done)
    }
}

impl<'a> Job<'a> {
    /// The job that `args` describe.
    ///
    /// # Errors
    /// When the configuration that they name cannot be read, or there is no engine for proofs.
    pub(crate) fn new(args: &'a Args, reporter: Option<&'a dyn Reporter>) -> Result<Self> {
        Ok(Self {
            args,
            configs: Configs::new(args.config.as_deref())?,
            disk: Disk::new(),
            companions: Companions::default(),
            asker: args.interactive.then(|| Asker::new(args.output_palette())),
            prover: args.prove.then(|| Prover::new(args)).transpose()?,
            pinner: args.pin_digests.then(Pinner::new),
            reporter,
            palette: args.error_palette(),
            writer: Writer::new(args.backup.clone()),
        })
    }

    /// Does everything for one file. Whatever goes wrong, even within dfopt, stays with this file.
    pub(crate) fn file(&self, source: &Source) -> Done {
        if interrupt::has_come() {
            return Done::default();
        }
        let attempt = panic::catch_unwind(AssertUnwindSafe(|| {
            let mut report = rewrite(source, self);
            if self.args.write {
                self.write(source, &mut report);
            }
            self.done(&report)
        }));
        attempt.unwrap_or_else(|_| {
            let problem = Problem::new("dfopt failed on this file, and left it as it is")
                .advise("this is a bug of dfopt: please report it together with the file");
            self.done(&FileReport {
                path: source.name(),
                problems: vec![problem],
                ..FileReport::default()
            })
        })
    }

    fn done(&self, report: &FileReport) -> Done {
        // Writing to memory does not fail.
        Done::new(report, self.reporter, &self.palette).unwrap_or_default()
    }

    /// Puts the result in its place. What cannot be written becomes a problem of the report.
    fn write(&self, source: &Source, report: &mut FileReport) {
        if let Err(error) = self.try_write(source, report) {
            report.problems.push(Problem::new(format!("{error:#}")));
        }
    }

    /// What goes into other files is written first: alone it does no harm, and the rewrite needs it.
    fn try_write(&self, source: &Source, report: &FileReport) -> Result<()> {
        let Some(path) = source.path() else {
            return Ok(());
        };
        for companion in &report.companions {
            let written = self.companions.write(companion, &self.writer);
            written.with_context(|| companion.diff_path.clone())?;
        }
        if report.outcome.text == report.source {
            return Ok(());
        }
        self.writer
            .replace(path, &report.source, &report.outcome.text)
    }
}

//! One run: read, rewrite, report, write, a file at a time.

use std::io::{self, BufWriter, StdoutLock, Write};

use anyhow::{Result, ensure};
use dfopt::context::Folders;
use dfopt::report::{self, Companion, Diff, FileReport, Json, Problem, Reporter, Summary, Text};

use crate::cli::{Args, Format};
use crate::config::Configs;
use crate::discover::{self, Source};
use crate::{rewrite, select, show, write};

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// All is well.
    Fine,
    /// `--check` found something to change.
    WouldChange,
    /// Something went wrong with a file.
    Failed,
}

/// Does what `args` ask for.
pub(crate) fn run(args: &Args) -> Result<Verdict> {
    if args.list {
        show::list()?;
        return Ok(Verdict::Fine);
    }
    if let Some(id) = &args.explain {
        show::explain(select::by_id(id)?.info().doc)?;
        return Ok(Verdict::Fine);
    }
    for id in args.only.iter().chain(&args.skip) {
        select::by_id(id)?;
    }
    let found = discover::find(&args.paths);
    if args.dump_ast {
        return Ok(show::dump(args, &found)?);
    }
    let filters = args.write && found.sources.contains(&Source::Stdin);
    ensure!(
        !filters || (args.paths.len() == 1 && args.format == Format::Text),
        "`--write -` prints the rewritten file and nothing else: give no other path and no --format"
    );
    let mut run = Run::new(args, filters)?;
    run.report_search(&found)?;
    for source in &found.sources {
        run.file(source)?;
    }
    run.finish()
}

/// A run that is under way.
struct Run<'a> {
    args: &'a Args,
    configs: Configs,
    folders: Folders,
    /// `None` when standard output takes the rewritten file.
    reporter: Option<Box<dyn Reporter>>,
    summary: Summary,
    out: BufWriter<StdoutLock<'static>>,
}

impl<'a> Run<'a> {
    fn new(args: &'a Args, filters: bool) -> Result<Self> {
        let configs = Configs::new(args.config.as_deref())?;
        let mut out = BufWriter::new(io::stdout().lock());
        let mut reporter = (!filters).then(|| reporter(args));
        if let Some(reporter) = &mut reporter {
            reporter.start(&mut out)?;
        }
        Ok(Self {
            args,
            configs,
            folders: Folders::new(),
            reporter,
            summary: Summary::default(),
            out,
        })
    }

    /// Says which of the paths that were given could not be searched.
    fn report_search(&mut self, found: &discover::Found) -> Result<()> {
        for (path, problem) in &found.errors {
            let problems = vec![problem.clone()];
            let report = FileReport {
                path: path.clone(),
                problems,
                ..FileReport::default()
            };
            self.report(&report)?;
        }
        for folder in &found.barren {
            self.say(|out| {
                writeln!(
                    out,
                    "warning: there is no Dockerfile in {}",
                    folder.display()
                )
            })?;
        }
        Ok(())
    }

    /// Does everything for one file.
    fn file(&mut self, source: &Source) -> Result<()> {
        let mut report = rewrite::rewrite(source, self.args, &mut self.configs, &self.folders);
        if self.args.write {
            self.write(source, &mut report)?;
        }
        self.report(&report)
    }

    /// Puts the result in its place. What cannot be written becomes a problem of the report.
    fn write(&mut self, source: &Source, report: &mut FileReport) -> io::Result<()> {
        match source {
            Source::File(path) => {
                if let Err(error) = write::result(path, report) {
                    report.problems.push(Problem::new(format!("{error:#}")));
                }
                Ok(())
            }
            // An editor that ignores exit codes must not take a rejected file for the result.
            Source::Stdin if !report.problems.is_empty() && !report.is_changed() => Ok(()),
            Source::Stdin => {
                self.out.write_all(report.outcome.text.as_bytes())?;
                let mut companions = report.companions.iter();
                companions.try_for_each(|companion| self.ask_for(companion))
            }
        }
    }

    /// A filter writes no files: says what the user must add elsewhere.
    fn ask_for(&mut self, companion: &Companion) -> io::Result<()> {
        let lines = companion.lines.join(", ");
        self.say(|out| {
            writeln!(
                out,
                "warning: the result needs these lines in {}: {lines}",
                companion.diff_path
            )
        })
    }

    fn report(&mut self, report: &FileReport) -> Result<()> {
        self.summary += report;
        if let Some(reporter) = &mut self.reporter {
            reporter.file(&mut self.out, report)?;
        }
        let palette = self.args.error_palette();
        for problem in &report.problems {
            self.say(|out| {
                report::write_problem(out, &palette, &report.path, &report.source, problem)
            })?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Verdict> {
        let Some(reporter) = &mut self.reporter else {
            self.out.flush()?;
            return Ok(self.verdict());
        };
        reporter.finish(&mut self.out, &self.summary)?;
        self.out.flush()?;
        if !self.args.quiet && self.args.format == Format::Text {
            let (palette, summary) = (self.args.error_palette(), self.summary);
            let written = self.args.write;
            self.say(|out| report::write_summary(out, &palette, &summary, written))?;
        }
        Ok(self.verdict())
    }

    fn verdict(&self) -> Verdict {
        match self.summary {
            Summary { errors: 1.., .. } => Verdict::Failed,
            Summary { changed: 1.., .. } if self.args.check => Verdict::WouldChange,
            _ => Verdict::Fine,
        }
    }

    /// Writes to standard error, behind all that has gone to standard output.
    fn say(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.out.flush()?;
        // Standard error may be closed: that takes nothing from the result.
        let _ = write(&mut io::stderr().lock());
        Ok(())
    }
}

fn reporter(args: &Args) -> Box<dyn Reporter> {
    match (args.diff, args.format) {
        (true, _) => Box::new(Diff::new(args.output_palette())),
        (false, Format::Json) => Box::new(Json::default()),
        (false, Format::Text) => Box::new(Text {
            palette: args.output_palette(),
            detail: args.detail(),
        }),
    }
}

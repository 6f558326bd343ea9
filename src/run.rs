//! One run: files are read, rewritten, written and reported, several at a time.

use std::io::{self, BufWriter, StdoutLock, Write};

use anyhow::{Result, ensure};
use dfopt::prove::interrupt;
use dfopt::report::{
    self, Companion, Diff, FileReport, GitHub, Html, Json, Palette, Rdjson, Reporter, Review,
    Sarif, Summary, Text, Totals,
};

use crate::cli::{Args, Command, Format};
use crate::discover::{self, Found, Source};
use crate::job::{Done, Job};
use crate::progress::Progress;
use crate::{lsp, parallel, select, show};

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// All is well.
    Fine,
    /// `--check` found something to change.
    WouldChange,
    /// Something went wrong with a file.
    Failed,
    /// The user has interrupted a proof.
    Interrupted,
}

/// Does what `args` ask for.
pub(crate) fn run(args: &Args) -> Result<Verdict> {
    if args.list {
        show::list()?;
    } else if let Some(shell) = args.completions {
        show::completions(shell)?;
    } else if args.man {
        show::man_page()?;
    } else if let Some(id) = &args.explain {
        show::explain(select::by_id(id)?.info().doc)?;
    } else {
        return work(args);
    }
    Ok(Verdict::Fine)
}

/// Does what `args` ask for with files.
fn work(args: &Args) -> Result<Verdict> {
    for id in args.only.iter().chain(&args.skip) {
        select::by_id(id)?;
    }
    if let Some(Command::Lsp { .. }) = args.command {
        lsp::serve(args)?;
        return Ok(Verdict::Fine);
    }
    let found = discover::find(args)?;
    if args.dump_ast {
        return Ok(show::dump(args, &found)?);
    }
    let filters = args.write && found.sources.contains(&Source::Stdin);
    check(args, &found, filters)?;
    let reporter = if filters { None } else { Some(reporter(args)) };
    optimize(args, &found, reporter.as_deref())
}

/// Makes sure that the options contradict neither each other nor what was found. With `filters`, standard input is rewritten
/// to standard output.
fn check(args: &Args, found: &Found, filters: bool) -> Result<()> {
    ensure!(
        !filters || (found.sources.len() == 1 && args.format == Format::Text),
        "`--write -` prints the rewritten file and nothing else: give no other path and no --format"
    );
    let uses_stdin = filters
        || args
            .files_from
            .as_deref()
            .is_some_and(|list| list.as_os_str() == "-");
    ensure!(
        !args.interactive || !uses_stdin,
        "--interactive takes its answers from standard input: name the files"
    );
    ensure!(
        !(args.prove && found.sources.contains(&Source::Stdin)),
        "--prove builds files in their build context, and standard input has none"
    );
    ensure!(
        !args.report || matches!(args.format, Format::Text | Format::Html),
        "--report is for people: give it --format text or html"
    );
    Ok(())
}

/// Rewrites what was found. Without a reporter, standard output takes the rewritten text.
fn optimize(args: &Args, found: &Found, reporter: Option<&dyn Reporter>) -> Result<Verdict> {
    let job = Job::new(args, reporter)?;
    let mut output = Output::new(args, reporter, found.sources.len());
    output.start(found)?;
    parallel::in_order(
        &found.sources,
        args.jobs(),
        |source| job.file(source),
        |done| output.take(done),
    )?;
    output.finish()
}

/// Where all that is said goes, file by file.
struct Output<'a> {
    args: &'a Args,
    palette: Palette,
    reporter: Option<&'a dyn Reporter>,
    totals: Totals,
    progress: Progress,
    /// Whether something has been written of a file.
    began: bool,
    out: BufWriter<StdoutLock<'static>>,
}

impl<'a> Output<'a> {
    fn new(args: &'a Args, reporter: Option<&'a dyn Reporter>, files: usize) -> Self {
        Self {
            args,
            palette: args.error_palette(),
            reporter,
            totals: Totals::default(),
            progress: Progress::new(files, !args.quiet && !args.prove),
            began: false,
            out: BufWriter::new(io::stdout().lock()),
        }
    }

    /// Begins the report, and says which of the paths that were given could not be searched.
    fn start(&mut self, found: &Found) -> Result<()> {
        if let Some(reporter) = self.reporter {
            reporter.start(&mut self.out)?;
        }
        for (path, problem) in &found.errors {
            let report = FileReport {
                path: path.clone(),
                problems: vec![problem.clone()],
                ..FileReport::default()
            };
            self.take(Done::new(&report, self.reporter, &self.palette)?)?;
        }
        for folder in &found.barren {
            let folder = folder.display();
            self.say(|out| writeln!(out, "warning: there is no Dockerfile in {folder}"))?;
        }
        Ok(())
    }

    /// Passes on what one file came to.
    fn take(&mut self, done: Done) -> Result<()> {
        self.totals.add(done.summary, done.companions);
        self.progress.step();
        let Self { out, progress, .. } = self;
        if !done.report.is_empty() {
            let separator = self.reporter.filter(|_| self.began);
            let separator = separator.map_or("", Reporter::separator);
            progress.aside(|| {
                out.write_all(separator.as_bytes())?;
                out.write_all(&done.report)
            })?;
            self.began = true;
        }
        if !done.messages.is_empty() {
            self.say(|out| out.write_all(&done.messages))?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Verdict> {
        self.progress.finish();
        let Some(reporter) = self.reporter else {
            let companions = std::mem::take(&mut self.totals.companions);
            companions
                .iter()
                .try_for_each(|companion| self.ask_for(companion))?;
            self.out.flush()?;
            return Ok(self.verdict());
        };
        reporter.finish(&mut self.out, &self.totals)?;
        self.out.flush()?;
        if !self.args.quiet && self.args.format == Format::Text {
            let (palette, summary) = (self.palette, self.totals.summary);
            let written = self.args.write;
            self.say(|out| report::write_summary(out, &palette, &summary, written))?;
        }
        Ok(self.verdict())
    }

    /// A filter writes no files: says what the user must add elsewhere.
    fn ask_for(&mut self, companion: &Companion) -> io::Result<()> {
        let (path, lines) = (&companion.diff_path, companion.lines.join(", "));
        self.say(|out| {
            writeln!(
                out,
                "warning: the result needs these lines in {path}: {lines}"
            )
        })
    }

    fn verdict(&self) -> Verdict {
        match self.totals.summary {
            _ if interrupt::has_come() => Verdict::Interrupted,
            Summary { errors: 1.., .. } => Verdict::Failed,
            Summary { changed: 1.., .. } if self.args.check => Verdict::WouldChange,
            _ => Verdict::Fine,
        }
    }

    /// Writes to standard error, behind all that has gone to standard output.
    fn say(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.out.flush()?;
        // Standard error may be closed: that takes nothing from the result.
        let _ = self.progress.aside(|| write(&mut io::stderr().lock()));
        Ok(())
    }
}

fn reporter(args: &Args) -> Box<dyn Reporter> {
    let (palette, detail) = (args.output_palette(), args.detail());
    match args.format {
        _ if args.interactive => Box::new(Nothing),
        _ if args.diff => Box::new(Diff { palette }),
        Format::Html => Box::new(Html),
        _ if args.report => Box::new(Review { palette }),
        Format::Text => Box::new(Text { palette, detail }),
        Format::Json => Box::new(Json),
        Format::Sarif => Box::new(Sarif { detail }),
        Format::Github => Box::new(GitHub { detail }),
        Format::Rdjson => Box::new(Rdjson { detail }),
    }
}

/// All has been said already.
struct Nothing;

impl Reporter for Nothing {
    fn file(&self, _out: &mut dyn Write, _report: &FileReport) -> io::Result<()> {
        Ok(())
    }
}

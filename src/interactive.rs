//! `--interactive`: each rewrite is shown and asked about before anything is written.
//!
//! A rewrite is made or left as a whole, because half of one may be no Dockerfile. When one is left, those behind it are
//! planned anew, since they may have built on it.

use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use dfopt::engine::{self, Options, Outcome, Unwanted};
use dfopt::report::{Detail, FileReport, Palette, Text, covered};

/// What can be answered.
const HELP: &str = "\
y - make this rewrite
n - leave it
a - make it and all that are left in this file
d - leave it and all that are left in this file
q - leave it and all that are left, and stop
? - print this help
";

/// Asks on standard output, and takes the answers from standard input.
pub(crate) struct Asker {
    text: Text,
    /// Whether all that is left stays as it is.
    has_quit: AtomicBool,
}

/// What becomes of a rewrite.
enum Answer {
    Make,
    Leave,
    MakeAll,
    LeaveAll,
}

impl Asker {
    /// One that asks in these colours.
    pub(crate) fn new(palette: Palette) -> Self {
        let detail = Detail::Normal;
        Self {
            text: Text { palette, detail },
            has_quit: AtomicBool::new(false),
        }
    }

    /// The rewrites of the file at `path` that the user wants, and no others.
    ///
    /// # Errors
    /// When nothing can be asked.
    pub(crate) fn choose(&self, path: &str, text: &str, options: &Options<'_>) -> Result<Outcome> {
        let mut unwanted = options.without.to_vec();
        let mut wanted = 0;
        loop {
            let mut report = planned(path, text, options, &unwanted);
            let Some(entry) = report.outcome.journal.get(wanted) else {
                return Ok(report.outcome);
            };
            let name = Unwanted {
                id: entry.id,
                message: entry.rewrite.message.clone(),
            };
            match self.ask(&report, wanted)? {
                Answer::Make => wanted += 1,
                Answer::MakeAll => return Ok(report.outcome),
                Answer::Leave if !is_made(&report.outcome, wanted, &name) => unwanted.push(name),
                // To plan without a name that is among the wanted ones would take those back as well.
                Answer::Leave | Answer::LeaveAll => {
                    report.outcome.keep(wanted);
                    return Ok(report.outcome);
                }
            }
        }
    }

    fn ask(&self, report: &FileReport, nth: usize) -> Result<Answer> {
        if self.has_quit.load(Ordering::Relaxed) {
            return Ok(Answer::LeaveAll);
        }
        let mut out = io::stdout().lock();
        self.show(&mut out, report, nth)?;
        loop {
            write!(out, "Make this rewrite [y,n,a,d,q,?]? ")?;
            out.flush()?;
            let mut answer = String::new();
            let is_end = io::stdin().lock().read_line(&mut answer)? == 0;
            match answer.trim() {
                _ if is_end => writeln!(out)?,
                "y" => return Ok(Answer::Make),
                "n" => return Ok(Answer::Leave),
                "a" => return Ok(Answer::MakeAll),
                "d" => return Ok(Answer::LeaveAll),
                "q" => {}
                _ => {
                    out.write_all(HELP.as_bytes())?;
                    continue;
                }
            }
            self.has_quit.store(true, Ordering::Relaxed);
            return Ok(Answer::LeaveAll);
        }
    }

    /// The rewrite in words, and what it changes.
    fn show(&self, out: &mut dyn Write, report: &FileReport, nth: usize) -> io::Result<()> {
        writeln!(out)?;
        self.text.rewrite(out, report, nth)?;
        let (before, after) = (report.text_after(nth), report.text_after(nth + 1));
        let (palette, hidden) = (&self.text.palette, report.hidden());
        covered(out, palette, &report.path, (before, after), &hidden)
    }
}

/// What would become of the file if nothing else were unwanted.
fn planned(path: &str, text: &str, options: &Options<'_>, unwanted: &[Unwanted]) -> FileReport {
    let options = Options {
        without: unwanted,
        ..options.clone()
    };
    FileReport {
        path: path.to_owned(),
        source: text.to_owned(),
        outcome: engine::optimize(text, &options),
        ..FileReport::default()
    }
}

/// Whether a rewrite of this name is among the first `made`.
fn is_made(outcome: &Outcome, made: usize, other: &Unwanted) -> bool {
    let mut entries = outcome.journal[..made].iter();
    entries.any(|entry| entry.id == other.id && entry.rewrite.message == other.message)
}

//! The review in words.

use std::io::{self, Write};

use super::{Picture, Step, by_worth, difference, gain, left, saving};
use crate::analysis::rebuild::Fate;
use crate::report::messages::count;
use crate::report::table;
use crate::report::{FileReport, Palette, Reporter};

/// The width of the names of gains and of what becomes of a step.
const COLUMN: usize = 10;

/// The most characters of a step that are shown in a line.
const MOST_CHARACTERS: usize = 90;

/// Writes the review of every file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Review {
    /// The colours.
    pub palette: Palette,
}

impl Reporter for Review {
    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let mut review = Vec::new();
        self.write(&mut review, report)?;
        let review = String::from_utf8_lossy(&review);
        out.write_all(report.hidden().cover(&review).as_bytes())
    }

    fn separator(&self) -> &'static str {
        "\n"
    }
}

impl Review {
    fn write(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        if !report.problems.is_empty() && report.outcome.journal.is_empty() {
            return Ok(());
        }
        let Palette { path, .. } = self.palette;
        writeln!(out, "{path}{}{path:#}", report.path)?;
        self.write_rewrites(out, report)?;
        self.write_pictures(out, report)?;
        if let Some(proof) = &report.proof {
            writeln!(out, "\n  What builds have shown")?;
            table::write(out, &self.palette, &report.path, proof)?;
        }
        self.write_left(out, report)
    }

    fn write_rewrites(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let journal = &report.outcome.journal;
        if journal.is_empty() {
            return writeln!(out, "\n  There is nothing that dfopt would change.");
        }
        writeln!(out, "\n  {}", count(journal.len(), "rewrite", "rewrites"))?;
        for nth in by_worth(report) {
            let entry = &journal[nth];
            let rewrite = &entry.rewrite;
            let saved = saving(report, nth).map(|saved| format!("  {}", difference(saved)));
            self.write_entry(
                out,
                entry.id,
                &format!("[{}]", rewrite.safety()),
                &at_line(report, nth, rewrite.site.start, &rewrite.message),
                &saved.unwrap_or_default(),
            )?;
            let mut assumed = rewrite.assumes.iter();
            assumed.try_for_each(|assumption| {
                writeln!(out, "    {:COLUMN$}  assumes {assumption}", "")
            })?;
        }
        Ok(())
    }

    fn write_left(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let left = left(report);
        if left.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n  Left for you, what matters most first")?;
        let made = report.outcome.journal.len();
        for one in &left {
            let needs = one.needs().map(|safety| format!("[--safety {safety}]"));
            let message = at_line(report, made, one.start(), one.message());
            let tag = needs.unwrap_or_else(|| format!("[{}]", one.rule()));
            self.write_entry(out, one.id(), &tag, &message, "")?;
        }
        Ok(())
    }

    /// `    size        merge-apt [safe] line 4: …  -20.1 MB`
    fn write_entry(
        &self,
        out: &mut dyn Write,
        id: &str,
        tag: &str,
        message: &str,
        saved: &str,
    ) -> io::Result<()> {
        let Palette {
            id: bold,
            faint,
            good,
            ..
        } = self.palette;
        let gain = gain(id).to_string();
        let name = match tag.starts_with(&format!("[{id}/")) {
            true => String::new(),
            false => format!("{bold}{id}{bold:#} "),
        };
        writeln!(
            out,
            "    {faint}{gain:COLUMN$}{faint:#}  {name}{tag} {message}{good}{saved}{good:#}"
        )
    }

    fn write_pictures(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let Some(pictures) = &report.pictures else {
            return Ok(());
        };
        let what = pictures.changed_file.as_deref().unwrap_or("the source");
        writeln!(out, "\n  Steps that run again after a change of {what}")?;
        if !report.is_changed() {
            return self.write_picture(out, "", &pictures.before);
        }
        self.write_picture(out, "before: ", &pictures.before)?;
        self.write_picture(out, "after: ", &pictures.after)
    }

    fn write_picture(&self, out: &mut dyn Write, name: &str, picture: &Picture) -> io::Result<()> {
        let (again, steps) = picture.count();
        writeln!(out, "    {name}{again} of {steps}")?;
        for stage in &picture.stages {
            let note = if stage.is_shipped {
                ""
            } else {
                "  (not shipped)"
            };
            let path = self.palette.path;
            writeln!(out, "      {path}{}{path:#}{note}", stage.from)?;
            stage
                .steps
                .iter()
                .try_for_each(|step| self.write_step(out, step))?;
        }
        Ok(())
    }

    fn write_step(&self, out: &mut dyn Write, step: &Step) -> io::Result<()> {
        let (style, word) = match step.fate {
            Fate::Cached => (self.palette.good, "cached"),
            Fate::Again => (self.palette.bad, "again"),
            Fate::NotBuilt => (self.palette.faint, "not built"),
        };
        let text: String = step.text.chars().take(MOST_CHARACTERS).collect();
        writeln!(out, "        {style}{word:COLUMN$}{style:#}{text}")
    }
}

/// The message with the line of the user's file in front.
fn at_line(report: &FileReport, made: usize, offset: usize, message: &str) -> String {
    let line = report.locate(made, offset).position.line;
    format!("line {line}: {message}")
}

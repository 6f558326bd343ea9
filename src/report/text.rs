//! The report for people: what, why, what is taken for granted, what was left alone.
//!
//! Every rewrite and every refusal begins with `file:line:column:`, so that terminals and editors
//! can jump to it.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anstyle::Style;

use super::excerpt::{Excerpt, Position};
use super::messages::count;
use super::style::Palette;
use super::table;
use super::{FileReport, Hidden, Origin, Reporter};
use crate::syntax::Span;
use crate::transform::{Evidence, Place, Refusal, Rewrite};

/// Writes words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text {
    /// The colours.
    pub palette: Palette,
    /// How much is said.
    pub detail: Detail,
}

/// How much a report says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Detail {
    /// One line a rewrite.
    Brief,
    /// Rewrites with their reasons, one line a refusal.
    #[default]
    Normal,
    /// Refusals with their reasons as well, what was withheld, and files without a change.
    Full,
}

impl Reporter for Text {
    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let view = View::new(self, report);
        match self.detail {
            Detail::Brief => view.write_brief(out),
            Detail::Normal => view.write(out, false),
            Detail::Full => view.write(out, true),
        }?;
        match &report.proof {
            Some(proof) => table::write(out, &self.palette, &report.path, proof),
            None => Ok(()),
        }
    }
}

impl Text {
    /// Writes what the rewrite does that `made` others have been made before, and why.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn rewrite(&self, out: &mut dyn Write, report: &FileReport, made: usize) -> io::Result<()> {
        let Some(entry) = report.outcome.journal.get(made) else {
            return Ok(());
        };
        let view = View::new(self, report);
        view.write_rewrite_line(out, made, entry.id, &entry.rewrite, "")?;
        view.write_rewrite_reasons(out, made, &entry.rewrite)
    }
}

/// The width of the numbers beside an excerpt: the same for the whole file.
pub(super) fn margin(source: &str) -> usize {
    source.lines().count().max(1).ilog10() as usize + 2
}

/// One file, as it is written.
struct View<'a> {
    report: &'a FileReport,
    palette: Palette,
    margin: usize,
    hidden: Hidden,
}

impl<'r> View<'r> {
    fn new(text: &Text, report: &'r FileReport) -> Self {
        Self {
            report,
            palette: text.palette,
            margin: margin(&report.source),
            hidden: report.hidden(),
        }
    }

    fn write_brief(&self, out: &mut dyn Write) -> io::Result<()> {
        for (nth, entry) in self.report.outcome.journal.iter().enumerate() {
            self.write_rewrite_line(out, nth, entry.id, &entry.rewrite, "")?;
        }
        Ok(())
    }

    fn write(&self, out: &mut dyn Write, full: bool) -> io::Result<()> {
        let outcome = &self.report.outcome;
        if !full && outcome.journal.is_empty() && outcome.refusals.is_empty() {
            return Ok(());
        }
        self.write_heading(out)?;
        for (nth, entry) in outcome.journal.iter().enumerate() {
            self.write_rewrite_line(out, nth, entry.id, &entry.rewrite, "")?;
            self.write_rewrite_reasons(out, nth, &entry.rewrite)?;
            writeln!(out)?;
        }
        let last = outcome.journal.len();
        for refused in &outcome.refusals {
            self.write_refusal(out, refused.id, &refused.refusal, full)?;
        }
        for withheld in outcome.withheld.iter().filter(|_| full) {
            self.write_rewrite_line(out, last, withheld.id, &withheld.rewrite, ", withheld")?;
            self.write_rewrite_reasons(out, last, &withheld.rewrite)?;
            writeln!(out)?;
        }
        if !full && !outcome.refusals.is_empty() {
            writeln!(out)?;
        }
        Ok(())
    }

    /// `Dockerfile  3 rewrites, 1 refusal, 1 withheld (--safety unsafe)`
    fn write_heading(&self, out: &mut dyn Write) -> io::Result<()> {
        let outcome = &self.report.outcome;
        let mut parts = vec![count(outcome.journal.len(), "rewrite", "rewrites")];
        if !outcome.refusals.is_empty() {
            parts.push(count(outcome.refusals.len(), "refusal", "refusals"));
        }
        if let Some(needed) = outcome
            .withheld
            .iter()
            .map(|withheld| withheld.rewrite.safety())
            .max()
        {
            parts.push(format!(
                "{} withheld (--safety {needed})",
                outcome.withheld.len()
            ));
        }
        let Palette { path, faint, .. } = self.palette;
        writeln!(
            out,
            "{path}{}{path:#}  {faint}{}{faint:#}",
            self.report.path,
            parts.join(", ")
        )?;
        self.write_context(out)
    }

    /// `build context .., as compose.yaml:4 says`
    fn write_context(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(context) = &self.report.context else {
            return Ok(());
        };
        let line = context
            .line
            .map_or(String::new(), |line| format!(":{line}"));
        let (folder, by) = (&context.folder, &context.by);
        writeln!(out, "build context {folder}, as {by}{line} says")
    }

    fn write_rewrite_line(
        &self,
        out: &mut dyn Write,
        made: usize,
        id: &str,
        rewrite: &Rewrite,
        note: &str,
    ) -> io::Result<()> {
        let safety = rewrite.safety();
        let tag = Tag {
            text: format_args!("{safety}{note}"),
            style: self.palette.safety(safety),
        };
        self.write_line(
            out,
            self.report.locate(made, rewrite.site.start),
            &id,
            tag,
            &rewrite.message,
        )
    }

    fn write_rewrite_reasons(
        &self,
        out: &mut dyn Write,
        made: usize,
        rewrite: &Rewrite,
    ) -> io::Result<()> {
        self.write_excerpt(
            out,
            made,
            rewrite.site,
            self.palette.safety(rewrite.safety()),
        )?;
        self.write_because(out, made, &rewrite.because)?;
        for assumption in &rewrite.assumes {
            self.write_note(out, "assumes", self.palette.caution, assumption)?;
        }
        for addition in &rewrite.additions {
            let added = format_args!("{}: {}", addition.path, addition.lines.join(", "));
            self.write_note(out, "adds to", self.palette.gutter, &added)?;
        }
        Ok(())
    }

    fn write_refusal(
        &self,
        out: &mut dyn Write,
        id: &str,
        refusal: &Refusal,
        full: bool,
    ) -> io::Result<()> {
        let made = self.report.outcome.journal.len();
        let code = format_args!("{id}/{}", refusal.code);
        let tag = Tag {
            text: format_args!("refused"),
            style: self.palette.refused,
        };
        self.write_line(
            out,
            self.report.locate(made, refusal.site.start),
            &code,
            tag,
            &refusal.message,
        )?;
        if full {
            self.write_excerpt(out, made, refusal.site, self.palette.refused)?;
            self.write_because(out, made, &refusal.because)?;
            writeln!(out)?;
        }
        Ok(())
    }

    /// `Dockerfile:5:1: merge-apt [safe] message`
    fn write_line(
        &self,
        out: &mut dyn Write,
        origin: Origin,
        name: &dyn Display,
        tag: Tag<'_>,
        message: &str,
    ) -> io::Result<()> {
        let Palette { path, id, .. } = self.palette;
        let Position { line, column } = origin.position;
        let place = format_args!("{}:{line}:{column}:", self.report.path);
        let message = self.hidden.cover(message);
        writeln!(
            out,
            "{path}{place}{path:#} {id}{name}{id:#} {tag} {message}"
        )
    }

    /// The line that a rewrite saw, under the number that it has in the user's file. A line that an
    /// earlier rewrite wrote has a `+` for a number.
    fn write_excerpt(
        &self,
        out: &mut dyn Write,
        made: usize,
        span: Span,
        caret: Style,
    ) -> io::Result<()> {
        let origin = self.report.locate(made, span.start);
        let number = if origin.existed {
            origin.position.line.to_string()
        } else {
            "+".to_owned()
        };
        let text = self.hidden.cover(self.report.text_after(made));
        let excerpt = Excerpt::new(&text, span);
        excerpt.write(out, &self.palette, self.margin, &number, caret)
    }

    fn write_because(
        &self,
        out: &mut dyn Write,
        made: usize,
        because: &[Evidence],
    ) -> io::Result<()> {
        for evidence in because {
            let why = explained(self.report, made, evidence);
            self.write_note(out, "because", self.palette.gutter, &why)?;
        }
        Ok(())
    }

    fn write_note(
        &self,
        out: &mut dyn Write,
        label: &str,
        style: Style,
        note: &dyn Display,
    ) -> io::Result<()> {
        let gutter = self.palette.gutter;
        let note = note.to_string();
        let note = self.hidden.cover(&note);
        writeln!(
            out,
            "{gutter}{:margin$} ={gutter:#} {style}{label}{style:#} {note}",
            "",
            margin = self.margin
        )
    }
}

/// `line 3: …`: where the evidence for the rewrite that `made` others came before can be seen, and what it shows.
pub(super) fn explained(report: &FileReport, made: usize, evidence: &Evidence) -> String {
    let place = match &evidence.place {
        Place::Source(span) => {
            let origin = report.locate(made, span.start);
            let near = if origin.existed { "" } else { "near " };
            format!("{near}line {}", origin.position.line)
        }
        Place::Table(table) => format!("table {table}"),
        file @ Place::File(..) => file.to_string(),
    };
    format!("{place}: {}", evidence.note)
}

/// A word in brackets.
struct Tag<'a> {
    text: fmt::Arguments<'a>,
    style: Style,
}

impl Display for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = self.style;
        write!(f, "{style}[{}]{style:#}", self.text)
    }
}

//! What is said on standard error, in every format: what is wrong with a file, and what a run came to.

use std::io::{self, Write};

use super::excerpt::{Excerpt, Position};
use super::style::Palette;
use super::text::margin;
use super::{Problem, Summary};

/// Writes what is wrong with the file at `path`, whose text is `source`.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_problem(
    out: &mut dyn Write,
    palette: &Palette,
    path: &str,
    source: &str,
    problem: &Problem,
) -> io::Result<()> {
    let Palette {
        path: bold, bad, ..
    } = *palette;
    let Some(span) = problem.span else {
        writeln!(
            out,
            "{bad}error{bad:#}: {bold}{path}{bold:#}: {}",
            problem.message
        )?;
        return write_help(out, palette, 2, problem);
    };
    let Position { line, column } = Position::of(source, span.start);
    let margin = margin(source);
    writeln!(
        out,
        "{bad}error{bad:#}: {bold}{path}:{line}:{column}{bold:#}: {}",
        problem.message
    )?;
    Excerpt::new(source, span).write(out, palette, margin, &line.to_string(), bad)?;
    write_help(out, palette, margin, problem)
}

fn write_help(
    out: &mut dyn Write,
    palette: &Palette,
    margin: usize,
    problem: &Problem,
) -> io::Result<()> {
    let Some(advice) = &problem.advice else {
        return Ok(());
    };
    let gutter = palette.gutter;
    writeln!(out, "{gutter}{:margin$} = help{gutter:#} {advice}", "")
}

/// Writes the line at the end of a run. `written` says whether the files have been changed.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_summary(
    out: &mut dyn Write,
    palette: &Palette,
    summary: &Summary,
    written: bool,
) -> io::Result<()> {
    let files = count(summary.files, "file", "files");
    let mut parts = vec![match (summary.changed, written) {
        (0, true) => format!("{files} unchanged"),
        (0, false) => format!("{files} would stay unchanged"),
        (changed, true) => format!("{changed} of {files} changed"),
        (changed, false) => format!("{changed} of {files} would change (--write does it)"),
    }];
    if summary.rewrites() > 0 {
        let kinds = [
            (summary.safe, "safe"),
            (summary.assumed, "assumed"),
            (summary.by_intent, "unsafe"),
        ];
        let kinds = kinds.iter().filter(|(count, _)| *count > 0);
        let kinds: Vec<String> = kinds
            .map(|(count, kind)| format!("{count} {kind}"))
            .collect();
        let rewrites = count(summary.rewrites(), "rewrite", "rewrites");
        parts.push(format!("{rewrites} ({})", kinds.join(", ")));
    }
    if summary.refusals > 0 {
        parts.push(count(summary.refusals, "refusal", "refusals"));
    }
    if summary.withheld > 0 {
        parts.push(format!("{} withheld", summary.withheld));
    }
    if summary.errors > 0 {
        let bad = palette.bad;
        parts.push(format!(
            "{bad}{}{bad:#}",
            count(summary.errors, "file with errors", "files with errors")
        ));
    }
    writeln!(out, "{}", parts.join(", "))
}

pub(super) fn count(count: usize, one: &str, many: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {many}")
    }
}

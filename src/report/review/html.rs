//! The review as a page that needs nothing else: no script, no font, no picture from elsewhere.

use std::fmt::{self, Display};
use std::io::{self, Write};

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::{Picture, Step, by_worth, difference, gain, left, saving};
use crate::analysis::rebuild::Fate;
use crate::report::messages::count;
use crate::report::table;
use crate::report::text::explained;
use crate::report::{Companion, FileReport, Problem, Reporter, Totals};
use crate::transform::Evidence;

/// Unchanged lines around a change.
const CONTEXT_LINES: usize = 5;

/// Writes one page about all files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Html;

impl Reporter for Html {
    fn start(&self, out: &mut dyn Write) -> io::Result<()> {
        let style = include_str!("page.css");
        writeln!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width\">\n<title>dfopt: review</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
             <h1>Review of Dockerfiles</h1>"
        )
    }

    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        writeln!(
            out,
            "<section>\n<h2 class=\"code\">{}</h2>",
            Escaped(&report.path)
        )?;
        write_problems(out, &report.problems)?;
        write_rewrites(out, report)?;
        if report.outcome.text != report.source {
            let hidden = report.hidden();
            let texts = [&report.source, &report.outcome.text].map(|text| hidden.cover(text));
            write_diff(out, "The change", &texts[0], &texts[1])?;
        }
        write_pictures(out, report)?;
        write_figures(out, report)?;
        write_left(out, report)?;
        writeln!(out, "</section>")
    }

    fn finish(&self, out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
        for companion in &totals.companions {
            write_companion(out, companion)?;
        }
        let summary = &totals.summary;
        let files = count(summary.files, "file", "files");
        let rewrites = count(summary.rewrites(), "rewrite", "rewrites");
        let refusals = count(summary.refusals, "refusal", "refusals");
        writeln!(
            out,
            "<p class=\"dim\">{files}, {rewrites}, {refusals}. dfopt {}</p>\n</body>\n</html>",
            env!("CARGO_PKG_VERSION")
        )
    }
}

/// A text between tags, or in quotes.
struct Escaped<'t>(&'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(['&', '<', '>', '"', '\'']) {
            let plain = part.trim_end_matches(['&', '<', '>', '"', '\'']);
            f.write_str(plain)?;
            f.write_str(match &part[plain.len()..] {
                "&" => "&amp;",
                "<" => "&lt;",
                ">" => "&gt;",
                "\"" => "&quot;",
                "'" => "&#39;",
                other => other,
            })?;
        }
        Ok(())
    }
}

fn write_problems(out: &mut dyn Write, problems: &[Problem]) -> io::Result<()> {
    problems.iter().try_for_each(|problem| {
        let advice = problem.advice.as_deref().unwrap_or_default();
        let (message, advice) = (Escaped(&problem.message), Escaped(advice));
        writeln!(
            out,
            "<p><b>Error:</b> {message} <span class=\"dim\">{advice}</span></p>"
        )
    })
}

fn write_rewrites(out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
    let journal = &report.outcome.journal;
    if journal.is_empty() {
        return writeln!(out, "<p>There is nothing that dfopt would change.</p>");
    }
    writeln!(
        out,
        "<h3>{}</h3>\n<ol class=\"entries\">",
        count(journal.len(), "rewrite", "rewrites")
    )?;
    for nth in by_worth(report) {
        let entry = &journal[nth];
        let rewrite = &entry.rewrite;
        write!(out, "<li>")?;
        if let Some(saved) = saving(report, nth) {
            write!(out, "<span class=\"saved\">{}</span>", difference(saved))?;
        }
        let tags = [
            gain(entry.id).to_string(),
            entry.id.to_owned(),
            rewrite.safety().to_string(),
        ];
        let line = report.locate(nth, rewrite.site.start).position.line;
        write_entry(out, &tags, line, &report.hidden().cover(&rewrite.message))?;
        write_list(out, "assumes ", &rewrite.assumes)?;
        write_evidence(out, report, nth, &rewrite.because)?;
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ol>")
}

fn write_left(out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
    let left = left(report);
    if left.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h3>Left for you, what matters most first</h3>\n<ol class=\"entries\">"
    )?;
    let made = report.outcome.journal.len();
    for one in &left {
        let needs = one.needs().map(|safety| format!("--safety {safety}"));
        let tags = [gain(one.id()).to_string(), one.rule()];
        let tags: Vec<String> = tags.into_iter().chain(needs).collect();
        let line = report.locate(made, one.start()).position.line;
        write!(out, "<li>")?;
        write_entry(out, &tags, line, &report.hidden().cover(one.message()))?;
        write_evidence(out, report, made, one.because())?;
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ol>")
}

fn write_evidence(
    out: &mut dyn Write,
    report: &FileReport,
    made: usize,
    because: &[Evidence],
) -> io::Result<()> {
    if because.is_empty() {
        return Ok(());
    }
    let because = because.iter();
    let because: Vec<String> = because
        .map(|evidence| explained(report, made, evidence))
        .collect();
    write!(out, "<details><summary>why</summary>")?;
    write_list(out, "", &because)?;
    write!(out, "</details>")
}

fn write_entry(out: &mut dyn Write, tags: &[String], line: usize, message: &str) -> io::Result<()> {
    tags.iter()
        .try_for_each(|tag| write!(out, "<span class=\"tag\">{}</span>", Escaped(tag)))?;
    write!(out, "<small>line {line}</small> {}", Escaped(message))
}

fn write_list(out: &mut dyn Write, label: &str, sentences: &[String]) -> io::Result<()> {
    if sentences.is_empty() {
        return Ok(());
    }
    write!(out, "<ul>")?;
    let mut sentences = sentences.iter();
    sentences.try_for_each(|sentence| write!(out, "<li>{label}{}</li>", Escaped(sentence)))?;
    write!(out, "</ul>")
}

fn write_pictures(out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
    let Some(pictures) = &report.pictures else {
        return Ok(());
    };
    let what = pictures.changed_file.as_deref().unwrap_or("the source");
    writeln!(
        out,
        "<h3>Layers, after a change of {}</h3>\n<div class=\"pictures\">",
        Escaped(what)
    )?;
    if report.is_changed() {
        write_picture(out, "before", &pictures.before)?;
        write_picture(out, "after", &pictures.after)?;
    } else {
        write_picture(out, "as it is", &pictures.before)?;
    }
    writeln!(out, "</div>")
}

fn write_picture(out: &mut dyn Write, name: &str, picture: &Picture) -> io::Result<()> {
    let (again, steps) = picture.count();
    writeln!(
        out,
        "<div><p>{name}: {again} of {steps} steps run again</p>"
    )?;
    for stage in &picture.stages {
        let (class, note) = match stage.is_shipped {
            true => ("stage", ""),
            false => ("stage builder", " <small>not shipped</small>"),
        };
        writeln!(
            out,
            "<div class=\"{class}\"><b class=\"code\">{}{note}</b>",
            Escaped(&stage.from)
        )?;
        stage
            .steps
            .iter()
            .try_for_each(|step| write_step(out, step))?;
        writeln!(out, "</div>")?;
    }
    writeln!(out, "</div>")
}

fn write_step(out: &mut dyn Write, step: &Step) -> io::Result<()> {
    let (class, word) = match step.fate {
        Fate::Cached => ("step", "cached"),
        Fate::Again => ("step again", "runs again"),
        Fate::NotBuilt => ("step not-built", "not built"),
    };
    writeln!(
        out,
        "<div class=\"{class}\"><i>{word}</i><code>{}</code></div>",
        Escaped(&step.text)
    )
}

/// What builds have shown.
fn write_figures(out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
    let Some(proof) = &report.proof else {
        return Ok(());
    };
    let engine = Escaped(&proof.engine);
    writeln!(out, "<h3>What builds have shown, with {engine}</h3>")?;
    if let Some(reason) = &proof.reason {
        writeln!(out, "<p>Not provable here: {}</p>", Escaped(reason))?;
    }
    for one in &proof.taken_out {
        let (message, why) = (Escaped(&one.message), Escaped(&one.why));
        writeln!(out, "<p><b>Taken out:</b> {}: {message}: {why}</p>", one.id)?;
    }
    let (Some(before), Some(after)) = (&proof.before, &proof.after) else {
        return Ok(());
    };
    writeln!(
        out,
        "<table class=\"figures\">\n<tr><th></th><th>before</th><th>after</th></tr>"
    )?;
    for row in table::figures(before, after, proof.changed_file.as_deref()) {
        let [name, before, after] = row.each_ref().map(|cell| Escaped(cell));
        writeln!(
            out,
            "<tr><td>{name}</td><td>{before}</td><td>{after}</td></tr>"
        )?;
    }
    writeln!(out, "</table>\n<ul>")?;
    for check in &proof.checks {
        let word = if check.ok { "ok" } else { "no" };
        writeln!(
            out,
            "<li>{word}: {}: {}</li>",
            check.name,
            Escaped(&check.says)
        )?;
    }
    writeln!(out, "</ul>")
}

fn write_companion(out: &mut dyn Write, companion: &Companion) -> io::Result<()> {
    writeln!(
        out,
        "<section>\n<h2 class=\"code\">{}</h2>",
        Escaped(&companion.diff_path)
    )?;
    let before = companion.before.as_deref().unwrap_or_default();
    write_diff(out, "The change", before, &companion.after())?;
    writeln!(out, "</section>")
}

/// Both texts side by side, with what is equal left out far from the changes.
fn write_diff(out: &mut dyn Write, title: &str, before: &str, after: &str) -> io::Result<()> {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let hunks = group_diff_ops(
        capture_diff_slices(Algorithm::Myers, &old, &new),
        CONTEXT_LINES,
    );
    writeln!(
        out,
        "<h3>{title}</h3>\n<div class=\"wide\"><table class=\"diff code\">\n<colgroup><col style=\"width:3.2rem\"><col>\
         <col style=\"width:3.2rem\"><col></colgroup>"
    )?;
    for (nth, hunk) in hunks.iter().enumerate() {
        let starts_later = hunk.first().is_some_and(|op| op.old_range().start > 0);
        if nth > 0 || starts_later {
            writeln!(out, "<tr class=\"skipped\"><td colspan=\"4\">⋯</td></tr>")?;
        }
        hunk.iter()
            .try_for_each(|op| write_rows(out, op, &old, &new))?;
    }
    writeln!(out, "</table></div>")
}

fn write_rows(out: &mut dyn Write, op: &DiffOp, old: &[&str], new: &[&str]) -> io::Result<()> {
    let (was, is) = (op.old_range(), op.new_range());
    let is_equal = op.tag() == DiffTag::Equal;
    for row in 0..was.len().max(is.len()) {
        write!(out, "<tr>")?;
        let side =
            |range: &std::ops::Range<usize>| Some(range.start + row).filter(|at| *at < range.end);
        write_cell(out, side(&was), old, if is_equal { "" } else { "gone" })?;
        write_cell(out, side(&is), new, if is_equal { "" } else { "new" })?;
        writeln!(out, "</tr>")?;
    }
    Ok(())
}

/// The number of a line and its text; an empty pair of cells when that side has none.
fn write_cell(
    out: &mut dyn Write,
    at: Option<usize>,
    lines: &[&str],
    class: &str,
) -> io::Result<()> {
    match at {
        Some(at) => write!(
            out,
            "<td class=\"n\">{}</td><td class=\"{class}\">{}</td>",
            at + 1,
            Escaped(lines[at])
        ),
        None => write!(out, "<td class=\"n\"></td><td class=\"none\"></td>"),
    }
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn what_means_something_to_a_browser_is_escaped() {
        let text = "<b> & \"a\" 'b' <<EOF && x";
        let expected = "&lt;b&gt; &amp; &quot;a&quot; &#39;b&#39; &lt;&lt;EOF &amp;&amp; x";
        assert_eq!(Escaped(text).to_string(), expected);
    }
}

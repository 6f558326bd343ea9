//! Unified diffs that `git apply` and `patch -p1` take.
//!
//! Lines end at `\n` and nowhere else: a diff that also split at a lone `\r`, as text diffs often
//! do, would not apply.

use std::io::{self, Write};

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::style::Palette;
use super::{FileReport, Hidden, Reporter, Totals};

/// Unchanged lines around a change.
const CONTEXT_LINES: usize = 3;

/// Writes the diff of every file and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Diff {
    /// The colours.
    pub palette: Palette,
}

impl Reporter for Diff {
    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        covered(
            out,
            &self.palette,
            &report.diff_path,
            (&report.source, &report.outcome.text),
            &report.hidden(),
        )
    }

    fn finish(&self, out: &mut dyn Write, totals: &Totals) -> io::Result<()> {
        for companion in &totals.companions {
            let after = companion.after();
            unified(
                out,
                &self.palette,
                &companion.diff_path,
                companion.before.as_deref(),
                &after,
            )?;
        }
        Ok(())
    }
}

/// What stands above a diff that shows less than there is.
const NOTE: &str =
    "Values of secrets are hidden: this diff is for reading. To make the change, use --write.";

/// Writes the difference between two texts of the file at `path`, without what is `hidden`.
///
/// # Errors
/// When `out` cannot be written.
pub fn covered(
    out: &mut dyn Write,
    palette: &Palette,
    path: &str,
    (before, after): (&str, &str),
    hidden: &Hidden,
) -> io::Result<()> {
    let mut diff = Vec::new();
    unified(&mut diff, palette, path, Some(before), after)?;
    if !hidden.is_in(&String::from_utf8_lossy(&diff)) {
        return out.write_all(&diff);
    }
    writeln!(out, "{NOTE}")?;
    let (before, after) = (hidden.cover(before), hidden.cover(after));
    unified(out, palette, path, Some(&before), &after)
}

/// Writes the difference between two texts of the file at `path`; nothing when they are equal.
///
/// Without `before`, the diff creates the file.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn unified(
    out: &mut dyn Write,
    palette: &Palette,
    path: &str,
    before: Option<&str>,
    after: &str,
) -> io::Result<()> {
    let old: Vec<&str> = before.unwrap_or_default().split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let hunks = group_diff_ops(
        capture_diff_slices(Algorithm::Myers, &old, &new),
        CONTEXT_LINES,
    );
    if hunks.iter().all(Vec::is_empty) {
        return Ok(());
    }
    let from = before.map_or_else(|| "/dev/null".to_owned(), |_| header_name("a/", path));
    let bold = palette.path;
    writeln!(out, "{bold}--- {from}{bold:#}")?;
    writeln!(out, "{bold}+++ {}{bold:#}", header_name("b/", path))?;
    hunks
        .iter()
        .try_for_each(|hunk| write_hunk(out, palette, hunk, &old, &new))
}

fn write_hunk(
    out: &mut dyn Write,
    palette: &Palette,
    hunk: &[DiffOp],
    old: &[&str],
    new: &[&str],
) -> io::Result<()> {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
        return Ok(());
    };
    let was = line_range(first.old_range().start, last.old_range().end);
    let is = line_range(first.new_range().start, last.new_range().end);
    let style = palette.hunk;
    writeln!(out, "{style}@@ -{was} +{is} @@{style:#}")?;
    for op in hunk {
        if op.tag() == DiffTag::Equal {
            write_lines(out, ' ', anstyle::Style::new(), &old[op.old_range()])?;
        } else {
            write_lines(out, '-', palette.bad, &old[op.old_range()])?;
            write_lines(out, '+', palette.good, &new[op.new_range()])?;
        }
    }
    Ok(())
}

fn write_lines(
    out: &mut dyn Write,
    sign: char,
    style: anstyle::Style,
    lines: &[&str],
) -> io::Result<()> {
    for line in lines {
        match line.strip_suffix('\n') {
            Some(line) => writeln!(out, "{style}{sign}{line}{style:#}")?,
            None => writeln!(
                out,
                "{style}{sign}{line}{style:#}\n\\ No newline at end of file"
            )?,
        }
    }
    Ok(())
}

/// The lines `start..end`, counted from 0, as the head of a hunk names them.
fn line_range(start: usize, end: usize) -> String {
    match end - start {
        // A range without lines is named by the line before it.
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        count => format!("{},{count}", start + 1),
    }
}

/// A file name as git writes it: quoted when it would be misread, a tab behind one with a space.
fn header_name(side: &str, path: &str) -> String {
    if path.contains(|character: char| character.is_control() || matches!(character, '"' | '\\')) {
        return format!("\"{side}{}\"", escape(path));
    }
    let tab = if path.contains(' ') { "\t" } else { "" };
    format!("{side}{path}{tab}")
}

fn escape(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 2);
    for character in path.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if character.is_ascii_control() => {
                out.push_str(&format!("\\{:03o}", u32::from(character)))
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: Option<&str>, after: &str) -> String {
        let mut out = Vec::new();
        unified(&mut out, &Palette::default(), "Dockerfile", before, after)
            .expect("a vector can be written");
        String::from_utf8(out).expect("a diff of texts is a text")
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(diff(Some("a\n"), "a\n"), "");
    }

    #[test]
    fn shows_three_lines_around_a_change() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let after = before.replace('5', "five");
        let expected = "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        assert_eq!(diff(Some(before), &after), expected);
    }

    #[test]
    fn marks_a_missing_final_newline() {
        let expected = "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n";
        assert_eq!(diff(Some("a"), "a\n"), expected);
    }

    #[test]
    fn creates_a_file() {
        assert_eq!(
            diff(None, "a\n"),
            "--- /dev/null\n+++ b/Dockerfile\n@@ -0,0 +1 @@\n+a\n"
        );
    }

    #[test]
    fn carriage_returns_are_part_of_the_line() {
        let expected =
            "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,2 +1,2 @@\n-a\rb\r\n+a\rc\r\n d\r\n";
        assert_eq!(diff(Some("a\rb\r\nd\r\n"), "a\rc\r\nd\r\n"), expected);
    }

    #[test]
    fn names_are_written_as_git_does() {
        assert_eq!(
            header_name("a/", "my app/Dockerfile"),
            "a/my app/Dockerfile\t"
        );
        assert_eq!(
            header_name("a/", "a\"b\\c\td\u{1}"),
            "\"a/a\\\"b\\\\c\\td\\001\""
        );
        assert_eq!(header_name("b/", "größe"), "b/größe");
    }
}

//! Annotations that GitHub Actions shows beside the lines of a pull request.

use std::io::{self, Write};

use super::finding::{Finding, Level, findings};
use super::{Detail, FileReport, Reporter};

/// Writes workflow commands, one a line.
#[derive(Clone, Copy, Debug, Default)]
pub struct GitHub {
    /// Refusals are written in full detail only.
    pub detail: Detail,
}

impl Reporter for GitHub {
    fn file(&self, out: &mut dyn Write, report: &FileReport) -> io::Result<()> {
        let mut findings = findings(report, self.detail).into_iter();
        findings.try_for_each(|finding| annotation(out, &report.path, &finding))
    }
}

fn annotation(out: &mut dyn Write, path: &str, finding: &Finding) -> io::Result<()> {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let title = match finding.safety {
        Some(safety) => format!("dfopt: {} ({safety})", finding.rule),
        None => format!("dfopt: {}", finding.rule),
    };
    write!(out, "::{command} file={}", property(path))?;
    if let Some(range) = finding.range {
        write!(out, ",line={},endLine={}", range.start.line, range.end.line)?;
        // GitHub takes columns only for annotations of one line.
        if range.start.line == range.end.line {
            let (start, end) = (range.start.column, range.end.column);
            write!(out, ",col={start},endColumn={end}")?;
        }
    }
    let message = data(&finding.full_message());
    writeln!(out, ",title={}::{message}", property(&title))
}

/// A message as a workflow command takes it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The same for what stands between commas.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_is_escaped() {
        assert_eq!(data("100%\r\na:b,c"), "100%25%0D%0Aa:b,c");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}

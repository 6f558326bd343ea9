//! How the author breaks and indents the lines of a `RUN`.

use crate::syntax::Span;
use crate::syntax::shell::Connector;
use crate::transform::Cx;

use super::style;

/// Longer lines are broken.
pub(super) const WIDTH: usize = 100;

/// Lines that are indented deeper are aligned with what stands above them.
const DEEPEST: usize = 12;

/// How lists of commands are written.
pub(super) struct Layout {
    /// Whether `&&` stands at the start of the next line, not at the end.
    pub(super) leading: bool,
    /// The white space in front of a continued line.
    pub(super) indent: String,
    /// What ends a line that goes on, line ending included.
    pub(super) continued: String,
}

impl Layout {
    /// That of the instructions `of`; where they are on one line each, of the file.
    pub(super) fn like(cx: &Cx<'_>, of: &[usize]) -> Self {
        let all = 0..cx.facts.runs.len();
        let of_file = || all.clone().find_map(|index| seam(cx, index));
        let own = of.iter().find_map(|&index| seam(cx, index));
        let is_own = own.is_some();
        let (leading, indent) = own.or_else(of_file).unwrap_or((true, "    ".to_owned()));
        let continued = || of.iter().find_map(|&index| continued_indent(cx, index));
        let indent = if is_own {
            indent
        } else {
            continued().unwrap_or(indent)
        };
        let newline = style::newline(
            cx.file,
            of.first()
                .map_or(0, |&at| cx.file.instructions()[at].span.start),
        );
        Self {
            leading,
            indent,
            continued: format!("{}{newline}", cx.file.escape()),
        }
    }

    /// What stands between two commands, with `comments` on lines of their own.
    pub(super) fn and(&self, comments: &[&str]) -> String {
        let (before, after) = if self.leading {
            ("", "&& ")
        } else {
            (" &&", "")
        };
        let mut gap = format!("{before} {}", self.continued);
        gap += &self.comments(comments);
        gap + &self.indent + after
    }

    /// Comment lines inside a continued instruction.
    pub(super) fn comments(&self, comments: &[&str]) -> String {
        comments
            .iter()
            .map(|comment| format!("{}{}{}", self.indent, comment.trim(), self.newline()))
            .collect()
    }

    /// The line ending.
    pub(super) fn newline(&self) -> &str {
        &self.continued[1..]
    }

    /// One step of indentation.
    pub(super) fn unit(&self) -> &str {
        if self.indent.trim_start_matches([' ', '\t']).is_empty() && self.indent.len() > 1
            || self.indent == "\t"
        {
            &self.indent
        } else {
            "    "
        }
    }
}

/// The indentation of the second line of instruction `index`, if it goes on there.
fn continued_indent(cx: &Cx<'_>, index: usize) -> Option<String> {
    let mut lines = cx.facts.source_text(index).lines().skip(1);
    let line = lines.find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))?;
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    (indent > 0 && !is_aligned(&line[..indent])).then(|| line[..indent].to_owned())
}

/// Whether words behind `indent` stand below a word of the line above: what that line says decides how deep, and another
/// line would have them elsewhere.
pub(super) fn is_aligned(indent: &str) -> bool {
    indent.len() > DEEPEST
}

/// Where `&&` stands at the first line break between two commands of instruction `index`, and the
/// indentation behind it.
fn seam(cx: &Cx<'_>, index: usize) -> Option<(bool, String)> {
    let run = cx.facts.runs[index].as_ref()?;
    let text = cx.file.text();
    let source = |span: Span| cx.facts.source(index, span.shift(run.body.start));
    for item in &run.script.as_ref()?.items {
        let mut before = item.first.span;
        for (connector, operator, pipeline) in &item.rest {
            let (operator, next) = (source(*operator), source(pipeline.span).start);
            let leading = text[source(before).end..operator.start].contains('\n');
            let trailing = text[operator.end..next].contains('\n');
            if *connector == Connector::And && (leading || trailing) {
                let line = text[..next].rfind('\n').map_or(0, |at| at + 1);
                let rest = &text[line..];
                let indent = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                return Some((leading, rest[..indent].to_owned()));
            }
            before = pipeline.span;
        }
    }
    None
}

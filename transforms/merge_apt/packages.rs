//! Several installs as one command.

use crate::knowledge::package_managers::PackageManager;
use crate::transform::Cx;

use super::super::layout::{Layout, WIDTH, is_aligned};
use super::command::Command;
use super::spelling::{respell, spelled};

/// An install of the packages of several installs.
pub(super) struct Packages<'a> {
    /// The command up to the packages, with its options.
    head: String,
    /// The packages, as the author put them on lines.
    lines: Vec<Line<'a>>,
    /// The indentation of the packages, if the author had them on lines of their own.
    indent: Option<&'a str>,
    /// Whether the first install had its packages below it.
    below: bool,
    /// Where the last of the installs ended.
    pub(super) end: usize,
}

/// Packages on one line, and the comments above it.
struct Line<'a> {
    at: usize,
    comments: Vec<&'a str>,
    packages: Vec<&'a str>,
}

impl<'a> Packages<'a> {
    /// The installs as one, in the manner of the first; every package once.
    pub(super) fn of(
        cx: &Cx<'a>,
        manager: &PackageManager,
        installs: &[Command<'a>],
        uncached: bool,
    ) -> Self {
        let spread = installs.iter().find_map(|install| indent_of(cx, install));
        let mut seen = Vec::new();
        let mut lines = Vec::new();
        for install in installs {
            let one_each = spread.is_some() && indent_of(cx, install).is_none();
            lines.extend(lines_of(cx, install, one_each, &mut seen));
        }
        let end = installs.last().map_or(0, |last| last.source(cx).end);
        let head = installs
            .first()
            .map_or(String::new(), |first| head(cx, manager, first, uncached));
        Self {
            head,
            lines,
            indent: spread,
            below: spread.is_some(),
            end,
        }
    }

    /// The line that a comment in front of byte `offset` belongs to.
    pub(super) fn anchor(&mut self, offset: usize) -> Option<(usize, &mut Vec<&'a str>)> {
        let behind = self.lines.iter_mut().filter(|line| line.at >= offset);
        behind
            .min_by_key(|line| line.at)
            .map(|line| (line.at, &mut line.comments))
    }

    /// All on one line, if no comment is in the way.
    pub(super) fn inline(&self) -> Option<String> {
        let free = self.lines.iter().all(|line| line.comments.is_empty());
        let packages: Vec<&str> = self
            .lines
            .iter()
            .flat_map(|line| line.packages.iter().copied())
            .collect();
        free.then(|| format!("{} {}", self.head, packages.join(" ")))
    }

    /// The text in a `RUN` with this layout.
    pub(super) fn write(&self, layout: &Layout, continued: bool) -> String {
        let line = self
            .inline()
            .filter(|line| !self.below && line.len() + layout.indent.len() <= WIDTH);
        if let Some(line) = line {
            return line;
        }
        let base = if continued {
            layout.indent.as_str()
        } else {
            ""
        };
        let indent = match self.indent {
            Some(indent) if indent.len() > base.len() && !is_aligned(indent) => indent.to_owned(),
            _ => format!("{base}{}", layout.unit()),
        };
        let mut out = self.head.clone();
        for line in &self.lines {
            out += &format!(" {}", layout.continued);
            out.extend(
                line.comments
                    .iter()
                    .map(|comment| format!("{indent}{}{}", comment.trim(), layout.newline())),
            );
            out += &format!("{indent}{}", line.packages.join(" "));
        }
        out
    }
}

/// The command without its packages.
fn head(cx: &Cx<'_>, manager: &PackageManager, install: &Command<'_>, uncached: bool) -> String {
    let changes = respell(cx, manager, install, uncached);
    let assignments = install.assignments(cx).split_whitespace();
    let mut words: Vec<String> = assignments.map(str::to_owned).collect();
    for at in (0..install.step.args.len()).filter(|at| !install.invocation.operands.contains(at)) {
        let word = install.word(cx, at);
        let goes = changes
            .iter()
            .any(|(span, new)| new.is_empty() && span.contains(word));
        if !goes {
            words.push(spelled(cx, word, &changes));
        }
    }
    words.join(" ")
}

/// The indentation of the first line on which packages stand alone.
fn indent_of<'a>(cx: &Cx<'a>, install: &Command<'_>) -> Option<&'a str> {
    let text = cx.file.text();
    install.invocation.operands.iter().find_map(|&at| {
        let start = install.word(cx, at).start;
        let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let before = &text[line..start];
        (line > install.source(cx).start && before.trim().is_empty()).then_some(before)
    })
}

/// The packages of `install` that are not in `seen`, line by line.
fn lines_of<'a>(
    cx: &Cx<'a>,
    install: &Command<'a>,
    one_each: bool,
    seen: &mut Vec<&'a str>,
) -> Vec<Line<'a>> {
    let text = cx.file.text();
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut end = install.source(cx).start;
    for &at in &install.invocation.operands {
        let word = install.word(cx, at);
        let breaks = one_each || lines.is_empty() || text[end..word.start].contains('\n');
        end = word.end;
        if breaks {
            lines.push(Line {
                at: word.start,
                comments: Vec::new(),
                packages: Vec::new(),
            });
        }
        let package = word.text(text);
        if let Some(line) = lines.last_mut().filter(|_| !seen.contains(&package)) {
            seen.push(package);
            line.packages.push(package);
        }
    }
    lines.retain(|line| !line.packages.is_empty());
    lines
}

//! How the author of a file writes, so that new lines look like theirs.

use crate::syntax::{Dockerfile, Span};
use crate::transform::Cx;

/// The line ending around byte `offset`: that of the nearest line that has one.
pub(super) fn newline(file: &Dockerfile<'_>, offset: usize) -> &'static str {
    let text = file.text();
    let ahead = text[offset..].find('\n').map(|at| offset + at);
    let ending = ahead.or_else(|| text[..offset].rfind('\n'));
    match ending {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// `keyword` (in capitals) in the case of the keyword of instruction `like`.
pub(super) fn keyword(file: &Dockerfile<'_>, like: usize, keyword: &str) -> String {
    let written = file.instructions()[like].keyword_span.text(file.text());
    if written.chars().any(char::is_uppercase) {
        keyword.to_owned()
    } else {
        keyword.to_lowercase()
    }
}

/// The arguments of a copy: `paths` between blanks, or in brackets where one has blanks itself.
pub(super) fn paths(paths: &[&str]) -> String {
    if !paths.iter().any(|path| path.contains(char::is_whitespace)) {
        return paths.join(" ");
    }
    let quoted = paths.iter().map(|path| serde_json::json!(path).to_string());
    format!("[{}]", quoted.collect::<Vec<_>>().join(", "))
}

/// Whether the line above byte `offset`, which starts a line, is blank.
pub(super) fn blank_above(text: &str, offset: usize) -> bool {
    let above = text[..offset].trim_end_matches(['\r', ' ', '\t']);
    let Some(above) = above.strip_suffix('\n') else {
        return above.is_empty();
    };
    let line = above.rsplit('\n').next().unwrap_or_default();
    line.trim().is_empty()
}

/// The blank line that starts at byte `offset`, if there is one.
pub(super) fn blank_line_at(text: &str, offset: usize) -> Option<Span> {
    let line = text[offset..].split_inclusive('\n').next()?;
    line.trim()
        .is_empty()
        .then(|| Span::new(offset, offset + line.len()))
}

/// What has to go with the whole lines `block` so that no double blank line is left behind.
pub(super) fn with_blank_line(text: &str, block: Span) -> Span {
    match blank_line_at(text, block.end) {
        Some(blank) if blank_above(text, block.start) => block.cover(blank),
        _ => block,
    }
}

/// What has to go with all of `blocks`, whole lines in order, so that no double blank lines are left behind: those with
/// nothing but blank lines between them go as one.
pub(super) fn with_blank_lines(text: &str, blocks: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for block in blocks {
        let is_next = |last: &&mut Span| {
            let between = Span::new(last.end, block.start.max(last.end));
            between.text(text).trim().is_empty()
        };
        match joined.last_mut().filter(is_next) {
            Some(last) => *last = last.cover(block),
            None => joined.push(block),
        }
    }
    joined
        .into_iter()
        .map(|block| with_blank_line(text, block))
        .collect()
}

/// `lines` (whole lines) with a line ending, whatever the file's last line has.
pub(super) fn terminated(lines: &str, newline: &str) -> String {
    if lines.ends_with('\n') {
        lines.to_owned()
    } else {
        format!("{lines}{newline}")
    }
}

/// Whether `comment`, a line, speaks to a program that reads Dockerfiles, about the instruction below it.
pub(super) fn is_for_linter(comment: &str) -> bool {
    const READERS: [&str; 9] = [
        "hadolint",
        "shellcheck",
        "tally",
        "dfopt",
        "checkov",
        "trivy",
        "kics",
        "nosemgrep",
        "skipcq",
    ];
    let words = comment.trim_start_matches([' ', '\t', '#']);
    READERS.iter().any(|reader| {
        words
            .strip_prefix(reader)
            .is_some_and(|rest| rest.starts_with([' ', ':', '-', '=']) || rest.trim().is_empty())
    })
}

/// How messages call the instruction `at`: its first words.
pub(super) fn title(cx: &Cx<'_>, at: usize) -> String {
    let view = &cx.facts.views[at];
    let keyword = cx.file.instructions()[at].keyword_span.text(cx.file.text());
    format!("`{keyword} {}`", shortened(view.text(view.body)))
}

/// The same for several.
pub(super) fn titles(cx: &Cx<'_>, all: &[usize]) -> String {
    let titles: Vec<String> = all.iter().map(|&at| title(cx, at)).collect();
    titles.join(", ")
}

/// The first words of a command.
pub(super) fn shortened(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    if words.len() > 6 {
        format!("{} …", words[..6].join(" "))
    } else {
        words.join(" ")
    }
}

//! Programs that sources start, and that write files where they run.

use super::sources::Project;
use super::written::Written;
use crate::context::SourceLine;
use crate::transform::Cx;
use crate::transforms::calls;

/// What the first such program of each source writes; `shown_by` says what a line of a source shows.
pub(super) fn all(
    cx: &Cx<'_>,
    project: &Project<'_>,
    shown_by: impl Fn(&SourceLine<'_>) -> Written,
) -> Vec<Written> {
    let knowledge = cx.knowledge;
    let writes = |words: &[String]| knowledge.startup.settings.is_writer(words);
    let started = project.files().filter_map(|(language, file)| {
        let (line, words) = calls::find(knowledge, language, file, writes)?;
        let said = format!(
            "{}:{} starts `{}`, which writes",
            line.path, line.line, words[0]
        );
        Some(Written {
            shown_by: said,
            ..shown_by(&line)
        })
    });
    started.collect()
}

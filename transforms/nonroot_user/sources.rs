//! What the sources of the project write.

use crate::analysis::stages::Stage;
use crate::context::SourceLine;
use crate::syntax::Span;
use crate::transform::{Cx, Place, Refusal};

use super::account::Account;
use super::ownership::Territory;

/// Makes sure that the program owns what its sources write, as far as they show it.
pub(super) fn check(
    cx: &Cx<'_>,
    site: Span,
    account: &Account,
    territory: &Territory,
) -> Result<(), Refusal> {
    for line in writing_lines(cx) {
        if !account.has_shell {
            let message = format!(
                "{}:{} writes a file, and the image has no program that gives a folder to the user; use an image with a shell",
                line.path, line.line
            );
            return Err(refuse(site, "no-shell-to-own", message, line));
        }
        let foreign = line
            .absolute_paths()
            .into_iter()
            .find(|path| !territory.is_writable(path))
            .map(str::to_owned);
        if let Some(path) = foreign {
            let message = format!(
                "{}:{} writes {path}, which belongs to root; make it in a RUN of its own, or let it be a setting",
                line.path, line.line
            );
            return Err(refuse(site, "writes-elsewhere", message, line));
        }
    }
    Ok(())
}

/// The lines that write files, in the languages of all stages.
fn writing_lines(cx: &Cx<'_>) -> Vec<SourceLine> {
    let Some(context) = cx.context else {
        return Vec::new();
    };
    let provided = |stage: &Stage| cx.facts.image(stage)?.provides;
    let mut names: Vec<&str> = cx.facts.stages.iter().filter_map(provided).collect();
    names.sort_unstable();
    names.dedup();
    let languages = names
        .into_iter()
        .filter_map(|name| cx.knowledge.tools.language(name));
    languages
        .flat_map(|language| {
            context
                .sources(language)
                .lines(&language.writes)
                .collect::<Vec<_>>()
        })
        .collect()
}

fn refuse(site: Span, code: &'static str, message: String, line: SourceLine) -> Refusal {
    Refusal::new(site, code, message).because(
        Place::File(line.path, Some(line.line)),
        "what the program writes",
    )
}

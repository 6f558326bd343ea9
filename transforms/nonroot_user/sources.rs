//! What the sources of the project write.

use crate::analysis::stages::Stage;
use crate::context::SourceLine;
use crate::syntax::{Kind, Span};
use crate::transform::{Cx, Place, Refusal};

use super::account::Account;
use super::ownership::Territory;

/// Makes sure that the program owns what its sources write, as far as they show it.
pub(super) fn check(
    cx: &Cx<'_>,
    stage: &Stage,
    site: Span,
    account: &Account,
    territory: &Territory,
) -> Result<(), Refusal> {
    let shipped = shipped_for_root(cx, stage);
    for line in writing_lines(cx) {
        if let Some(name) = shipped
            .iter()
            .find(|name| line.text.contains(&format!("{name}/")))
        {
            let message = format!(
                "{}:{} writes into {name}, which is copied from another stage and belongs to root; copy it with --chown",
                line.path, line.line
            );
            return Err(refuse(site, "writes-shipped-folder", message, line));
        }
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

/// The names of what is copied from other stages and stays root's.
fn shipped_for_root(cx: &Cx<'_>, stage: &Stage) -> Vec<String> {
    let shipped = |index: usize| {
        let view = &cx.facts.views[index];
        let (Kind::Copy(transfer), Some(_), None) =
            (&view.kind, view.flag("from"), view.flag("chown"))
        else {
            return None;
        };
        transfer
            .dest
            .raw
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .map(str::to_owned)
    };
    stage
        .body
        .clone()
        .filter_map(shipped)
        .filter(|name| !matches!(name.as_str(), "" | "." | "bin"))
        .collect()
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

//! Files of the larger image that the program opens.

use crate::analysis::stages::Stage;
use crate::context::{BuildContext, PACKAGE_JSON, Sources};
use crate::knowledge::images::{Opened, Toolset};
use crate::knowledge::tools::Language;
use crate::syntax::Kind;
use crate::transform::Cx;

/// Where there are more files, those that need a list of kinds are taken to be among them.
const MOST_FILES: usize = 5_000;

/// The packages of `toolset` with files that sources in `language` open, or what `stage` starts.
pub(super) fn packages<'t>(
    cx: &Cx<'_>,
    stage: &Stage,
    language: &Language,
    toolset: &'t Toolset,
) -> Vec<&'t str> {
    let Some(context) = cx.context else {
        return Vec::new();
    };
    let sources = context.sources(language);
    let named = toolset.files.iter();
    let named = named.filter(|(text, _)| names_one(&sources, std::slice::from_ref(text)));
    let named = named.map(|(_, package)| package.as_str());
    let own = toolset.opened.iter();
    let own = own.filter(|opened| language.provides == opened.language);
    let own = own.filter(|opened| {
        names_one(&sources, &opened.by)
            || asks_for_one(cx, stage, &opened.by)
            || names_one(&sources, &opened.served_by) && holds_one(context, opened)
    });
    named
        .chain(own.map(|opened| opened.package.as_str()))
        .collect()
}

/// Whether the project has a file with one of the endings.
fn holds_one(context: &BuildContext, opened: &Opened) -> bool {
    let needs_list = |path: &String| {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending);
        ending.is_some_and(|ending| opened.endings.iter().any(|known| known == ending))
    };
    let files = context.files_below("", MOST_FILES);
    files.is_none_or(|files| files.iter().any(needs_list))
}

/// Whether a line of a source has one of `texts`.
fn names_one(sources: &Sources, texts: &[String]) -> bool {
    let mut lines = sources.lines().filter(|line| !line.is_comment());
    lines.any(|line| texts.iter().any(|text| line.text.contains(text)))
}

/// Whether a variable or a command of `stage`, or a script of the manifest, has one of `texts`.
fn asks_for_one(cx: &Cx<'_>, stage: &Stage, texts: &[String]) -> bool {
    let has_one = |words: &str| texts.iter().any(|text| words.contains(text));
    let starts = |at: &usize| {
        let kind = &cx.facts.views[*at].kind;
        matches!(
            kind,
            Kind::Env { .. } | Kind::Cmd { .. } | Kind::Entrypoint { .. }
        )
    };
    let mut instructions = stage.body.clone().filter(starts);
    let manifest = cx.context.and_then(|context| context.read(PACKAGE_JSON));
    instructions.any(|at| has_one(cx.facts.source_text(at)))
        || manifest.is_some_and(|text| has_one(&text))
}

//! What the sources of the project show of its needs when it runs.

use crate::context::in_folder;
use crate::knowledge::tools::Language;
use crate::transform::{Place, Refusal};

use super::Site;

/// More files than this are not looked through: then nothing is known.
const MOST_FILES: usize = 5_000;

/// Folders of a context that hold no source of the project.
const NOT_THE_PROJECT: [&str; 8] = [
    "node_modules/",
    "venv/",
    ".venv/",
    "vendor/",
    "target/",
    "dist/",
    "test/",
    "tests/",
];

/// The programs among `known` that a source of the project starts.
///
/// # Errors
/// When a source loads a library by its name, which the larger image may have alone.
pub(super) fn started(site: &Site<'_>, known: &[&str]) -> Result<Vec<String>, Refusal> {
    let mut found: Vec<String> = Vec::new();
    let Some(context) = site.cx.context else {
        return Ok(found);
    };
    let Some(language) = site
        .image
        .provides
        .and_then(|name| site.cx.knowledge.tools.language(name))
    else {
        return Ok(found);
    };
    for path in paths(site, language) {
        let text = context.read(&path).unwrap_or_default();
        if let Some(line) = line_that_loads(language, &text) {
            let message = format!(
                "{path} loads a library by its name, and the smaller image may not have it"
            );
            let refusal = site.refuse("loads-library", message);
            return Err(refusal.because(
                Place::File(path, Some(line)),
                "the library is not named in any manifest",
            ));
        }
        if language.starts.iter().any(|regex| regex.is_match(&text)) {
            let named = known
                .iter()
                .filter(|name| names(&text, name))
                .map(|name| (*name).to_owned());
            found.extend(named);
        }
    }
    Ok(found)
}

fn paths(site: &Site<'_>, language: &Language) -> Vec<String> {
    let files = site
        .cx
        .context
        .and_then(|context| context.files_below("", MOST_FILES))
        .unwrap_or_default();
    let is_source = |path: &String| {
        let slashed = in_folder("", path);
        language
            .sources
            .iter()
            .any(|end| path.ends_with(end.as_str()))
            && !NOT_THE_PROJECT.iter().any(|folder| {
                slashed.starts_with(folder) || slashed.contains(&format!("/{folder}"))
            })
    };
    files.into_iter().filter(is_source).collect()
}

fn line_that_loads(language: &Language, text: &str) -> Option<usize> {
    let loads = |line: &str| language.loads.iter().any(|regex| regex.is_match(line));
    text.lines().position(loads).map(|nth| nth + 1)
}

/// Whether a text holds the name of a program at the start of a string.
fn names(text: &str, name: &str) -> bool {
    ['"', '\'', '`'].iter().any(|quote| {
        let mut rest = text;
        let start = format!("{quote}{name}");
        while let Some(at) = rest.find(&start) {
            rest = &rest[at + start.len()..];
            if rest.starts_with([*quote, ' ']) {
                return true;
            }
        }
        false
    })
}

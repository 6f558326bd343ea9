//! Scripts of `package.json`: an image that builds when it starts, or serves its sources to those who work on
//! them, needs its tools.

use serde_json::Value;

use crate::context::scripts_around;
use crate::knowledge::startup::Needs;
use crate::syntax::shell;
use crate::transform::Refusal;

use super::{Site, outside};

/// How deep scripts may call scripts.
const DEEPEST: usize = 4;

/// Refuses when a script that the container starts is about the build.
///
/// # Errors
/// The first such script.
pub(super) fn check(site: &Site<'_>) -> Result<(), Refusal> {
    let manifest = || serde_json::from_str(&site.cx.context?.read("package.json")?).ok();
    let Some(manifest): Option<Value> = manifest() else {
        return Ok(());
    };
    for line in site.command_lines()? {
        if let Some(tool) = tool_behind(site, &manifest, &line.words, DEEPEST) {
            let message = format!("`{}` calls `{tool}`", line.words.join(" "));
            return Err(outside::refuse(
                site,
                line.launch,
                "runs-build-tool",
                &message,
            ));
        }
    }
    Ok(())
}

/// The command line of a tool of the build behind `words`.
fn tool_behind(
    site: &Site<'_>,
    manifest: &Value,
    words: &[String],
    depth: usize,
) -> Option<String> {
    let (program, named) = site.cx.knowledge.startup.program(words)?;
    let name = match program.needs {
        Needs::TheScriptBehind => words[named..].iter().find(|word| !word.starts_with('-'))?,
        Needs::TheScriptItself => words[..named].last()?,
        Needs::Build if depth < DEEPEST => return Some(words.join(" ")),
        _ if program.for_development => return Some(words.join(" ")),
        _ => return None,
    };
    let mut texts = scripts_around(manifest, name);
    texts.find_map(|text| tool_in(site, manifest, text, depth.checked_sub(1)?))
}

/// The first command line of a tool of the build in the script `text`.
fn tool_in(site: &Site<'_>, manifest: &Value, text: &str, depth: usize) -> Option<String> {
    let script = shell::parse(text).ok()?;
    script.simple_commands().into_iter().find_map(|simple| {
        let words: Vec<String> = simple
            .words
            .iter()
            .map(|word| word.text(text).to_owned())
            .collect();
        // `tsc` and the like are not in the tables, but the name of the script says what it is for.
        let is_build = |name: &String| name == "build" || name.starts_with("build:");
        let given_paths = &site.cx.knowledge.startup.given_paths;
        let has_verbs = words
            .first()
            .is_some_and(|name| !given_paths.contains(name));
        if has_verbs && words.iter().skip(1).any(is_build) {
            return Some(words.join(" "));
        }
        tool_behind(site, manifest, &words, depth)
    })
}

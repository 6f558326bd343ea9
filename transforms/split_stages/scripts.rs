//! Scripts of `package.json`: an image that builds when it starts, or serves its sources to those who work on
//! them, needs its tools.

use serde_json::Value;

use crate::context::{PACKAGE_JSON, all_scripts, matches_name, scripts_around};
use crate::knowledge::dependency_folders::DependencyFolder;
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
    let context = site.cx.context;
    let Some(manifest) = context.and_then(|context| context.document(PACKAGE_JSON)) else {
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
    let (program, _) = site.cx.knowledge.startup.program(words)?;
    let name = match program.needs {
        Needs::TheScriptBehind | Needs::TheScriptItself => {
            site.cx.knowledge.startup.script_run_by(words)?
        }
        Needs::Build if depth < DEEPEST => return Some(words.join(" ")),
        _ if program.for_development => return Some(words.join(" ")),
        _ => return None,
    };
    let mut texts = scripts_around(manifest, name);
    texts.find_map(|text| tool_in(site, manifest, text, depth.checked_sub(1)?))
}

/// The first command line of a tool of the build in the script `text`.
fn tool_in(site: &Site<'_>, manifest: &Value, text: &str, depth: usize) -> Option<String> {
    commands_of(text)?.into_iter().find_map(|words| {
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

/// The words of each command of a script, as they are written. `None`: it cannot be read.
fn commands_of(text: &str) -> Option<Vec<Vec<String>>> {
    let script = shell::parse(text).ok()?;
    let words = |simple: &shell::Simple| {
        let words = simple.words.iter();
        words.map(|word| word.text(text).to_owned()).collect()
    };
    Some(script.simple_commands().into_iter().map(words).collect())
}

/// The scripts of a manifest that a build runs.
pub(super) struct Scripts<'a> {
    site: &'a Site<'a>,
    entry: &'a DependencyFolder,
    manifest: &'a Value,
}

impl<'a> Scripts<'a> {
    pub(super) fn new(
        site: &'a Site<'a>,
        entry: &'a DependencyFolder,
        manifest: &'a Value,
    ) -> Self {
        Self {
            site,
            entry,
            manifest,
        }
    }

    /// Whether `words`, and all commands of the scripts that they lead to, put nothing into the folder of dependencies
    /// that a program needs.
    pub(super) fn leave_dependencies(&self, words: &[String]) -> bool {
        self.all_leave(words, DEEPEST)
    }

    fn all_leave(&self, words: &[String], depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        if self.entry.is_left_by(words) {
            return true;
        }
        let startup = &self.site.cx.knowledge.startup;
        if let Some(name) = startup.script_run_by(words) {
            return self.scripts_leave(name, depth);
        }
        let program = words.first().map_or("", String::as_str);
        if self.entry.runs_scripts(program) {
            let mut names = words[1..].iter().filter(|word| !word.starts_with('-'));
            return names.all(|name| self.scripts_leave(name, depth));
        }
        let behind = startup.command_behind(words);
        behind.is_some_and(|words| self.all_leave(&words, depth))
    }

    /// The same of the scripts that `pattern` names, with those that run along with each.
    fn scripts_leave(&self, pattern: &str, depth: usize) -> bool {
        let names = all_scripts(self.manifest).map(|(name, _)| name);
        let mut meant = names.filter(|name| matches_name(pattern, name)).peekable();
        let leaves = |name: &str| {
            let mut texts = scripts_around(self.manifest, name);
            texts.all(|text| self.script_leaves(text, depth))
        };
        meant.peek().is_some() && meant.all(leaves)
    }

    fn script_leaves(&self, text: &str, depth: usize) -> bool {
        let is_plain = !text.contains(['`', '$']) && !self.entry.is_named_in(text);
        let commands = commands_of(text).filter(|_| is_plain);
        commands.is_some_and(|commands| commands.iter().all(|words| self.all_leave(words, depth)))
    }
}

//! Every command line that a container starts, through wrappers and the shell scripts of the project.

use std::borrow::Cow;

use crate::analysis::effects::PROGRAM_FOLDERS;
use crate::analysis::launch::Launch;
use crate::analysis::paths::{below, join, parent};
use crate::syntax::shell;
use crate::transform::Refusal;

use super::Site;

/// A command line, and what the image says that leads to it.
pub(super) struct CommandLine<'s> {
    /// The launch that starts it.
    pub(super) launch: &'s Launch,
    /// Its words; the first is the program. What only a script knows is as the script has it.
    pub(super) words: Vec<String>,
    /// Whether it is a script or a program of the project that dfopt has no text of.
    pub(super) is_unread: bool,
}

/// All command lines, in the order in which they are met.
///
/// # Errors
/// When a script of the project cannot be read.
pub(super) fn started<'s>(site: &'s Site<'_>) -> Result<Vec<CommandLine<'s>>, Refusal> {
    let mut walk = Walk {
        site,
        lines: Vec::new(),
        read: Vec::new(),
    };
    for launch in &site.launches.launches {
        walk.follow(launch, launch.words.clone())?;
    }
    Ok(walk.lines)
}

struct Walk<'s> {
    site: &'s Site<'s>,
    lines: Vec<CommandLine<'s>>,
    /// The scripts that have been read.
    read: Vec<String>,
}

impl<'s> Walk<'s> {
    fn follow(&mut self, launch: &'s Launch, words: Vec<String>) -> Result<(), Refusal> {
        let behind = self.site.cx.knowledge.startup.command_behind(&words);
        let scripts = words.iter().filter_map(|word| script(self.site, word));
        let scripts: Vec<(String, String)> = scripts.collect();
        let is_unread = scripts.is_empty() && is_unread(self.site, &words);
        self.lines.push(CommandLine {
            launch,
            words,
            is_unread,
        });
        if let Some(words) = behind {
            self.follow(launch, words)?;
        }
        for (path, text) in scripts {
            if !self.read.contains(&path) {
                self.read.push(path.clone());
                self.script(launch, &path, &text)?;
            }
        }
        Ok(())
    }

    fn script(&mut self, launch: &'s Launch, path: &str, text: &str) -> Result<(), Refusal> {
        let Ok(parsed) = shell::parse(text) else {
            let message = format!("dfopt cannot tell which programs {path} starts");
            return Err(self.site.refuse("opaque-command", message));
        };
        for simple in parsed.simple_commands() {
            let known = |word: &shell::Word| {
                let literal = word.literal(text).map(Cow::into_owned);
                literal.unwrap_or_else(|| word.text(text).to_owned())
            };
            let words: Vec<String> = simple.words.iter().map(known).collect();
            if !words.is_empty() {
                self.follow(launch, words)?;
            }
        }
        Ok(())
    }
}

/// The shell script of the build context that `word` names: below the working directory, or by its
/// name alone where a copy put it somewhere else.
fn script(site: &Site<'_>, word: &str) -> Option<(String, String)> {
    let context = site.cx.context?;
    let path = join(&site.workdir(), word);
    let name = path.rsplit('/').next().unwrap_or_default();
    let inside = below(&path, &site.workdir()).unwrap_or(name);
    let found = [inside, name]
        .into_iter()
        .find_map(|path| Some((path.to_owned(), context.read(path)?)));
    found.filter(|(path, text)| path.ends_with(".sh") || is_shell_script(text))
}

/// Whether `words` call something by its path that neither the system has nor the context holds.
fn is_unread(site: &Site<'_>, words: &[String]) -> bool {
    let named = |word: &&String| {
        let is_program = words.first() == Some(*word) && word.contains('/');
        is_program || word.ends_with(".sh")
    };
    words.iter().filter(named).any(|word| {
        let path = join(&site.workdir(), word);
        let inside = below(&path, &site.workdir()).unwrap_or_default();
        let is_of_system = PROGRAM_FOLDERS.contains(&parent(&path)) || path.contains("/bin/");
        let is_at_hand = site.cx.context.is_some_and(|context| context.has(inside));
        !is_of_system && !is_at_hand
    })
}

fn is_shell_script(text: &str) -> bool {
    text.strip_prefix("#!")
        .and_then(|rest| rest.lines().next())
        .is_some_and(|line| line.trim_end().ends_with("sh"))
}

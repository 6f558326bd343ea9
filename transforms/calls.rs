//! Commands that the sources of the project start: `subprocess.run(["git", "pull"])`.

use crate::context::{Source, SourceLine};
use crate::knowledge::Knowledge;
use crate::knowledge::tools::{Action, Does, Language};

/// How many lines a call may go on.
const LONGEST_CALL: usize = 8;

/// The first line of `file` that starts a command which `is_wanted`, with the words of that command as far as they are
/// known.
pub(super) fn find<'s>(
    knowledge: &Knowledge,
    language: &Language,
    file: &'s Source,
    is_wanted: impl Fn(&[String]) -> bool,
) -> Option<(SourceLine<'s>, Vec<String>)> {
    file.lines_with(&language.starts).next()?;
    let lines: Vec<SourceLine<'_>> = file.lines().filter(|line| !line.is_comment()).collect();
    (0..lines.len()).find_map(|at| {
        let call = whole_call(&lines[at..]);
        let mut commands = commands(knowledge, language, &call).into_iter();
        let words = commands.find(|words| is_wanted(words))?;
        let mut named = lines[at..].iter().take(LONGEST_CALL);
        let line = named.find(|line| line.text.contains(&words[0]));
        Some((*line.unwrap_or(&lines[at]), words))
    })
}

/// Whether a command that a source starts installs dependencies, and not into a folder that it names. Its options need not
/// be known.
pub(super) fn installs(knowledge: &Knowledge, words: &[String]) -> bool {
    let known: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((tool, program)) = knowledge.tools.find(&known) else {
        return false;
    };
    let behind = &words[program..];
    let is_asked = |action: &&Action| {
        let verbs = action.verbs.iter().filter(|verb| !verb.is_empty());
        let mut same = verbs.map(|verb| verb.split(' '));
        same.any(|verb| {
            behind
                .iter()
                .map(String::as_str)
                .take(verb.clone().count())
                .eq(verb)
        })
    };
    let names_folder = |action: &Action| {
        let mut folders = tool.options.write.iter().chain(&action.options.write);
        folders.any(|option| behind.iter().any(|word| word.starts_with(&**option)))
    };
    let mut actions = tool.actions.iter().filter(is_asked);
    actions.any(|action| action.does == Does::InstallDependencies && !names_folder(action))
}

/// The first of `lines`, with those behind it as long as a bracket or a comma says that it goes on.
fn whole_call(lines: &[SourceLine<'_>]) -> String {
    let mut call = String::new();
    for line in lines.iter().take(LONGEST_CALL) {
        let text = line.text.trim();
        call.push_str(text);
        if !text.ends_with(['(', '[', '{', ',']) {
            break;
        }
        call.push(' ');
    }
    call
}

/// The commands that `call` starts, word by word, up to the first word that is no text.
fn commands(knowledge: &Knowledge, language: &Language, call: &str) -> Vec<Vec<String>> {
    let call = language.with_interpreters(call);
    let mut pieces = call.split(['"', '\'', '`']);
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut goes_on = false;
    while let (Some(outside), Some(quoted)) = (pieces.next(), pieces.next()) {
        let words = quoted.split_whitespace().map(str::to_owned);
        let is_separator = |c: char| c == ',' || c.is_whitespace();
        if knowledge.startup.is_call(outside) {
            commands.push(words.collect());
            goes_on = true;
        } else if goes_on
            && outside
                .trim_end_matches(['f', 'r'])
                .chars()
                .all(is_separator)
        {
            commands.last_mut().into_iter().for_each(|last| {
                last.extend(words.clone());
            });
        } else {
            goes_on = false;
        }
    }
    commands.retain(|words| !words.is_empty());
    commands
}

//! The programs that a container starts: those of `ENTRYPOINT`, `CMD` and `HEALTHCHECK`.

use super::Facts;
use super::shell_variables::{self, Given, ShellVariables};
use super::stages::{Base, Stage};
use super::state::Shell;
use crate::analysis::paths::file_name;
use crate::syntax::shell::{self, Command, Item};
use crate::syntax::{Form, Healthcheck, Kind, View};

/// One command line of a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Launch {
    /// The instruction that holds it.
    pub instruction: usize,
    /// The words that are known; the first is the program.
    pub words: Vec<String>,
    /// Whether a shell reads it.
    pub needs_shell: bool,
}

/// What the containers of a stage start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Launches {
    /// The command lines, in source order.
    pub launches: Vec<Launch>,
    /// Whether a part of a shell form could not be read.
    pub opaque: bool,
    /// Whether the stage itself says what is started.
    pub declared: bool,
}

/// The instructions, in a stage or those that it is built on, that say what its containers start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Declared {
    /// The `ENTRYPOINT` that holds.
    pub entrypoint: Option<usize>,
    /// The `CMD` that holds.
    pub cmd: Option<usize>,
    /// The `HEALTHCHECK` that holds, if it checks something.
    pub healthcheck: Option<usize>,
}

impl Declared {
    /// Those of `stage`: the last of each kind, and a `CMD` only if no `ENTRYPOINT` of a stage above it forgot it.
    #[must_use]
    pub fn of_stage(facts: &Facts<'_>, stage: &Stage) -> Self {
        let mut declared = match stage.base {
            Base::Stage(parent) => Self::of_stage(facts, &facts.stages[parent]),
            _ => Self::default(),
        };
        let is_own = |at: &usize| stage.body.contains(at);
        for index in stage.body.clone() {
            match &facts.views[index].kind {
                Kind::Cmd { .. } => declared.cmd = Some(index),
                Kind::Entrypoint { .. } => {
                    declared.entrypoint = Some(index);
                    declared.cmd = declared.cmd.filter(is_own);
                }
                Kind::Healthcheck(Healthcheck::Cmd { .. }) => declared.healthcheck = Some(index),
                Kind::Healthcheck(Healthcheck::None) => declared.healthcheck = None,
                _ => {}
            }
        }
        declared
    }
}

/// The command lines that containers of `stage` start, as far as the stage itself says so.
///
/// The words of `CMD` stand behind those of an exec-form `ENTRYPOINT`.
#[must_use]
pub fn of_stage(facts: &Facts<'_>, stage: &Stage) -> Launches {
    let last = |wanted: fn(&Kind<'_>) -> bool| {
        stage
            .body
            .clone()
            .rev()
            .find(|&at| wanted(&facts.views[at].kind))
    };
    let entrypoint = last(|kind| matches!(kind, Kind::Entrypoint { .. }));
    let cmd = last(|kind| matches!(kind, Kind::Cmd { .. }));
    let check = last(|kind| matches!(kind, Kind::Healthcheck(Healthcheck::Cmd { .. })));
    let mut launches = Launches {
        declared: entrypoint.is_some() || cmd.is_some(),
        ..Launches::default()
    };
    match (entrypoint, cmd) {
        (Some(entrypoint), cmd) => launches.add_entrypoint(facts, entrypoint, cmd),
        (None, Some(cmd)) => launches.add(facts, cmd),
        (None, None) => {}
    }
    if let Some(check) = check {
        launches.add(facts, check);
    }
    launches
}

/// The command line of a `CMD`, an `ENTRYPOINT` or a `HEALTHCHECK`; `None` of anything else.
#[must_use]
pub fn form<'v>(view: &'v View<'_>) -> Option<&'v Form> {
    match &view.kind {
        Kind::Cmd { form }
        | Kind::Entrypoint { form }
        | Kind::Healthcheck(Healthcheck::Cmd { form }) => Some(form),
        _ => None,
    }
}

/// The words of the exec-form `ENTRYPOINT` of `stage`.
#[must_use]
pub fn entrypoint(facts: &Facts<'_>, stage: &Stage) -> Option<Vec<String>> {
    let entrypoints = stage.body.clone().rev();
    let last = entrypoints
        .map(|at| &facts.views[at])
        .find(|view| matches!(view.kind, Kind::Entrypoint { .. }))?;
    match form(last)? {
        Form::Exec(words) => Some(words.iter().map(|word| word.value.clone()).collect()),
        Form::Shell(_) => None,
    }
}

impl Launches {
    /// Adds the command line `words`, as instruction `instruction` would in exec form.
    pub fn add_words(&mut self, facts: &Facts<'_>, instruction: usize, words: Vec<String>) {
        match script_of(&words) {
            Some((script, given)) => self.add_script(facts, instruction, script, given),
            None if words.is_empty() => {}
            None => self.launches.push(Launch {
                instruction,
                words,
                needs_shell: false,
            }),
        }
    }

    /// Adds the command line of `ENTRYPOINT` with the words of `CMD` behind it.
    fn add_entrypoint(&mut self, facts: &Facts<'_>, entrypoint: usize, cmd: Option<usize>) {
        let Some(Form::Exec(_)) = form(&facts.views[entrypoint]) else {
            return self.add(facts, entrypoint);
        };
        let words = [Some(entrypoint), cmd].into_iter().flatten();
        let words = words.filter_map(|index| configured(facts, index));
        let before = self.launches.len();
        self.add_words(facts, entrypoint, words.flatten().collect());
        let is_shell_form = |index| matches!(form(&facts.views[index]), Some(Form::Shell(_)));
        for launch in &mut self.launches[before..] {
            launch.needs_shell |= cmd.is_some_and(is_shell_form);
        }
    }

    fn add(&mut self, facts: &Facts<'_>, instruction: usize) {
        let view = &facts.views[instruction];
        match form(view) {
            Some(Form::Exec(words)) => {
                let words = words.iter().map(|word| word.value.clone()).collect();
                self.add_words(facts, instruction, words);
            }
            Some(Form::Shell(span)) => self.add_script(facts, instruction, view.text(*span), &[]),
            None => {}
        }
    }

    /// Adds the commands of `script`, which is called with the words `given`; the first of these is its `$0`.
    fn add_script(
        &mut self,
        facts: &Facts<'_>,
        instruction: usize,
        script: &str,
        given: &[String],
    ) {
        let Ok(parsed) = shell::parse(script) else {
            self.opaque = true;
            return;
        };
        let state = &facts.states[instruction];
        let given = Given {
            words: Some(given),
            variable: &|name| state.value(name),
        };
        let mut variables = ShellVariables::default();
        for (loops, simple) in shell_variables::in_order(&parsed) {
            variables.note(&parsed, (&loops, simple), script, given);
            for line in variables.lines(simple, script, given) {
                let known = line.iter().filter(|word| word.is_known);
                let words: Vec<String> = known.map(|word| word.text.clone()).collect();
                self.opaque |= words.is_empty() && !simple.words.is_empty();
                if !words.is_empty() {
                    self.launches.push(Launch {
                        instruction,
                        words,
                        needs_shell: true,
                    });
                }
            }
        }
        let mut commands = parsed
            .items
            .iter()
            .flat_map(Item::pipelines)
            .flat_map(|pipeline| &pipeline.commands);
        self.opaque |= commands.any(|command| matches!(command, Command::Function(_)));
    }
}

/// The script of `["sh", "-c", "…", "name", "word"]`, perhaps with more options, and the words behind it: the script calls
/// them `$0`, `$1` and so on.
#[must_use]
pub fn script_of(words: &[String]) -> Option<(&str, &[String])> {
    let (shell, arguments) = words.split_first()?;
    if !matches!(file_name(shell), "sh" | "bash" | "ash" | "dash") {
        return None;
    }
    let is_cluster = |word: &str, last: char| word.starts_with('-') && word.ends_with(last);
    let flag = arguments.iter().position(|word| is_cluster(word, 'c'))?;
    // `-o pipefail`, `-euo pipefail`
    let is_value = |at: usize| at > 0 && is_cluster(&arguments[at - 1], 'o');
    let is_option = |at: usize| arguments[at].starts_with('-') || is_value(at);
    let (script, given) = arguments[flag + 1..].split_first()?;
    (0..flag).all(is_option).then_some((script, given))
}

/// The words that `word` of a script, as it is written, stands for, if it stands for some of those which the script is
/// called with; the first of these is its `$0`.
#[must_use]
pub fn given_words(word: &str, given: &[String]) -> Option<Vec<String>> {
    let is_quoted = word.starts_with('"');
    let words = match is_all_given(word) {
        true => given.get(1..).unwrap_or_default(),
        false => {
            let name = word.trim_matches('"').strip_prefix('$')?;
            let name = name.trim_start_matches('{').trim_end_matches('}');
            let at: usize = name.parse().ok()?;
            given.get(at..=at)?
        }
    };
    let divided = words.iter().flat_map(|word| word.split_whitespace());
    Some(match is_quoted {
        true => words.to_vec(),
        false => divided.map(str::to_owned).collect(),
    })
}

/// The script that `words` of another one hand to the shell: those behind `eval`, in one line.
#[must_use]
pub fn evaluated(words: &[String]) -> Option<String> {
    let (program, rest) = words.split_first()?;
    (program == "eval" && !rest.is_empty()).then(|| rest.join(" "))
}

/// The words that a script goes on with in place of those that it is called with: `set -- make run`.
#[must_use]
pub fn set_by(words: &[String]) -> Option<&[String]> {
    match words {
        [set, mark, rest @ ..] if set == "set" && mark == "--" && !rest.is_empty() => Some(rest),
        _ => None,
    }
}

/// How many levels above the script that runs `path` starts, and how it goes on: `$(dirname $0)/..`.
#[must_use]
pub fn beside_script(path: &str) -> Option<(usize, &str)> {
    let names = ["$0", "${0", "BASH_SOURCE"];
    let levels = path.matches("dirname").count() + usize::from(path.starts_with("${0%"));
    let is_it = levels > 0 && names.iter().any(|name| path.contains(name));
    let end = path.rfind([')', '}', '`'])?;
    is_it.then(|| (levels, &path[end + 1..]))
}

/// Whether `word` of a script, as written, stands for all words that the script is called with.
fn is_all_given(word: &str) -> bool {
    matches!(word.trim_matches('"'), "$@" | "${@}" | "$*" | "${*}")
}

/// What an image gets as `Cmd` or `Entrypoint` from the instruction at `index`; `None` when it sets neither.
#[must_use]
pub fn configured(facts: &Facts<'_>, index: usize) -> Option<Vec<String>> {
    let view = &facts.views[index];
    Some(match form(view)? {
        Form::Exec(words) => words.iter().map(|word| word.value.clone()).collect(),
        Form::Shell(script) => {
            let shell = match &facts.states[index].shell {
                Shell::Posix { words } => words.clone(),
                Shell::Windows | Shell::Other => vec![String::new()],
            };
            let script = view.text(*script).to_owned();
            shell.into_iter().chain([script]).collect()
        }
    })
}

/// Whether two values of `Cmd` or `Entrypoint` start the same program with the same words: they are equal, or a
/// shell that has nothing to do is gone, or makes way with `exec`.
#[must_use]
pub fn starts_the_same(before: &[String], after: &[String]) -> bool {
    let script_alone = |words| {
        let (script, given) = script_of(words)?;
        given.is_empty().then_some(script)
    };
    let Some(script) = script_alone(before) else {
        return before == after;
    };
    let makes_way = |new: &str| {
        before[..before.len() - 1] == after[..after.len() - 1]
            && without_exec(new).any(|without| without == script)
    };
    before == after
        || simple_words(script).as_deref() == Some(after)
        || script_alone(after).is_some_and(makes_way)
}

/// The words of a script that is one command with nothing for a shell to do.
fn simple_words(script: &str) -> Option<Vec<String>> {
    let parsed = shell::parse(script).ok()?;
    let ([item], []) = (parsed.items.as_slice(), parsed.comments.as_slice()) else {
        return None;
    };
    let [Command::Simple(simple)] = item.first.commands.as_slice() else {
        return None;
    };
    let is_bare = item.rest.is_empty()
        && item.terminator.is_none()
        && !item.first.negated
        && simple.assignments.is_empty()
        && simple.redirects.is_empty();
    let words = simple.words.iter().map(|word| word.literal(script));
    let words = words.map(|word| Some(word?.into_owned()));
    words.collect::<Option<Vec<_>>>().filter(|_| is_bare)
}

/// `script` without one `exec`, each in turn.
fn without_exec(script: &str) -> impl Iterator<Item = String> {
    const EXEC: &str = "exec ";
    let places = script.match_indices(EXEC);
    places.map(|(at, _)| format!("{}{}", &script[..at], &script[at + EXEC.len()..]))
}

impl Launch {
    /// The program without the words of the shell in front of it that only start it (`exec`).
    #[must_use]
    pub fn program(&self) -> &str {
        let mut words = self.words.iter().map(String::as_str);
        let is_prefix = |word: &&str| matches!(*word, "exec" | "nohup" | "time" | "command");
        words.find(|word| !is_prefix(word)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_may_go_if_it_has_nothing_to_do() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        let same = |before: &[&str], after: &[&str]| starts_the_same(&words(before), &words(after));
        let sh = |script| ["/bin/sh", "-c", script];
        assert!(same(&sh("a 'b c'"), &["a", "b c"]));
        assert!(same(&sh("a && b $C"), &sh("a && exec b $C")));
        assert!(same(
            &["/bin/bash", "-euo", "pipefail", "-c", "a b"],
            &["a", "b"]
        ));
        assert!(same(&["a"], &["a"]));
        assert!(same(&sh("bash -c 'a; b'"), &["bash", "-c", "a; b"]));
        assert!(!same(&sh("a $B"), &["a", "$B"]));
        assert!(!same(&sh("a b"), &["a", "c"]));
        assert!(!same(&sh("a; b"), &["a"]));
        assert!(!same(&sh("a > b"), &["a"]));
        assert!(!same(&["a"], &sh("a")));
        assert!(!same(&sh("a"), &["/bin/bash", "-c", "exec a"]));
    }

    #[test]
    fn the_folder_of_a_script_is_known_by_its_forms() {
        assert_eq!(beside_script("$(dirname $0)"), Some((1, "")));
        assert_eq!(beside_script("$(dirname -- $0)/.."), Some((1, "/..")));
        assert_eq!(beside_script("${0%/*}/lib"), Some((1, "/lib")));
        assert_eq!(
            beside_script("$(dirname $(dirname $(readlink -f ${BASH_SOURCE[0]})))"),
            Some((2, ""))
        );
        assert_eq!(beside_script("$HOME/x"), None);
        assert_eq!(beside_script("$(pwd)"), None);
    }
}

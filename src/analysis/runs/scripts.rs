//! Scripts from the net that the tables know by their addresses.

use super::Step;
use crate::analysis::commands::{Arg, first_words};
use crate::analysis::effects::{Effects, resolved};
use crate::analysis::paths::{Extent, Region, file_name, join};
use crate::analysis::state::State;
use crate::knowledge::tools::{Tool, Tools};

/// The scripts that the commands of a `RUN` can call.
#[derive(Clone)]
pub(super) struct Scripts<'a> {
    /// What the next command gets on its standard input.
    pub(super) piped: Option<&'a Tool>,
    /// What has been downloaded, by absolute paths.
    files: Vec<(String, &'a Tool)>,
}

/// A command line that calls one of them.
pub(super) struct Call<'a> {
    pub(super) script: &'a Tool,
    /// How many words name the interpreter and the script.
    pub(super) words: usize,
    /// The file that it is read from.
    pub(super) file: Option<String>,
}

impl<'a> Scripts<'a> {
    /// Those that `ADD` has downloaded before.
    pub(super) fn new(state: &State, tools: &'a Tools) -> Self {
        let known =
            |(path, address): &(String, String)| Some((path.clone(), tools.script_at(address)?));
        Self {
            piped: None,
            files: state.downloads.iter().filter_map(known).collect(),
        }
    }

    /// The one that the command line `args` calls in the folder `cwd`: `bash -s -- -y`, `python get-pip.py`, `./install.sh`.
    pub(super) fn called_by(&self, args: &[Arg], cwd: Option<&str>) -> Option<Call<'a>> {
        let words = first_words(args);
        let is_one_of = |known: &'static [&str]| move |word: &&&str| known.contains(*word);
        let as_root = words.iter().take_while(is_one_of(&["sudo", "-E"])).count();
        if let Some(call) = self.named(&words, as_root, cwd) {
            return Some(call);
        }
        let of_shell = words.iter().skip(as_root + 1);
        let of_shell = of_shell.take_while(is_one_of(&["-", "-s", "-e", "-x", "-E", "--"]));
        let behind = as_root + 1 + of_shell.count();
        let reads_input = || {
            let has = |asked: &[&str]| {
                words[as_root + 1..behind]
                    .iter()
                    .any(|word| asked.contains(word))
            };
            // `php -- --quiet`; another option names what is run in place of it: `sh -c`, `python -m`
            let is_option = |word: &&str| word.starts_with('-');
            let are_for_script = has(&["--"]) && words.get(behind).is_some_and(is_option);
            has(&["-", "-s"]) || behind == args.len() || are_for_script
        };
        let piped = |script| Call {
            script,
            words: behind,
            file: None,
        };
        let call = self
            .named(&words, behind, cwd)
            .or_else(|| self.piped.filter(|_| reads_input()).map(piped))?;
        let interpreter = file_name(words.get(as_root)?);
        call.script.is_called_by(interpreter).then_some(call)
    }

    /// The one in the file that word `at` names.
    fn named(&self, words: &[&str], at: usize, cwd: Option<&str>) -> Option<Call<'a>> {
        let path = resolved(cwd, words.get(at)?)?;
        let (file, script) = self.files.iter().find(|(file, _)| *file == path)?;
        Some(Call {
            script,
            words: at + 1,
            file: Some(file.clone()),
        })
    }

    /// Forgets the files that `effects` change.
    pub(super) fn forget(&mut self, effects: &Effects) {
        let is_kept = |file: &str| !effects.writes.meets(&Region::new(file));
        self.files.retain(|(file, _)| is_kept(file));
    }

    /// Remembers the file that `step` downloads a script to, and forgets those that it changes.
    pub(super) fn remember(&mut self, step: &Step<'a>, tools: &'a Tools) {
        self.files.retain(|(file, _)| !step.changes(file));
        let Some((address, script)) = downloaded_by(step, tools) else {
            return;
        };
        let Extent::Regions(written) = &step.effects.writes else {
            return;
        };
        if let [only] = written.as_slice() {
            let file = match step.cwd.as_deref() {
                Some(cwd) if cwd == only.path() => join(cwd, file_name(address)),
                _ => only.path().to_owned(),
            };
            self.files.push((file, script));
        }
    }
}

/// The address of a script that `step` downloads, and what the tables know of it.
pub(super) fn downloaded_by<'s, 'a>(
    step: &'s Step<'a>,
    tools: &'a Tools,
) -> Option<(&'s str, &'a Tool)> {
    step.invocation.as_ref()?;
    let mut words = step.args.iter().map(Arg::known);
    words.find_map(|word| Some((word, tools.script_at(word)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;

    #[test]
    fn interpreters_call_scripts_from_the_net() {
        let tools = &Knowledge::builtin().tools;
        let scripts = Scripts {
            piped: tools.script_at("https://sh.rustup.rs"),
            files: tools
                .script_at("https://deb.nodesource.com/setup_20.x")
                .map(|script| ("/tmp/setup.sh".to_owned(), script))
                .into_iter()
                .collect(),
        };
        let called = |line: &str| {
            let args: Vec<Arg> = line.split(' ').map(Arg::word).collect();
            let call = scripts.called_by(&args, Some("/tmp"))?;
            Some((call.script.id.clone(), call.words))
        };
        let piped = |words| Some(("rustup-script".to_owned(), words));
        assert_eq!(called("sh"), piped(1));
        assert_eq!(called("sudo -E /bin/bash -"), piped(4));
        assert_eq!(called("sh -s -- -y"), piped(3));
        assert_eq!(called("bash other.sh"), None);
        assert_eq!(called("tee copy.sh"), None);
        assert_eq!(called("sh -c cat"), None);
        let in_file = |words| Some(("repository-script".to_owned(), words));
        assert_eq!(called("bash -e setup.sh"), in_file(3));
        assert_eq!(called("./setup.sh --help"), in_file(1));
        assert_eq!(called("cat setup.sh"), None);
    }

    #[test]
    fn only_the_start_of_an_address_counts() {
        let tools = &Knowledge::builtin().tools;
        assert!(tools.script_at("https://sh.rustup.rs").is_some());
        assert!(tools.script_at("sh.rustup.rs").is_some());
        assert!(
            tools
                .script_at("https://example.com/sh.rustup.rs")
                .is_none()
        );
    }
}

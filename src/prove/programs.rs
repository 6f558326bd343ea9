//! Whether the programs that an image starts are there, and may be started by its user.

use std::collections::BTreeMap;

use super::accounts::{Access, Account};
use super::configuration::Configuration;
use super::tree::Tree;
use crate::analysis::paths::file_name;
use crate::syntax::shell;

/// Where programs are looked for when the image does not say so: what runc has built in.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How many interpreters stand behind each other at the most, as in Linux.
const MOST_INTERPRETERS: usize = 5;

/// A program that the configuration names, and what is wrong with it.
pub type Verdicts = BTreeMap<String, Result<(), String>>;

/// The programs that `ENTRYPOINT`, `CMD` and `HEALTHCHECK` name, by their names. In shell forms, and behind an
/// entry point, a word may be no program at all: what counts is the comparison with the image before.
#[must_use]
pub fn check(tree: &Tree, configuration: &Configuration) -> Verdicts {
    let Some(account) = Account::find(tree, configuration.user()) else {
        let missing = format!("there is no account {:?}", configuration.user());
        return BTreeMap::from([("USER".to_owned(), Err(missing))]);
    };
    let starter = Starter {
        tree,
        account,
        environment: configuration.environment(),
        folder: configuration.folder(),
    };
    let names = names(configuration);
    names
        .into_iter()
        .map(|name| (name.clone(), starter.check(&name, 0)))
        .collect()
}

/// The first words of everything that may be started.
fn names(configuration: &Configuration) -> Vec<String> {
    let lines = [
        configuration.words("Entrypoint"),
        configuration.words("Cmd"),
        configuration.health_check(),
    ];
    let mut names = Vec::new();
    for line in lines {
        names.extend(line.first().cloned());
        if let Some(script) = script_of(&line) {
            names.extend(commands(script, &configuration.environment()));
        }
    }
    names
}

/// The script of `["/bin/sh", "-c", "…"]`.
fn script_of(words: &[String]) -> Option<&str> {
    let is_option = |word: &String| word.starts_with('-') && word.ends_with('c');
    let at = words.iter().position(is_option)?;
    (at > 0).then(|| words.get(at + 1).map(String::as_str))?
}

/// The first words of the commands of `script`, behind those that only start another program.
fn commands(script: &str, environment: &BTreeMap<String, String>) -> Vec<String> {
    let Ok(parsed) = shell::parse(script) else {
        return Vec::new();
    };
    let value = |name: &str| environment.get(name).cloned();
    let first = |simple: &shell::Simple| {
        let mut words = simple.words.iter().map(|word| word.expand(script, &value));
        words.find(|word| word.as_deref() != Some("exec"))?
    };
    parsed
        .simple_commands()
        .into_iter()
        .filter_map(first)
        .collect()
}

/// An image in which something is to be started.
struct Starter<'t> {
    tree: &'t Tree,
    account: Account,
    environment: BTreeMap<String, String>,
    folder: &'t str,
}

impl Starter<'_> {
    /// Whether the program can be started, and all that stands behind it.
    fn check(&self, name: &str, depth: usize) -> Result<(), String> {
        let path = self.locate(name)?;
        let may = |access| self.account.may(self.tree, &path, access);
        if !may(Access::Execute) {
            return Err(format!("user {} may not execute {path}", self.account.uid));
        }
        let file = self.tree.resolve(&path).and_then(|(_, node)| node.file());
        let file = file.ok_or_else(|| format!("{path} is no file"))?;
        if depth > MOST_INTERPRETERS {
            return Err(format!("{path}: too many interpreters behind each other"));
        }
        let behind = |next: Result<(), String>| {
            next.map_err(|error| format!("{path} needs what is not there: {error}"))
        };
        if let Some(loader) = file.elf.as_ref().and_then(|elf| elf.interpreter.as_deref()) {
            return behind(self.check(loader, depth + 1));
        }
        let Some(shebang) = &file.shebang else {
            return Ok(());
        };
        if !may(Access::Read) {
            return Err(format!("user {} may not read {path}", self.account.uid));
        }
        let mut words = shebang.split_whitespace();
        let interpreter = words.next().unwrap_or_default();
        behind(self.check(interpreter, depth + 1))?;
        let is_env = file_name(interpreter) == "env";
        match words.find(|word| !word.starts_with('-') && !word.contains('=')) {
            Some(program) if is_env => behind(self.check(program, depth + 1)),
            _ => Ok(()),
        }
    }

    /// The path of the program that `name` means.
    fn locate(&self, name: &str) -> Result<String, String> {
        let missing = || format!("there is no {name}");
        if name.contains('/') {
            let path = if name.starts_with('/') {
                name.to_owned()
            } else {
                format!("{}/{name}", self.folder)
            };
            return self.tree.resolve(&path).map(|_| path).ok_or_else(missing);
        }
        let folders = self
            .environment
            .get("PATH")
            .map_or(DEFAULT_PATH, String::as_str);
        let mut paths = folders.split(':').map(|folder| format!("{folder}/{name}"));
        let is_program = |path: &String| {
            let node = self.tree.resolve(path).map(|(_, node)| node);
            node.is_some_and(|node| node.file().is_some() && node.mode & 0o111 != 0)
        };
        paths.find(is_program).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::elf::Elf;
    use super::super::tree::tests::{Entry, tree};
    use super::*;

    fn found(entries: &[(&str, Entry)], config: Value) -> Verdicts {
        check(&tree(entries), &Configuration::new(config))
    }

    #[test]
    fn a_script_needs_its_interpreter() {
        let entries = [
            ("app/run.py", Entry::Program("#!/usr/bin/env python3\n")),
            ("usr/bin/env", Entry::Program("")),
            ("app/hidden", Entry::Text("x")),
        ];
        let config = json!({"Entrypoint": ["/app/run.py"], "Cmd": ["./hidden"], "WorkingDir": "/app", "User": "5"});
        let verdicts = found(&entries, config);
        let error = |name: &str| verdicts[name].clone().expect_err("it cannot be started");
        assert!(
            error("/app/run.py").ends_with("there is no python3"),
            "{verdicts:?}"
        );
        assert_eq!(error("./hidden"), "user 5 may not execute /app/./hidden");
    }

    #[test]
    fn a_program_needs_its_loader() {
        let elf = || Elf {
            interpreter: Some("/lib64/ld.so".to_owned()),
            ..Elf::default()
        };
        let config = || json!({"Cmd": ["server"], "Env": ["PATH=/opt:/bin"]});
        let without = found(&[("bin/server", Entry::Elf(elf()))], config());
        assert!(without["server"].is_err(), "{without:?}");
        let loader = ("lib64/ld.so", Entry::Elf(Elf::default()));
        let with = found(&[("bin/server", Entry::Elf(elf())), loader], config());
        assert_eq!(with["server"], Ok(()));
    }

    #[test]
    fn the_commands_of_shell_forms_are_found() {
        let config = json!({
            "Cmd": ["/bin/bash", "-o", "pipefail", "-c", "migrate && exec \"$APP\" --port 1 | tee log"],
            "Healthcheck": {"Test": ["CMD-SHELL", "curl -f x || exit 1"]},
            "Env": ["APP=serve"],
        });
        let names: Vec<String> = found(&[], config).into_keys().collect();
        assert_eq!(
            names,
            [
                "/bin/bash",
                "/bin/sh",
                "curl",
                "exit",
                "migrate",
                "serve",
                "tee"
            ]
        );
    }
}

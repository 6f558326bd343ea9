//! Programs that would install what is missing when the container starts, where the build has installed everything.

use super::given;
use super::left_behind::history;
use super::start::Reader;
use crate::analysis::paths::{file_name, join};
use crate::analysis::runs::Step;
use crate::knowledge::startup::{Settled, wrapped};
use crate::transforms::origin::{Origin, origin};

impl Reader<'_> {
    /// The command that the program starts which `words` call, with `arguments` behind its name, where the build has
    /// installed all that it would install.
    pub(super) fn settled(&self, settled: &Settled, arguments: &[String]) -> Option<Vec<String>> {
        let command = wrapped(arguments);
        let options = &arguments[..arguments.len() - command.len()];
        let chosen = chosen(settled, options.iter().map(String::as_str))?;
        let is_settled = self.is_plain_project(settled)
            && !self.moves_something(settled)
            && self.is_installed(settled, &chosen);
        let (end, interpreter) = &settled.scripts;
        let is_script = command.first()?.ends_with(end.as_str());
        let interpreter = is_script.then(|| interpreter.clone());
        is_settled.then(|| interpreter.into_iter().chain(command).collect())
    }

    /// Whether the project in the working folder is one that is not installed itself, with its lock file, and the context
    /// brings no environment over that of the build.
    fn is_plain_project(&self, settled: &Settled) -> bool {
        let workdir = self.cx.facts.state_after(self.stage).workdir;
        let file = |name: &str| match origin(self.cx, self.stage, &join(&workdir, name)) {
            Origin::File(file) => self.cx.context?.read(&file),
            _ => None,
        };
        let environment = join(&workdir, &settled.environment);
        let brought = origin(self.cx, self.stage, &join(&environment, "pyvenv.cfg"));
        file(&settled.manifest).is_some_and(|text| settled.is_plain(&text))
            && file(&settled.lock).is_some()
            && !matches!(brought, Origin::File(_))
    }

    /// Whether a variable, of the image or of a container, may say that something lies elsewhere, or a container starts in
    /// another folder.
    fn moves_something(&self, settled: &Settled) -> bool {
        let state = self.cx.facts.state_after(self.stage);
        let mut containers = given::containers(self.cx, self.stage);
        state.variables.keys().any(|name| settled.minds(name))
            || containers.any(|(_, container)| {
                let mut given = container.environment.iter();
                container.workdir.is_some() || given.any(|(name, _)| settled.minds(name))
            })
    }

    /// Whether the tool has installed the same in the working folder, and has done nothing else.
    fn is_installed(&self, settled: &Settled, chosen: &[&str]) -> bool {
        let facts = self.cx.facts;
        let indices = history(self.cx, self.stage);
        let is_opaque = |at: &usize| facts.run(*at).is_some_and(|run| run.opaque.is_some());
        if indices.iter().any(is_opaque) {
            return false;
        }
        let calls: Vec<&str> = self.cx.knowledge.tools.calls_of(&settled.tool).collect();
        let is_call = |step: &&Step<'_>| match &step.invocation {
            Some(own) => own.tool.id == settled.tool,
            None => {
                let mut words = step.args.iter().map(|arg| file_name(arg.known()));
                words.any(|word| calls.contains(&word))
            }
        };
        let steps = indices.iter().flat_map(|&at| facts.steps(at));
        let mut steps = steps.filter(is_call).peekable();
        steps.peek().is_some() && steps.all(|step| self.installs_the_same(settled, step, chosen))
    }

    fn installs_the_same(&self, settled: &Settled, step: &Step<'_>, chosen: &[&str]) -> bool {
        let workdir = self.cx.facts.state_after(self.stage).workdir;
        let Some(own) = step.invocation.as_ref() else {
            return false;
        };
        let mut words = step.args[own.program_words..].iter().map(|arg| arg.known());
        words.next() == Some(settled.verb.as_str())
            && step.assigns.is_empty()
            && step.cwd.as_deref() == Some(&workdir)
            && self::chosen(settled, words).is_some_and(|other| other == chosen)
    }
}

/// Those of `options` that choose what is installed, in order. `None`: one is not known.
fn chosen<'w>(settled: &Settled, options: impl Iterator<Item = &'w str>) -> Option<Vec<&'w str>> {
    let is_one = |known: &[String], option: &str| known.iter().any(|known| known == option);
    let mut chosen = Vec::new();
    for option in options {
        match () {
            () if is_one(&settled.choosing, option) => chosen.push(option),
            () if is_one(&settled.options, option) || option == "--" => {}
            () => return None,
        }
    }
    chosen.sort_unstable();
    Some(chosen)
}

//! Programs that a step of the build runs as root, and the container again as another user.

use super::left_behind::Looker;
use crate::analysis::paths::file_name;
use crate::analysis::runs::Step;
use crate::knowledge::startup::{Needs, Startup};
use crate::transform::Refusal;

/// What programs only answer.
const QUESTIONS: [&str; 3] = ["--help", "-h", "help"];

impl Looker<'_> {
    /// Refuses when `step`, which `text` spells, runs a program of which nothing is known, and the container starts it as well:
    /// what it keeps in its home or in the project (packages, a database, settings) belongs to root.
    pub(super) fn run_before(
        &self,
        index: usize,
        step: &Step<'_>,
        text: &str,
    ) -> Result<(), Refusal> {
        let startup = &self.cx.knowledge.startup;
        let words: Vec<String> = step.words().map(str::to_owned).collect();
        let asks = words.iter().any(|word| QUESTIONS.contains(&word.as_str()))
            || matches!(words.as_slice(), [_, option] if self.cx.knowledge.tools.asked_for_version(option).is_some());
        let Some(program) =
            unknown_program(startup, &words).filter(|_| step.invocation.is_none() && !asks)
        else {
            return Ok(());
        };
        let again = self
            .start
            .commands
            .iter()
            .find(|command| unknown_program(startup, &command.words) == Some(program));
        let Some(again) = again else { return Ok(()) };
        let message = format!(
            "`{text}` runs {program} as root, and the container starts `{}`: what it keeps in its home or in the project belongs to root; do it when the container starts, or as the user who runs it",
            again.words.join(" ")
        );
        Err(self.refuse("data-of-root", index, message))
    }
}

/// The name of the program that `words` call, wrappers left out, if nothing is known of it.
fn unknown_program<'w>(startup: &Startup, words: &'w [String]) -> Option<&'w str> {
    match startup.program(words) {
        None => {
            let name = file_name(words.first()?);
            let is_plain = !name.is_empty() && !name.contains('$');
            let keeps_nothing = startup.keep_nothing.iter().any(|known| known == name);
            (is_plain && !keeps_nothing).then_some(name)
        }
        Some((wrapper, named)) if wrapper.needs == Needs::NothingItself => {
            let behind = words.get(named..)?;
            let start = behind.iter().position(|word| !word.starts_with('-'))?;
            unknown_program(startup, &behind[start..])
        }
        Some(_) => None,
    }
}

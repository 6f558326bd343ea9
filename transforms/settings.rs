//! What the options, the environment and earlier commands tell a tool about where to install.

use crate::analysis::commands::Invocation;
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::installs::{Installs, When};
use crate::transform::Cx;

const UNKNOWN: &str = "what decides where it installs is known only to the build";

/// What holds for one step.
pub(super) struct Settings<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    at: usize,
    step: &'a Step<'a>,
}

impl<'a> Settings<'a> {
    /// Those of `step` in instruction `at` of `stage`.
    pub(super) fn new(cx: &'a Cx<'a>, stage: &'a Stage, at: usize, step: &'a Step<'a>) -> Self {
        Self {
            cx,
            stage,
            at,
            step,
        }
    }

    /// What sends the install elsewhere than usual, with the value that does.
    ///
    /// # Errors
    /// When only the build knows the value.
    pub(super) fn first<'i>(
        &self,
        invocation: &Invocation<'_>,
        installs: &'i Installs,
    ) -> Result<Option<(&'i When, String)>, &'static str> {
        for when in &installs.when {
            let value = self.value(invocation, when, installs)?;
            if let Some(value) = value.filter(|value| when.holds_for(value)) {
                return Ok(Some((when, value)));
            }
        }
        Ok(None)
    }

    /// The value that is given to one of the names of `when`; an empty one for a flag. `None`: it is given none.
    ///
    /// # Errors
    /// When only the build knows the value.
    fn value(
        &self,
        invocation: &Invocation<'_>,
        when: &When,
        installs: &Installs,
    ) -> Result<Option<String>, &'static str> {
        let given = |name: &String| {
            invocation
                .options
                .iter()
                .find(|option| option.name == *name)
        };
        if let Some(option) = when.option.iter().find_map(given) {
            let is_flag = option.value_at.is_none() && option.value.is_none();
            let value = option.value.clone().or(is_flag.then(String::new));
            return value.map(Some).ok_or(UNKNOWN);
        }
        if when.variable.iter().any(|name| self.is_assigned(name)) {
            return Err(UNKNOWN);
        }
        let state = &self.cx.facts.states[self.at];
        let set = |name: &&String| state.variables.contains_key(name.as_str());
        if let Some(name) = when.variable.iter().find(set) {
            let value = state.fixed_value(name);
            return value.map(|value| Some(value.to_owned())).ok_or(UNKNOWN);
        }
        for name in &when.setting {
            if let Some(value) = self.setting(invocation, name)? {
                return Ok(Some(value));
            }
        }
        let file = installs.settings_file.as_ref();
        Ok(file.and_then(|file| self.in_file(file, &when.setting)))
    }

    /// Whether the script itself sets the variable `name` for the step.
    fn is_assigned(&self, name: &str) -> bool {
        let steps = self.cx.facts.steps(self.at).iter();
        let mut before = steps.take_while(|step| step.span.start <= self.step.span.start);
        let exports = |step: &Step<'_>| {
            let mut words = step.words();
            words.next() == Some("export") && words.any(|word| word.split('=').next() == Some(name))
        };
        let assigns = |step: &Step<'_>| step.assigns.iter().any(|assigned| assigned == name);
        assigns(self.step)
            || before.any(|step| exports(step) || step.args.is_empty() && assigns(step))
    }

    /// The value of the last command above that sets `name`: the word behind it.
    fn setting(
        &self,
        invocation: &Invocation<'_>,
        name: &str,
    ) -> Result<Option<String>, &'static str> {
        let body = self.stage.body.start..=self.at;
        let mut value = None;
        for step in body.flat_map(|at| self.cx.facts.steps(at)) {
            let of_tool = step
                .invocation
                .as_ref()
                .filter(|own| own.tool.id == invocation.tool.id);
            let Some(own) = of_tool else {
                continue;
            };
            let words: Vec<Option<&str>> = own
                .operands
                .iter()
                .map(|&at| step.args[at].text.as_deref())
                .collect();
            if let Some(nth) = words.iter().position(|word| *word == Some(name)) {
                let word = words.get(nth + 1).copied().flatten();
                value = Some(word.ok_or(UNKNOWN)?.to_owned());
            }
        }
        Ok(value)
    }

    /// The value of one of `names`, which hold dots, in a file of the project.
    fn in_file(&self, file: &str, names: &[String]) -> Option<String> {
        let text = self.cx.context?.read(file)?;
        let table: toml::Table = text.parse().ok()?;
        let tree = toml::Value::Table(table);
        let value = |name: &String| name.split('.').try_fold(&tree, |tree, key| tree.get(key));
        match names.iter().find_map(value)? {
            toml::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

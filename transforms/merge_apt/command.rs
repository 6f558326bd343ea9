//! One command of a package manager, word by word.

use crate::analysis::commands::Invocation;
use crate::analysis::runs::Step;
use crate::knowledge::package_managers::PackageManager;
use crate::syntax::Span;
use crate::transform::Cx;

use super::layer::{Work, is_listed};

/// A command of a package manager, or a removal of what it keeps.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    /// The instruction.
    pub(super) index: usize,
    /// Its place among the commands of the instruction.
    pub(super) nth: usize,
    pub(super) step: &'a Step<'a>,
    pub(super) invocation: &'a Invocation<'a>,
    pub(super) work: Work,
}

impl<'a> Command<'a> {
    /// Where it stands in the source.
    pub(super) fn source(&self, cx: &Cx<'_>) -> Span {
        cx.facts.source(self.index, self.step.span)
    }

    /// Where word `at` stands in the source.
    pub(super) fn word(&self, cx: &Cx<'_>, at: usize) -> Span {
        cx.facts.source(self.index, self.step.args[at].span)
    }

    /// The words that are no options, as written.
    pub(super) fn operands<'c>(&'c self, cx: &'c Cx<'a>) -> impl Iterator<Item = &'a str> + 'c {
        let text = cx.file.text();
        self.invocation
            .operands
            .iter()
            .map(move |&at| self.word(cx, at).text(text))
    }

    /// Whether an option of the table's list `names` is given, alone or among short ones.
    pub(super) fn has_any(&self, names: &[String]) -> bool {
        self.invocation.options.iter().any(|option| {
            let alone = self.invocation.spelled_out(&option.name);
            alone.iter().any(|name| is_listed(names, name)) || is_listed(names, &option.name)
        })
    }

    /// The variables that are set for it alone, as the shell reads them: without the ends of lines.
    pub(super) fn assignments<'c>(&self, cx: &'c Cx<'_>) -> &'c str {
        let words = self.step.args.first();
        let end = words.map_or(self.step.span.start, |word| word.span.start);
        cx.facts.views[self.index].text(Span::new(self.step.span.start, end))
    }

    /// What it asks for beside packages: program, verb and the options that matter, in a form that can be compared.
    pub(super) fn manner(&self, cx: &Cx<'_>, manager: &PackageManager) -> Vec<String> {
        let text = cx.file.text();
        let mut manner = vec![
            self.assignments(cx).trim().to_owned(),
            self.program(manager).to_owned(),
            self.verb().join(" "),
        ];
        let verb = manner.len();
        for option in &self.invocation.options {
            let value = match (option.value_at, &option.value) {
                (Some(at), _) => self.word(cx, at).text(text),
                (None, value) => value.as_deref().unwrap_or_default(),
            };
            let names = self.invocation.spelled_out(&option.name).into_iter();
            let matters = names.filter(|name| !manager.is_indifferent_to(name));
            manner.extend(matters.map(|name| format!("{name}={value}")));
        }
        manner[verb..].sort();
        manner
    }

    /// The program as scripts call it.
    pub(super) fn program<'c>(&'c self, manager: &'c PackageManager) -> &'c str {
        let program = self.step.args[0].known();
        match &manager.in_scripts {
            Some(names) if names.program == program => &names.becomes,
            _ => program,
        }
    }

    /// The words of the verb.
    pub(super) fn verb(&self) -> Vec<&str> {
        let words = self.invocation.verb_words.clone();
        self.step.args[words]
            .iter()
            .map(|arg| arg.known())
            .collect()
    }
}

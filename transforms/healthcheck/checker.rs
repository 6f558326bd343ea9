//! What in the image can ask.

use crate::analysis::stages::Base;
use crate::knowledge::health;
use crate::knowledge::images::ImageRef;
use crate::knowledge::tools::Does;
use crate::transform::{Evidence, Place, Refusal};

use super::Site;
use super::port::Port;

/// The first status that is a failure, of a path that is there for that, and of any other: that is no page is none.
const FAILURE: u16 = 400;
const SERVER_FAILURE: u16 = 500;

/// A program that asks, and why it is there.
pub(super) struct Asker<'k> {
    checker: &'k health::Checker,
    note: String,
}

/// What is asked.
pub(super) struct Question<'q> {
    pub(super) port: &'q Port,
    /// The path that answers when the server is well, if one is known.
    pub(super) path: Option<&'q str>,
}

impl<'a> Site<'_, 'a> {
    /// The best program for the question that the image has for sure.
    pub(super) fn checker<P>(&self, path: Option<P>) -> Result<Asker<'a>, Refusal> {
        let fits = |checker: &&health::Checker| {
            path.is_some() && !checker.only_connects || path.is_none() && !checker.needs_path
        };
        let checkers = self.cx.knowledge.health.checkers.iter().filter(fits);
        let mut askers = checkers.filter_map(|checker| {
            let note = self.is_there(checker)?;
            Some(Asker { checker, note })
        });
        askers.next().ok_or_else(|| {
            let message = "the image is not known to have a program that could ask: no interpreter of the language, no BusyBox, no curl";
            self.refuse("no-tool", message)
        })
    }

    /// Why the image has `checker`, if it has.
    fn is_there(&self, checker: &health::Checker) -> Option<String> {
        let image = self.cx.facts.image(self.stage);
        let program = &checker.program;
        if checker.installed {
            return self
                .is_installed(program)
                .then(|| format!("a step installs {program}"))
                .or_else(|| {
                    let toolset = image?.toolset?;
                    toolset
                        .programs
                        .contains_key(program)
                        .then(|| format!("the image has {program}"))
                });
        }
        let image = image?;
        let is_old = checker
            .since
            .is_some_and(|since| self.major_version().is_some_and(|major| major < since));
        (checker.is_in(image.provides, image.distribution) && !is_old)
            .then(|| format!("the image has {program}"))
    }

    /// Whether a step of the stage, or of one that it is built on, installs the package of this name.
    fn is_installed(&self, package: &str) -> bool {
        let facts = self.cx.facts;
        let body = facts
            .ancestry(self.stage)
            .flat_map(|stage| stage.body.clone());
        let mut steps = body
            .filter_map(|at| facts.runs[at].as_ref())
            .flat_map(|run| &run.steps);
        steps.any(|step| {
            step.does() == Some(Does::InstallPackages)
                && step.args.iter().any(|arg| arg.known() == package)
        })
    }

    /// The first number in the tag of the image.
    fn major_version(&self) -> Option<u16> {
        let origin = self.cx.facts.ancestry(self.stage).last()?;
        let Base::Image(reference) = &origin.base else {
            return None;
        };
        let tag = ImageRef::parse(reference).tag?;
        tag.split(['.', '-']).next()?.parse().ok()
    }
}

impl Asker<'_> {
    pub(super) fn program(&self) -> &str {
        &self.checker.program
    }

    /// What shows that the image has it.
    pub(super) fn because(&self) -> Evidence {
        Evidence {
            place: Place::Table("health"),
            note: self.note.clone(),
        }
    }

    /// The words of its command line.
    pub(super) fn command(&self, question: &Question<'_>) -> Vec<String> {
        let number = question.port.number.to_string();
        let variable = question
            .port
            .variable
            .as_ref()
            .zip(self.checker.variable.as_ref());
        let port = variable.map_or_else(
            || number.clone(),
            |(name, form)| form.replace("{variable}", name).replace("{port}", &number),
        );
        let imports = variable.map_or("", |_| self.checker.imports.as_str());
        let limit = if question.path.is_some() {
            FAILURE
        } else {
            SERVER_FAILURE
        };
        let filled = |argument: &String| {
            let argument = argument
                .replace("{port}", &port)
                .replace("{imports}", imports);
            argument
                .replace("{path}", question.path.unwrap_or("/"))
                .replace("{limit}", &limit.to_string())
        };
        let arguments = self.checker.arguments.iter().map(filled);
        std::iter::once(self.checker.program.clone())
            .chain(arguments)
            .collect()
    }
}

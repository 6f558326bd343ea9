//! The image under a stage, as a Dockerfile of its own: built, it shows what a stage has from its base.

use std::fs;

use super::engines::{Engine, Error, Image, Order};
use crate::analysis::Facts;
use crate::analysis::stages::Base;
use crate::knowledge::Knowledge;
use crate::syntax::{self, Kind, TokenKind};

/// The parts of `text` that name the image under the stage `target`, or the last one. `None` when that is `scratch`,
/// or there is no such stage.
#[must_use]
pub fn dockerfile(text: &str, target: Option<&str>, knowledge: &Knowledge) -> Option<String> {
    let file = syntax::parse(text);
    let facts = Facts::new(&file, knowledge);
    let mut stage = match target {
        Some(name) => facts.stages.iter().find(|stage| stage.is_named(name))?,
        None => facts.final_stage()?,
    };
    while let Base::Stage(parent) = stage.base {
        stage = facts.stages.get(parent)?;
    }
    if stage.base == Base::Scratch {
        return None;
    }
    let directives = file
        .tokens()
        .iter()
        .filter(|token| token.kind == TokenKind::Directive);
    let directives = directives.map(|token| token.span.text(text).trim_end());
    let first = facts.stages.first()?.from;
    let arguments = (0..first).filter(|&at| matches!(facts.views[at].kind, Kind::Arg { .. }));
    let arguments = arguments.map(|at| facts.source_text(at));
    let lines: Vec<&str> = directives
        .chain(arguments)
        .chain([facts.source_text(stage.from)])
        .collect();
    Some(lines.join("\n") + "\n")
}

/// Builds the image under the stage that `order` builds of a Dockerfile that says `text`; nothing where that is `scratch`.
/// Its own Dockerfile is written to `order.dockerfile`.
///
/// # Errors
/// When it cannot be had, or the engine fails.
pub fn build<'e>(
    engine: &'e Engine,
    order: &Order<'_>,
    text: &str,
    knowledge: &Knowledge,
    on_step: &mut dyn FnMut(&str),
) -> Result<Option<Image<'e>>, Error> {
    let Some(base) = dockerfile(text, order.target, knowledge) else {
        return Ok(None);
    };
    fs::write(order.dockerfile, base)
        .map_err(|error| Error::Engine(format!("{}: {error}", order.dockerfile.display())))?;
    let order = Order {
        target: None,
        ..*order
    };
    engine.build(&order, on_step).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_named_as_the_file_names_it() {
        let text = "# syntax=docker/dockerfile:1\nARG TAG=3.11\n# why\nFROM python:$TAG AS a\nRUN x\nFROM a AS b\nFROM scratch\n";
        let base = |target| dockerfile(text, target, Knowledge::builtin());
        let expected = "# syntax=docker/dockerfile:1\nARG TAG=3.11\nFROM python:$TAG AS a\n";
        assert_eq!(base(Some("b")).as_deref(), Some(expected));
        assert_eq!(base(None), None);
        assert_eq!(base(Some("c")), None);
    }
}

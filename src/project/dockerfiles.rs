//! The images that other Dockerfiles of a project stand on, or copy from.

use std::collections::HashMap;

use crate::syntax::{self, Dockerfile, Expander, Kind, Lookup, Word};

/// An image that an instruction names.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Named {
    /// The line of the instruction, from 1.
    pub line: usize,
    /// How it is called, with the arguments replaced that have values.
    pub image: String,
    /// Whether steps run in it; else files of it are taken.
    pub is_built_on: bool,
}

/// Those that the Dockerfile `text` names, built with the arguments `given`, in source order. Its own stages are none.
pub(super) fn images(text: &str, given: &[(String, String)]) -> Vec<Named> {
    let file = syntax::parse(text);
    let mut values: HashMap<String, String> = HashMap::new();
    let mut stages: Vec<String> = Vec::new();
    let mut named = Vec::new();
    for (instruction, view) in file.instructions().iter().zip(file.views()) {
        let mut add = |image: String, is_built_on| {
            if !stages.iter().any(|own| own.eq_ignore_ascii_case(&image)) {
                named.push(Named {
                    line: file.line_col(instruction.span.start).0,
                    image,
                    is_built_on,
                });
            }
        };
        match &view.kind {
            Kind::From { image, alias, .. } => {
                add(expanded(&file, image, &values), true);
                stages.extend(alias.as_ref().map(|alias| alias.raw.clone()));
            }
            Kind::Arg { args } => {
                for arg in args {
                    let is_it = |(name, _): &&(String, String)| *name == arg.name.raw;
                    let given = given.iter().find(is_it).map(|(_, value)| value.clone());
                    let default = || Some(expanded(&file, arg.default.as_ref()?, &values));
                    let value = given.or_else(default);
                    values.extend(value.map(|value| (arg.name.raw.clone(), value)));
                }
            }
            _ => view
                .taken_from()
                .for_each(|image| add(image.to_owned(), false)),
        }
    }
    named
}

/// The image on which the stage `target` of the Dockerfile `text` is built, or its last one; `None` where there is no such
/// stage.
pub(super) fn base_of(text: &str, target: Option<&str>) -> Option<String> {
    let file = syntax::parse(text);
    let raw = |alias: &Word| alias.raw.clone();
    let stages = file.views().iter().filter_map(|view| match &view.kind {
        Kind::From { image, alias, .. } => Some((image.raw.clone(), alias.as_ref().map(raw))),
        _ => None,
    });
    let stages: Vec<(String, Option<String>)> = stages.collect();
    let named = |name: &str| {
        let is_it = |alias: &String| alias.eq_ignore_ascii_case(name);
        let mut stages = stages.iter();
        stages.find(|(_, alias)| alias.as_ref().is_some_and(is_it))
    };
    let mut stage = target.map_or(stages.last(), named)?;
    // A stage may have the name of the image that it is built on.
    for _ in &stages {
        stage = named(&stage.0).unwrap_or(stage);
    }
    Some(stage.0.clone())
}

/// `word` with the variables replaced that have `values`.
fn expanded(file: &Dockerfile<'_>, word: &Word, values: &HashMap<String, String>) -> String {
    let lookup = |name: &str| match values.get(name) {
        Some(value) => Lookup::Set(value.clone()),
        None => Lookup::Unknown,
    };
    let expanded = Expander::new(file.escape()).expand(&word.raw, &lookup);
    expanded.value().unwrap_or_else(|| word.raw.clone())
}

#[cfg(test)]
mod tests {
    use super::{base_of, images};

    fn names(text: &str, given: &[(String, String)]) -> Vec<(usize, String, bool)> {
        let named = images(text, given).into_iter();
        named
            .map(|named| (named.line, named.image, named.is_built_on))
            .collect()
    }

    #[test]
    fn images_are_built_on_or_copied_from() {
        let text = "FROM --platform=x \\\n shop AS a\ncopy --chown=1 --from=web /a /b\nCOPY a b\n\
                    RUN x --from=c\nRUN --mount=type=bind,from=tools,target=/t x\nFROM A\nCOPY --from=a /x /x\n";
        let expected = [(1, "shop", true), (3, "web", false), (6, "tools", false)];
        let expected = expected.map(|(line, name, on)| (line, name.to_owned(), on));
        assert_eq!(names(text, &[]), expected);
    }

    #[test]
    fn variables_have_their_values_or_defaults() {
        let text = "ARG BASE=shop\nARG TAG=\"1\"\nFROM ${BASE}:$TAG";
        assert_eq!(names(text, &[])[0].1, "shop:1");
        let given = [("TAG".to_owned(), "2".to_owned())];
        assert_eq!(names(text, &given)[0].1, "shop:2");
        assert_eq!(names("FROM ${OTHER}", &[])[0].1, "${OTHER}");
    }

    #[test]
    fn the_image_of_a_stage_is_found_behind_its_names() {
        let text =
            "FROM --platform=linux/amd64 nginx:1 AS base\nRUN x\nFROM node as build\nfrom base\n";
        assert_eq!(base_of(text, None).as_deref(), Some("nginx:1"));
        assert_eq!(base_of(text, Some("build")).as_deref(), Some("node"));
        assert_eq!(base_of(text, Some("other")), None);
        assert_eq!(base_of("FROM a AS a\n", None).as_deref(), Some("a"));
    }
}

//! Whether something reads what would be left out.

use std::iter;
use std::sync::Arc;

use crate::analysis::paths::file_name;
use crate::context::{BuildContext, Source, SourceLine, interpreter_of};
use crate::knowledge::ignorable::Kind as Ignorable;
use crate::syntax;
use crate::transform::{Cx, Place};
use crate::transforms::calls;

/// Who needs `name`, and how that is known.
pub(super) fn of(
    cx: &Cx<'_>,
    context: &BuildContext,
    kind: &Ignorable,
    name: &str,
) -> Option<(Place, &'static str)> {
    in_dockerfile(cx, kind, name)
        .or_else(|| in_other_dockerfiles(cx, context, name))
        .or_else(|| in_files(context, kind))
        .or_else(|| in_scripts(context, kind))
        .or_else(|| in_sources(cx, context, kind))
}

/// A step that runs a program which reads it, or an instruction that names it and does not make it itself.
fn in_dockerfile(cx: &Cx<'_>, kind: &Ignorable, name: &str) -> Option<(Place, &'static str)> {
    for (index, view) in cx.facts.views.iter().enumerate() {
        let site = cx.file.instructions()[index].span;
        let commands = cx.facts.all_commands(index);
        let mut programs = commands.filter_map(|step| step.args.first());
        if programs.any(|program| kind.is_read_by(file_name(program.known()))) {
            return Some((site.into(), "runs a program that reads it"));
        }
        let body = view.body.text(&view.logical.text);
        let heredocs = &cx.file.instructions()[index].heredocs;
        let heredocs = heredocs.iter();
        let heredocs = heredocs.map(|heredoc| heredoc.body.text(cx.file.text()));
        let texts: Vec<&str> = iter::once(body).chain(heredocs).collect();
        if texts.iter().any(|text| names(text, name)) && !is_made(cx, name) {
            return Some((site.into(), "names it"));
        }
        // Commands in quotes: `sh -c "git describe"`.
        if texts
            .iter()
            .any(|text| text.lines().any(|line| kind.is_asked_in(line)))
        {
            return Some((site.into(), "may read it"));
        }
    }
    None
}

/// Whether a step makes a folder of this name in the image, so that the one of the host is in its way.
fn is_made(cx: &Cx<'_>, name: &str) -> bool {
    let steps = cx.facts.runs.iter().flatten().flat_map(|run| &run.steps);
    let mut actions = steps.filter_map(|step| Some(step.invocation.as_ref()?.action));
    actions.any(|action| action.host_artefacts.iter().any(|made| made == name))
}

/// Another Dockerfile of the folder that names it: both have one ignore file.
pub(in crate::transforms) fn in_other_dockerfiles(
    cx: &Cx<'_>,
    context: &BuildContext,
    name: &str,
) -> Option<(Place, &'static str)> {
    let patterns = ["*Dockerfile*", "*Containerfile*", "*/*Dockerfile*"];
    let others = patterns.iter().flat_map(|pattern| context.glob(pattern));
    for path in others {
        let is_other = |text: &Arc<str>| {
            context.dockerfile() != Some(path.as_str()) && **text != *cx.file.text()
        };
        let Some(text) = context.read(&path).filter(is_other) else {
            continue;
        };
        let file = syntax::parse(&text);
        let instructions = file.instructions().iter();
        let mut instructions = instructions.map(|instruction| instruction.span.text(&text));
        if instructions.any(|instruction| names(instruction, name)) {
            return Some((
                Place::File(path, None),
                "names it, and is built from the same folder",
            ));
        }
    }
    None
}

/// A file of the project whose lines say that the build reads it.
fn in_files(context: &BuildContext, kind: &Ignorable) -> Option<(Place, &'static str)> {
    let files = kind
        .searched
        .iter()
        .flat_map(|pattern| context.glob(pattern));
    for path in files {
        let Some(text) = context.read(&path) else {
            continue;
        };
        if let Some(at) = text.lines().position(|line| kind.is_asked_in(line)) {
            return Some((Place::File(path, Some(at + 1)), "may read it"));
        }
    }
    None
}

/// A shell script in any folder whose lines say so: a step may run it, or the container.
fn in_scripts(context: &BuildContext, kind: &Ignorable) -> Option<(Place, &'static str)> {
    let all = context.files_called(&["*".to_owned()]);
    let mut scripts = all.files().filter(|file| is_shell_script(file));
    scripts.find_map(|file| {
        let mut lines = file.lines_with(&kind.marks);
        let line = lines.find(|line| !line.is_comment())?;
        Some((place_of(&line), "may read it"))
    })
}

fn is_shell_script(file: &Source) -> bool {
    let interpreter = interpreter_of(file.text());
    file.path().ends_with(".sh") || interpreter.is_some_and(|program| program.ends_with("sh"))
}

/// A source of the program that reads it where the container runs, or starts one which does, as `git describe`.
fn in_sources(
    cx: &Cx<'_>,
    context: &BuildContext,
    kind: &Ignorable,
) -> Option<(Place, &'static str)> {
    let knowledge = cx.knowledge;
    let reads = |words: &[String]| {
        let is_known = |name: &String| kind.is_read_by(name);
        let asks = |verb: &String| !kind.unread.iter().any(|known| known == verb);
        words.first().is_some_and(is_known) && words.get(1).is_none_or(asks)
    };
    let named = |file: &Source| {
        let mut lines = file.lines_with(&kind.used);
        let line = lines.find(|line| !line.is_comment())?;
        Some((place_of(&line), "has it read"))
    };
    let languages = knowledge.tools.languages().iter();
    languages
        .filter(|_| !kind.programs.is_empty())
        .find_map(|language| {
            let sources = context.sources(language);
            let mut files = sources.files();
            files.find_map(|file| {
                let started = calls::find(knowledge, language, file, reads);
                let started =
                    started.map(|(line, _)| (place_of(&line), "starts a program that reads it"));
                started.or_else(|| named(file))
            })
        })
}

fn place_of(line: &SourceLine<'_>) -> Place {
    Place::File(line.path.to_owned(), Some(line.line))
}

/// Whether `name` stands in `text` as a part of a path.
fn names(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + name.len()..].chars().next();
        !before.is_some_and(is_word) && !behind.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_is_a_part_of_a_path() {
        assert!(names("COPY .git/HEAD /x", ".git"));
        assert!(names("PATH=/app/.venv/bin", ".venv"));
        assert!(!names("https://example.com/x.git", ".git"));
        assert!(!names("COPY .gitignore /", ".git"));
        assert!(!names("RUN printenv", "env"));
    }
}

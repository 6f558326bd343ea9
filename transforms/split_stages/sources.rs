//! What the sources of the project start and load when they run.

use crate::analysis::paths::{file_name, join};
use crate::analysis::runs::Step;
use crate::context::{BuildContext, FileKind, Source, SourceLine, Sources, interpreter_of};
use crate::knowledge::images::Toolset;
use crate::knowledge::tools::Language;
use crate::syntax::shell;
use crate::transform::{Cx, Place, Refusal};
use crate::transforms::calls;
use crate::transforms::opened;
use crate::transforms::origin::{Origin, origin_before};

use super::Site;
use super::artefacts::steps;
use super::roles::Role;

/// What the sources show.
#[derive(Default)]
pub(super) struct Started {
    /// The programs among those that are asked for.
    pub(super) programs: Vec<String>,
    /// Whether they start any program: then a shell may be one of them.
    pub(super) any: bool,
}

/// The programs that the sources start; those among `known` by their names.
///
/// # Errors
/// When a source loads a library by its name, which the larger image may have alone.
pub(super) fn started(site: &Site<'_>, known: &[&str]) -> Result<Started, Refusal> {
    let language = language(site).and_then(|name| site.cx.knowledge.tools.language(name));
    let (Some(context), Some(language)) = (site.cx.context, language) else {
        return Ok(Started::default());
    };
    let sources = context.sources(language);
    if let Some(found) = sources.find(&language.loads) {
        let place = Place::File(found.path.to_owned(), Some(found.line));
        let message = format!(
            "{} loads a library by its name, and the smaller image may not have it",
            found.path
        );
        let note = "the library is not named in any manifest";
        return Err(site.refuse("loads-library", message).because(place, note));
    }
    if let Some(found) = builder_in(site, language, &sources) {
        let message = format!(
            "{} compiles something when it runs, which the smaller image cannot",
            found.path
        );
        let place = Place::File(found.path.to_owned(), Some(found.line));
        return Err(site
            .refuse("runs-build-tool", message)
            .because(place, "what the program does"));
    }
    if let Some((line, words)) = installer_in(site, language, &sources) {
        let message = format!(
            "{} starts `{}`, which may have to compile what it installs",
            line.path,
            words.join(" ")
        );
        let place = Place::File(line.path.to_owned(), Some(line.line));
        return Err(site
            .refuse("runs-build-tool", message)
            .because(place, "what the program does"));
    }
    let mut programs = sources.programs(language, known);
    if sources.find(&language.starts).is_some() {
        programs.extend(started_by_scripts(context, &sources, known));
    }
    Ok(Started {
        programs,
        any: sources.find(&language.starts).is_some(),
    })
}

/// Whether the sources start one of the `programs`, as far as they show it.
pub(super) fn start_one_of(site: &Site<'_>, programs: &[&str]) -> bool {
    let language = language(site).and_then(|name| site.cx.knowledge.tools.language(name));
    let (Some(context), Some(language)) = (site.cx.context, language) else {
        return false;
    };
    let sources = context.sources(language);
    !sources.programs(language, programs).is_empty()
}

/// The packages of the larger image with files that the program opens.
pub(super) fn opened<'t>(site: &Site<'_>, toolset: &'t Toolset) -> Vec<&'t str> {
    let language = language(site).and_then(|name| site.cx.knowledge.tools.language(name));
    language.map_or_else(Vec::new, |language| {
        opened::packages(site.cx, site.stage, language, toolset)
    })
}

/// The programs among `known` that start with the scripts which the sources name: `spawn("./scripts/report.py")`.
fn started_by_scripts(context: &BuildContext, sources: &Sources, known: &[&str]) -> Vec<String> {
    let mut programs = Vec::new();
    for line in sources.lines().filter(|line| !line.is_comment()) {
        let quoted = line.text.split(['"', '\'', '`']).skip(1).step_by(2);
        let names = quoted
            .flat_map(str::split_whitespace)
            .map(|word| word.trim_start_matches("./"));
        let scripts = names
            .filter(|name| !name.starts_with('/') && context.kind(name) == Some(FileKind::File));
        for text in scripts.filter_map(|name| context.read(name)) {
            programs.extend(called_by_script(&text));
        }
    }
    programs.retain(|program| known.contains(&program.as_str()));
    programs
}

/// What runs a script, by its first line, and the programs that it calls itself, if it is one of a shell.
fn called_by_script(text: &str) -> Vec<String> {
    let Some(interpreter) = interpreter_of(text) else {
        return Vec::new();
    };
    let base = |word: &str| file_name(word).to_owned();
    let is_shell = interpreter.ends_with("sh");
    let script = is_shell.then(|| shell::parse(text).ok()).flatten();
    let commands = script.iter().flat_map(shell::Script::simple_commands);
    let called = commands.filter_map(|simple| Some(base(simple.words.first()?.text(text))));
    let called: Vec<String> = called.collect();
    std::iter::once(interpreter).chain(called).collect()
}

/// The first line of the program that needs what the build needs.
fn builder_in<'s>(
    site: &Site<'_>,
    language: &Language,
    sources: &'s Sources,
) -> Option<SourceLine<'s>> {
    let files = sources.files();
    let of_program = files.filter(|file| language.is_of_program(file.path()));
    let mut builders =
        of_program.filter_map(|file| file.lines_with(&language.builds_when_run).next());
    builders.find(|line| !is_of_build(site, language, sources, line.path))
}

/// The first line of the program that installs dependencies, with the words of the command.
fn installer_in<'s>(
    site: &Site<'_>,
    language: &Language,
    sources: &'s Sources,
) -> Option<(SourceLine<'s>, Vec<String>)> {
    let files = sources.files();
    let mut of_program = files.filter(|file| language.is_of_program(file.path()));
    let installs = |words: &[String]| calls::installs(site.cx.knowledge, words);
    of_program.find_map(|file| calls::find(site.cx.knowledge, language, file, installs))
}

/// Whether the source `path` is a script of the build: a step runs it, and neither the container nor a source does.
fn is_of_build(site: &Site<'_>, language: &Language, sources: &Sources, path: &str) -> bool {
    let name = file_name(path);
    let stem = name.split('.').next().unwrap_or(name);
    let runs = |step: &Step<'_>| step.args.iter().any(|arg| arg.known().ends_with(name));
    let mut built = steps(site, Role::Build);
    let is_run_by_build = built.any(|(at, step)| runs(step) && compiles(site.cx, at, step));
    let is_named = |line: SourceLine<'_>| {
        let mut words = line.text.split(|c: char| !c.is_alphanumeric() && c != '_');
        !line.is_comment() && line.path != path && words.any(|word| word == stem)
    };
    let names = |words: &[String]| words.iter().any(|word| word.contains(stem));
    // Where a script cannot be read, it may be that one.
    let lines = site.command_lines();
    let is_started =
        lines.is_err() || lines.is_ok_and(|lines| lines.iter().any(|line| names(&line.words)));
    let of_program = sources.files();
    let of_program = of_program.filter(|file| language.is_of_program(file.path()));
    let mut lines = of_program.flat_map(Source::lines);
    is_run_by_build && !is_started && !lines.any(is_named)
}

/// The language of the image, or of what is built in it.
pub(super) fn language<'s>(site: &'s Site<'_>) -> Option<&'s str> {
    site.image.provides.or_else(|| built_language(site))
}

/// Whether the source that a step runs needs a compiler.
pub(super) fn compiles(cx: &Cx<'_>, at: usize, step: &Step<'_>) -> bool {
    let invocation = step.invocation.as_ref();
    let language = invocation.and_then(|own| cx.knowledge.tools.language_of(own.tool));
    let (Some(language), Some(context), Some(cwd), Some(stage)) =
        (language, cx.context, &step.cwd, cx.facts.final_stage())
    else {
        return false;
    };
    let words = step.args.iter().skip(1).map(|arg| arg.known());
    let is_source = |word: &&str| language.is_source(word);
    let Some(source) = words.into_iter().find(is_source) else {
        return false;
    };
    let Origin::File(file) = origin_before(cx, stage, at, &join(cwd, source)) else {
        return false;
    };
    let text = context.read(&file).unwrap_or_default();
    let needs_compiler = |line: &str| language.compiles.iter().any(|regex| regex.is_match(line));
    text.lines().any(needs_compiler)
}

/// The language of what is built in an image that is made for none.
fn built_language<'s>(site: &'s Site<'_>) -> Option<&'s str> {
    let mut tools =
        steps(site, Role::Build).filter_map(|(_, step)| Some(step.invocation.as_ref()?.tool));
    tools.find_map(|tool| tool.ecosystem.as_deref())
}

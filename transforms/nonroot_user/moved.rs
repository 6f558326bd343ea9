//! A program in the home of root, which nobody else may enter: its folder gets a name outside of it.
//!
//! That is done only where all that names the folder can be seen and named anew; the program then runs as somebody else by
//! the same rules as any other.

use super::left_behind::names_home_of_root;
use super::made;
use super::site::Site;
use super::sources::{HOME_OF_ROOT, Project};
use super::start::{self, Start};
use crate::analysis::own_paths;
use crate::analysis::paths::{Extent, Region, below, file_name, join};
use crate::analysis::runs::Step;
use crate::analysis::stages::Base;
use crate::context::{BuildContext, FileKind, Source, matches_name};
use crate::project::{Container, Mount};
use crate::syntax::{self, Kind, Transfer};
use crate::transform::{Change, Cx, Plan, Refusal, Rewrite};
use crate::transforms::origin::{Origin, origin};

/// What the folder is called then.
const FOLDER: &str = "/app";

/// The same plan, or the rewrite that gives the folder of the program another name, if only that stands in the way.
pub(super) fn or_moved(site: &Site<'_>, start: &Start, plan: Plan) -> Plan {
    let moved = |refusal: Refusal| rewrite(site, start).ok_or(refusal);
    plan.or_else(moved)
}

fn rewrite(site: &Site<'_>, start: &Start) -> Option<Rewrite> {
    let (cx, stage) = (site.cx, site.stage);
    let context = cx.context?;
    let is_of_image = matches!(stage.base, Base::Scratch) || cx.facts.image(stage).is_some();
    if !is_of_image || !own_paths::has(cx.facts, stage, HOME_OF_ROOT) {
        return None;
    }
    let project = Project::read(cx, start);
    if !is_free(site)
        || !is_made_by_workdir(site)
        || is_home_meant(site, context)
        || is_known_to_builders(site)
        || start.commands.iter().any(|command| command.words == ["cd"])
        || !project.has_sources()
        || asks_for_home(cx, &project)
        || is_named_outside(site, context)
    {
        return None;
    }
    let edits = own_paths::renamed(cx.facts, stage, HOME_OF_ROOT, FOLDER)?;
    if !runs_as_another(cx, &edits.apply(cx.file.text())) {
        return None;
    }
    let mut body = stage.body.clone();
    let at = body.find(|&at| matches!(cx.facts.views[at].kind, Kind::Workdir(_)))?;
    let message = format!(
        "{FOLDER} in place of {HOME_OF_ROOT}, which only root may enter, for the files of the program"
    );
    let mut rewrite = Rewrite::new(cx.file.instructions()[at].span, message);
    rewrite.edits = edits;
    rewrite.assume(format!(
        "nobody mounts or looks for files of the program in {HOME_OF_ROOT}, and what it is built with looks for none of them in the home of its user"
    ));
    let (from, to) = (HOME_OF_ROOT.to_owned(), FOLDER.to_owned());
    rewrite.declares.push(Change::Folder { from, to });
    Some(rewrite)
}

/// Whether nothing in the stage is called like the folder yet or put there, and no step or argument names the home of root, nor
/// anything by the way up from elsewhere (`../root`).
fn is_free(site: &Site<'_>) -> bool {
    let (facts, stage) = (site.cx.facts, site.stage);
    let way_up = format!("..{HOME_OF_ROOT}");
    let mut body = stage.body.clone();
    !own_paths::has(facts, stage, FOLDER)
        && !own_paths::is_in_step(facts, stage, FOLDER)
        && !own_paths::is_in_step(facts, stage, HOME_OF_ROOT)
        && !made::paths(site.cx, stage).meets(&Region::new(FOLDER))
        && !body.any(|at| facts.source_text(at).contains(&way_up))
}

/// Whether what another stage has built may know by its path what is copied: it lies there where the copy puts it, or a step or
/// a variable there names the home of root, and not just settings in it.
fn is_known_to_builders(site: &Site<'_>) -> bool {
    let (facts, stage) = (site.cx.facts, site.stage);
    let lies_there = |at: usize| {
        let Kind::Copy(transfer) = &facts.views[at].kind else {
            return false;
        };
        let dest = facts.destination(at, transfer);
        let sources = transfer.sources.iter();
        let mut sources = sources.map(|source| join("/", &source.raw));
        sources.any(|source| {
            let is_same = dest == source || join(&dest, file_name(&source)) == source;
            is_same && below(&source, HOME_OF_ROOT).is_some()
        })
    };
    let of_stage = |at: &usize| facts.views[*at].flag("from").is_some();
    let mut copies = stage.body.clone().filter(of_stage);
    let mut builders = facts
        .stages
        .iter()
        .filter(|other| other.index != stage.index);
    copies.any(lies_there)
        || builders.any(|builder| builder.body.clone().any(|at| names_home(site.cx, at)))
}

/// Whether the script of the `RUN` at `index`, or the variable that is set there, names a file in the home of root that is not
/// one of its settings.
fn names_home(cx: &Cx<'_>, index: usize) -> bool {
    let view = &cx.facts.views[index];
    let text = match &view.kind {
        Kind::Run { .. } => cx
            .facts
            .script(index)
            .map(|(run, text)| run.body.text(text)),
        Kind::Env { .. } | Kind::Arg { .. } => Some(view.body.text(&view.logical.text)),
        _ => None,
    };
    let settings = format!("{HOME_OF_ROOT}/.");
    text.is_some_and(|text| own_paths::is_named(&text.replace(&settings, ""), HOME_OF_ROOT))
}

/// Whether `WORKDIR` makes the folder before a copy needs it: `COPY a /root` finds a folder there, `COPY a /app` makes a file.
fn is_made_by_workdir(site: &Site<'_>) -> bool {
    let facts = site.cx.facts;
    let is_home = |at: &usize| {
        matches!(facts.views[*at].kind, Kind::Workdir(_))
            && below(&facts.state_behind(*at).workdir, HOME_OF_ROOT).is_some()
    };
    let Some(made) = site.stage.body.clone().find(is_home) else {
        return false;
    };
    let mut before = site.stage.body.start..made;
    !before.any(|at| match &facts.views[at].kind {
        Kind::Copy(transfer) | Kind::Add(transfer) => {
            below(&facts.destination(at, transfer), HOME_OF_ROOT).is_some()
        }
        _ => false,
    })
}

/// Whether the home of root is meant, and not a folder that happens to be there: a step may work there whatever it is called, an
/// instruction names the home or settings in it, or a copy brings such settings.
fn is_home_meant(site: &Site<'_>, context: &BuildContext) -> bool {
    let (cx, stage) = (site.cx, site.stage);
    let mut body = stage.body.clone();
    body.any(|index| {
        let text = cx.facts.source_text(index);
        match &cx.facts.views[index].kind {
            Kind::Run { .. } => may_work_at_home(cx, index),
            Kind::Copy(transfer) | Kind::Add(transfer) => {
                brings_settings(cx, context, index, transfer)
            }
            // Whoever starts the image may have files for it.
            Kind::Volume { .. } => own_paths::is_named(text, HOME_OF_ROOT),
            _ => {
                let settings = format!("{HOME_OF_ROOT}/.");
                let names_it = text.contains('~') || text.contains("HOME");
                names_it || text.contains(&settings) || names_what_nothing_brings(site, index)
            }
        }
    })
}

/// Whether the instruction at `index`, which says what runs or sets a variable, names a file or folder in the home of root, or
/// a file of settings below the working folder, that no copy brings: whoever starts the image mounts it there, or the program
/// keeps its data in it.
fn names_what_nothing_brings(site: &Site<'_>, index: usize) -> bool {
    let (cx, stage) = (site.cx, site.stage);
    let view = &cx.facts.views[index];
    let is_about_program = matches!(
        view.kind,
        Kind::Env { .. } | Kind::Cmd { .. } | Kind::Entrypoint { .. } | Kind::Healthcheck(_)
    );
    let endings = &cx.knowledge.startup.settings.endings;
    let is_setting = |word: &str| {
        let end = word.rsplit_once('.').map(|(_, end)| end);
        end.is_some_and(|end| endings.iter().any(|known| known == end))
    };
    let workdir = cx.facts.state_after(stage).workdir;
    let is_there = |path: &str| below(path, HOME_OF_ROOT).is_some_and(|inside| !inside.is_empty());
    let between = |c: char| c.is_whitespace() || "\"'=,:;[]".contains(c);
    let mut words = view.body.text(&view.logical.text).split(between);
    is_about_program
        && words.any(|word| {
            let is_named = word.starts_with('/') || is_setting(word);
            let path = join(&workdir, word);
            is_named && is_there(&path) && !is_brought(site, &path)
        })
}

/// Whether a copy brings `path`, or makes that folder; one from another stage brings what is called like its source, or lies in
/// a folder of its own.
fn is_brought(site: &Site<'_>, path: &str) -> bool {
    let (cx, stage) = (site.cx, site.stage);
    let brings = |index: usize| {
        let view = &cx.facts.views[index];
        let (Kind::Copy(transfer) | Kind::Add(transfer)) = &view.kind else {
            return false;
        };
        let dest = cx.facts.destination(index, transfer);
        if view.flag("from").is_none() {
            return dest == path;
        }
        let mut sources = transfer.sources.iter();
        let is_source = |source: &str| below(path, &join(&dest, file_name(source))).is_some();
        sources.any(|source| is_source(source.raw.trim_end_matches('/')))
            || dest != HOME_OF_ROOT && below(path, &dest).is_some()
    };
    !matches!(origin(cx, stage, path), Origin::Elsewhere) || stage.body.clone().any(brings)
}

/// Whether a command of the `RUN` at `index` may put files into the home, or look for some there.
fn may_work_at_home(cx: &Cx<'_>, index: usize) -> bool {
    let home = cx.facts.states[index].value("HOME");
    let goes_home = |step: &Step<'_>| {
        let is_change = step.args.first().is_some_and(|arg| arg.known() == "cd");
        is_change && step.args.len() == 1
    };
    let is_unknown = |step: &Step<'_>| matches!(step.effects.writes, Extent::Everything);
    let Some((run, text)) = cx.facts.script(index) else {
        return true;
    };
    let mut steps = run.steps.iter();
    names_home_of_root(run.body.text(text), home.as_deref())
        || steps.any(|step| goes_home(step) || is_unknown(step))
}

/// Whether the copy at `index` brings a file or folder with a dot in front of its name to the home of root, other than those
/// that programs read where they run (`.env`), or a document, in which paths may stand.
fn brings_settings(cx: &Cx<'_>, context: &BuildContext, index: usize, transfer: &Transfer) -> bool {
    let dest = cx.facts.destination(index, transfer);
    let Some(inside) = below(&dest, HOME_OF_ROOT) else {
        return false;
    };
    let is_setting = |name: &str| {
        let is_hidden = name.starts_with('.') && !matches!(name, "." | "..");
        is_hidden && !name.starts_with(".env")
    };
    let never_read = cx.knowledge.tools.never_read();
    let is_read = |name: &&String| {
        let mut patterns = never_read.iter();
        !patterns.any(|pattern| matches_name(pattern, name))
    };
    let is_own = cx.facts.views[index].flag("from").is_none();
    let holds_settings = |source: &str| {
        let path = source.trim_start_matches("./").trim_end_matches(['/', '.']);
        let is_folder = context.kind(path) == Some(FileKind::Folder);
        is_own
            && inside.is_empty()
            && is_folder
            && (context.names(path).iter().filter(is_read)).any(|name| is_setting(name))
    };
    let mut sources = transfer.sources.iter().map(|source| source.raw.as_str());
    inside.split('/').any(is_setting)
        || sources.any(|source| {
            let is_document = source.starts_with("<<");
            is_document || is_setting(file_name(source)) || holds_settings(source)
        })
}

/// Whether a line of the program asks where the home of its user is.
fn asks_for_home(cx: &Cx<'_>, project: &Project<'_>) -> bool {
    let asks = &cx.knowledge.startup.asks_for_home;
    let mut files = project.files();
    files.any(|(_, file)| file.lines_with(asks).any(|line| !line.is_comment()))
}

/// Whether something outside of the Dockerfile may name the folder, or a script what is in its place: a mount, another
/// Dockerfile, or a file of the project.
fn is_named_outside(site: &Site<'_>, context: &BuildContext) -> bool {
    let (cx, stage) = (site.cx, site.stage);
    let of_stage = cx.possible_uses(stage);
    let of_stage = of_stage.filter_map(|used| used.container.as_ref());
    let guessed = cx.guesses().map(|(_, container)| container);
    let is_used = of_stage.chain(guessed).any(is_named_by);
    let Some(all) = context.all_files() else {
        return true;
    };
    let startup = &cx.knowledge.startup;
    let mut others = all
        .files()
        .filter(|file| !startup.is_of_images(file.path()));
    let is_script =
        |file: &Source| !file_name(file.path()).contains('.') || file.path().ends_with("sh");
    let asks = |file: &Source| file.lines_with(&startup.asks_for_home).next().is_some();
    let names = |file: &Source| own_paths::is_named(file.text(), HOME_OF_ROOT);
    is_used
        || cx.children(stage).next().is_some()
        || others.any(|file| names(file) || is_script(file) && asks(file))
}

/// Whether a container is given something in the home of root, or started with a path in it.
fn is_named_by(container: &Container) -> bool {
    let is_there = |mount: &Mount| below(&mount.target, HOME_OF_ROOT).is_some();
    let words = container.entrypoint.iter().chain(&container.command);
    let words = words.chain(&container.beside).flatten();
    let values = container.environment.iter().map(|(_, value)| value);
    let mut texts = words
        .chain(values)
        .chain(&container.workdir)
        .chain(&container.memory);
    container.mounts.iter().any(is_there)
        || texts.any(|text| own_paths::is_named(text, HOME_OF_ROOT))
}

/// Whether the last stage of `text` can run as somebody else.
fn runs_as_another(cx: &Cx<'_>, text: &str) -> bool {
    let file = syntax::parse(text);
    let facts = cx.facts.of_other(&file, cx.knowledge);
    let cx = Cx {
        file: &file,
        facts: &facts,
        ..*cx
    };
    let Some(stage) = facts.final_stage() else {
        return false;
    };
    let Ok(Some(start)) = start::read(&cx, stage) else {
        return false;
    };
    let at = start.index;
    let site = Site { cx: &cx, stage, at };
    super::rewrite(&site, &start).is_ok()
}

//! Folders in the home of root in which programs are looked for.

use super::left_behind::{Looker, history, names_home_of_root};
use crate::analysis::paths::{Region, below, file_name};
use crate::analysis::runs::Step;
use crate::analysis::stages::Stage;
use crate::knowledge::startup::Leaves;
use crate::knowledge::tools::Does;
use crate::transform::Cx;
use crate::transforms::launched;
use crate::transforms::settings::Settings;

/// A context with more files is not looked through.
const MOST_FILES: usize = 2_000;

/// What a step puts into a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fills {
    /// Nothing.
    Not,
    /// A tool that the container does not start.
    WithUnusedTool,
    /// Something else, or nobody knows.
    Otherwise,
}

impl Looker<'_> {
    /// Whether those folders of `value`, a search path as it is written in instruction `index`, that are in the home of root
    /// hold nothing but tools which the container does not start: nobody misses them.
    pub(super) fn hides_unused_tools(&self, index: usize, value: &str) -> bool {
        let home = self.cx.facts.states[index].value("HOME");
        let folders = value.trim_matches(['"', '\'']).split(':');
        let mut of_root = folders.filter(|folder| names_home_of_root(folder, home.as_deref()));
        of_root.all(|folder| folder.starts_with('/') && self.holds_unused_tools(folder))
    }

    fn holds_unused_tools(&self, folder: &str) -> bool {
        let runs = || self.history.iter().filter_map(|&at| self.cx.facts.run(at));
        if runs().any(|run| run.opaque.is_some()) {
            return false;
        }
        let steps = self.history.iter().flat_map(|&at| {
            let steps = self.cx.facts.steps(at).iter();
            steps.map(move |step| self.fills(at, step, folder))
        });
        let fills: Vec<Fills> = steps.filter(|fills| *fills != Fills::Not).collect();
        !fills.is_empty() && fills.iter().all(|fills| *fills == Fills::WithUnusedTool)
    }

    /// Whether the scripts from the net that instruction `at` calls are known to install nothing but tools that the container
    /// does not start.
    pub(super) fn installs_unused_tools(&self, at: usize) -> bool {
        let Some(run) = self.cx.facts.run(at).filter(|run| run.is_understood()) else {
            return false;
        };
        let mut scripts = run.steps.iter().filter(is_script).peekable();
        scripts.peek().is_some()
            && scripts.all(|step| self.with_tools(step) == Fills::WithUnusedTool)
    }

    /// What `step` of instruction `at` puts into `folder`.
    fn fills(&self, at: usize, step: &Step<'_>, folder: &str) -> Fills {
        let action = step.invocation.as_ref().map(|own| own.action);
        let of_project = step.does() == Some(Does::Build) || self.runs_script_of_project(step);
        let configures = action.is_some_and(|action| action.configures);
        match self.installs_into(at, step) {
            Some(places) if places.iter().any(|place| meet(place, folder)) => self.with_tools(step),
            None if step.effects.writes.meets(&Region::new(folder)) => match () {
                () if configures || of_project && !self.puts_into(step, folder) => Fills::Not,
                () => Fills::Otherwise,
            },
            _ => Fills::Not,
        }
    }

    /// Whether `step` of the project may put something into `folder` in the home of root: it installs by its name, or a file that
    /// builds may follow names what is in the home (`PREFIX = $(HOME)/.local`), or installs there.
    fn puts_into(&self, step: &Step<'_>, folder: &str) -> bool {
        let mut words = step.words();
        if words.any(|word| word.contains("install")) {
            return true;
        }
        let Some(context) = self.cx.context else {
            return false;
        };
        let inside = below(folder, "/root").unwrap_or_default();
        let first = inside.split('/').next().unwrap_or_default();
        let named = ['/', '"', '\''].map(|before| format!("{before}{first}"));
        let startup = &self.cx.knowledge.startup;
        let of_home = |line: &str| {
            let mut left = startup.traces.iter().filter(|trace| trace.is_left_by(line));
            left.any(|trace| trace.leaves == Leaves::Home)
        };
        let reaches = |path: &String| {
            let text = context.read(path).unwrap_or_default();
            named.iter().any(|name| text.contains(name.as_str()))
                || startup.is_of_builds(path) && text.lines().any(of_home)
        };
        let is_read = |path: &&String| self.may_say(path) || startup.is_of_builds(path);
        let files = context.files_below("", MOST_FILES);
        files.is_none_or(|files| files.iter().filter(is_read).any(reaches))
    }

    /// Whether the file `path` is a source, or says by settings what is to be started.
    fn may_say(&self, path: &str) -> bool {
        let mut languages = self.cx.knowledge.tools.languages().iter();
        self.cx.knowledge.startup.may_set_starts(path)
            || languages.any(|language| language.is_source(file_name(path)))
    }

    /// Whether `step` runs something in the working folder of the program, which it names by a path from there.
    fn runs_script_of_project(&self, step: &Step<'_>) -> bool {
        let workdir = self.cx.facts.state_after(self.site.stage).workdir;
        let mut words = step.words();
        step.does() == Some(Does::Run)
            && step.cwd.as_deref() == Some(&workdir)
            && !words.any(|word| word.starts_with(['/', '~', '$']) || word == "-m")
    }

    /// What an installation puts where it installs.
    fn with_tools(&self, step: &Step<'_>) -> Fills {
        let ids = tools_of(step);
        let may_be_started =
            |id: &String| self.start.calls(self.cx, id) || self.is_named_by_files(id);
        let launches = launched::launches(self.cx, self.site.stage);
        let leads_to_one = || launched::may_start(self.cx, self.site.stage, &launches, ids);
        match ids.is_empty() || ids.iter().any(may_be_started) || leads_to_one() {
            true => Fills::Otherwise,
            false => Fills::WithUnusedTool,
        }
    }

    /// Whether a source or a file with settings names a program of the tool in quotes, and may start it: `"uvx"`.
    fn is_named_by_files(&self, id: &str) -> bool {
        let Some(context) = self.cx.context else {
            return false;
        };
        let Some(files) = context.files_below("", MOST_FILES) else {
            return true;
        };
        let tools = &self.cx.knowledge.tools;
        let quotes = ['"', '\''];
        let words: Vec<String> = tools
            .calls_of(id)
            .flat_map(|program| quotes.map(|quote| format!("{quote}{program}")))
            .collect();
        let ends = |text: &str| text.starts_with(['"', '\'', ' ']);
        let names = |text: &str| {
            let mut found = words
                .iter()
                .flat_map(|word| text.match_indices(word.as_str()));
            found.any(|(at, word)| ends(&text[at + word.len()..]))
        };
        let mut texts = files
            .iter()
            .filter(|path| self.may_say(path))
            .filter_map(|path| context.read(path));
        texts.any(|text| names(&text))
    }

    /// Where `step` installs, without the part of a path that depends on a version; `None` where that is not known.
    fn installs_into(&self, at: usize, step: &Step<'_>) -> Option<Vec<String>> {
        let invocation = step.invocation.as_ref()?;
        let installs = invocation.action.installs.as_ref()?;
        let settings = Settings::new(self.cx, self.site.stage, at, step);
        let moved = settings.first(invocation, installs).ok()?;
        let (places, value) = match &moved {
            Some((when, value)) => (when.at.as_ref()?, value.as_str()),
            None => (installs.at.as_ref()?, ""),
        };
        let tools = &self.cx.knowledge.tools;
        let paths = places.iter().flat_map(|place| tools.paths(place));
        let paths = paths.map(|path| path.replace("{value}", value));
        Some(
            paths
                .map(|path| path.split('{').next().unwrap_or_default().to_owned())
                .collect(),
        )
    }
}

/// The tools that an installation serves alone, by their ids.
fn tools_of<'s>(step: &Step<'s>) -> &'s [String] {
    let invocation = step.invocation.as_ref();
    let installs = invocation.and_then(|own| own.action.installs.as_ref());
    installs.map_or(&[], |installs| &installs.needed_by)
}

/// What is taken for granted of the tools that scripts from the net have put into the home of root: what the program starts
/// cannot be seen.
pub(super) fn assumed(cx: &Cx<'_>, stage: &Stage) -> Option<String> {
    if cx.context.is_some() {
        return None;
    }
    let steps = history(cx, stage).into_iter();
    let scripts = steps.flat_map(|at| cx.facts.steps(at)).filter(is_script);
    let mut ids: Vec<&str> = scripts.flat_map(tools_of).map(String::as_str).collect();
    ids.dedup();
    (!ids.is_empty()).then(|| {
        format!(
            "the program does not start {}, which a script from the net installs for root",
            ids.join(" or ")
        )
    })
}

/// Whether `step` calls a script from the net that the tables know.
fn is_script(step: &&Step<'_>) -> bool {
    let tool = step.invocation.as_ref().map(|own| own.tool);
    tool.is_some_and(|tool| !tool.downloaded_from.is_empty())
}

fn meet(one: &str, other: &str) -> bool {
    below(one, other).is_some() || below(other, one).is_some()
}

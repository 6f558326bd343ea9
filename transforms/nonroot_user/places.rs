//! Where the variables of the sources point to: `BASE = "/srv"`, `root = Path(__file__).parent.parent`.

use std::collections::HashMap;

use super::climb::{Climb, From};
use super::given;
use super::properties::Properties;
use super::sources::Project;
use crate::analysis::paths::{below, join, parent};
use crate::analysis::stages::Stage;
use crate::context::{Addresses, SourceLine};
use crate::transform::Cx;
use crate::transforms::origin::{Origin, origin};

/// How often a variable may be made of another one.
const LONGEST_CHAIN: usize = 3;

/// Absolute paths by the file that knows the variable, and its name. What is written in capitals is known everywhere, with
/// no file.
pub(super) struct Places<'a> {
    cx: &'a Cx<'a>,
    stage: &'a Stage,
    by_name: HashMap<(String, String), Vec<String>>,
    properties: Properties,
    addresses: Addresses,
}

impl<'a> Places<'a> {
    /// Looks for the assignments of paths.
    pub(super) fn read(cx: &'a Cx<'a>, stage: &'a Stage, project: &Project<'_>) -> Self {
        let mut places = Self {
            cx,
            stage,
            by_name: HashMap::new(),
            properties: Properties::read(cx, project),
            addresses: project.addresses(),
        };
        places.read_environment();
        let lines = project.lines().filter(|line| !line.is_comment());
        let assigning = lines.filter_map(|line| Some((line, assigned(line.text)?)));
        let assigning: Vec<_> = assigning.collect();
        for _ in 0..LONGEST_CHAIN {
            let before = places.count();
            for (line, (name, value)) in &assigning {
                places.note(*line, name, value);
            }
            if places.count() == before {
                break;
            }
        }
        places
    }

    fn count(&self) -> usize {
        self.by_name.values().map(Vec::len).sum()
    }

    /// Notes the variables of the image, and those that containers are given. The home is another one for another user.
    fn read_environment(&mut self) {
        let variables = self.cx.facts.state_after(self.stage).variables;
        for (name, variable) in variables.iter() {
            if let Some(text) = variable.known() {
                self.note_variable(name, text);
            }
        }
        for (_, container) in given::containers(self.cx, self.stage) {
            for (name, text) in &container.environment {
                self.note_variable(name, text);
            }
        }
    }

    fn note_variable(&mut self, name: &str, text: &str) {
        let is_place = name != "HOME" && !text.contains(':');
        if let Some(path) = self.addresses.path_in(text).filter(|_| is_place) {
            self.add("", name, path);
        }
    }

    fn add(&mut self, file: &str, name: &str, path: &str) {
        let key = (file.to_owned(), name.to_owned());
        let paths = self.by_name.entry(key).or_default();
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
    }

    /// Notes that `line` assigns `value` to the variable `name`.
    fn note(&mut self, line: SourceLine<'_>, name: &str, value: &str) {
        let value = SourceLine {
            text: value,
            ..line
        };
        let settings = &self.cx.knowledge.startup.settings;
        let mut named = value.quoted_paths();
        named.retain(|(call, _)| !settings.is_other_call(call));
        let named = named.first().map(|(_, path)| (*path).to_owned());
        // What a line names is what holds when a variable in it is not set.
        let paths: Vec<String> = named.into_iter().chain(self.of(&value)).collect();
        let is_constant = !name.contains(char::is_lowercase);
        for path in paths {
            if is_constant {
                self.add("", name, &path);
            }
            self.add(line.path, name, &path);
        }
    }

    /// The paths that the words of a line stand for.
    pub(super) fn of(&self, line: &SourceLine<'_>) -> Vec<String> {
        let words = line.text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let known = words.filter_map(|word| self.of_variable(line, word));
        let mut paths: Vec<String> = known.flatten().cloned().collect();
        let asked = self.properties.of(line.text);
        let asked = asked.filter(|(word, _)| self.of_variable(line, word).is_none());
        paths.extend(asked.map(|(_, path)| path.to_owned()));
        paths.extend(self.above(line));
        paths.dedup();
        paths
    }

    fn of_variable(&self, line: &SourceLine<'_>, word: &str) -> Option<&Vec<String>> {
        let own = (line.path.to_owned(), word.to_owned());
        let common = || (String::new(), word.to_owned());
        let place = self.by_name.get(&own);
        place.or_else(|| self.by_name.get(&common()))
    }

    /// The folder outside of the working folder that a line names by the way up to it.
    fn above(&self, line: &SourceLine<'_>) -> Option<String> {
        let climb = Climb::of(line.text, self.cx.knowledge.tools.languages())?;
        let workdir = self.cx.facts.state_after(self.stage).workdir;
        let start = match climb.from {
            From::File => self.place_of(line.path, &workdir)?,
            From::Folder => parent(&self.place_of(line.path, &workdir)?).to_owned(),
            From::WorkingFolder => workdir.clone(),
        };
        let top = (0..climb.steps).fold(start, |folder, _| match parent(&folder) {
            "" => "/".to_owned(),
            above => above.to_owned(),
        });
        below(&top, &workdir).is_none().then_some(top)
    }

    /// Where the image has the source at `path` of the build context, if that is in its working folder.
    fn place_of(&self, path: &str, workdir: &str) -> Option<String> {
        let starts = path.match_indices('/').map(|(at, _)| at + 1);
        let mut places = std::iter::once(0).chain(starts);
        places.find_map(|start| {
            let place = join(workdir, &path[start..]);
            let is_it =
                matches!(origin(self.cx, self.stage, &place), Origin::File(file) if file == path);
            is_it.then_some(place)
        })
    }
}

/// The variable that a line assigns something to, and what: `const BASE = "/srv"`, `base: str = "/srv"`, `base := "/srv"`,
/// `base ||= "/srv"`, also behind a condition: `if (!base) base = "/srv"`.
pub(super) fn assigned(text: &str) -> Option<(&str, &str)> {
    let mut signs = text.match_indices('=');
    signs.find_map(|(at, _)| Some((name_before(text, at)?, &text[at + 1..])))
}

/// The variable to which the sign at byte `at` of `text` assigns something.
fn name_before(text: &str, at: usize) -> Option<&str> {
    let (left, right) = (&text[..at], &text[at + 1..]);
    let where_missing = left.strip_suffix("||").or(left.strip_suffix("??"));
    let left = where_missing.unwrap_or(left);
    let is_other = right.starts_with(['=', '>'])
        || left.ends_with(['=', '!', '<', '>', '+', '-', '*', '/', '|', '&']);
    let statement = left.rsplit(['{', ';', ')']).next()?;
    if is_other || statement.contains(['(', '"', '\'', '`']) {
        return None;
    }
    let named = statement.trim_end().trim_end_matches(':');
    let named = named.split(':').next()?.trim_end();
    let name = named
        .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
        .next()?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_assigns_what_is_behind_its_sign() {
        assert_eq!(assigned("BASE = 1"), Some(("BASE", " 1")));
        assert_eq!(assigned("const base: string = 'x'"), Some(("base", " 'x'")));
        assert_eq!(assigned("base := 1"), Some(("base", " 1")));
        assert_eq!(
            assigned("private static final Path BASE = x;"),
            Some(("BASE", " x;"))
        );
        assert_eq!(assigned("open(path, mode='w')"), None);
        assert_eq!(assigned("if a == b"), None);
        assert_eq!(assigned("x += 1"), None);
        assert_eq!(assigned("if (!d) d = '/a';"), Some(("d", " '/a';")));
        assert_eq!(
            assigned("if d == \"\" { d = \"/a\" }"),
            Some(("d", " \"/a\" }"))
        );
        assert_eq!(assigned("dir ||= '/a'"), Some(("dir", " '/a'")));
        assert_eq!(assigned("d ??= '/a'"), Some(("d", " '/a'")));
        assert_eq!(assigned("seen |= other"), None);
    }
}

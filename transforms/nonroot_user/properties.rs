//! Places that settings and objects of the sources name, for other lines to write there: `incoming: '/var/spool/shop'` and
//! `fs.mkdirSync(config.incoming)`.

use std::collections::HashMap;

use super::sources::Project;
use crate::analysis::paths::{file_name, parent};
use crate::context::SourceLine;
use crate::transform::Cx;

/// Absolute paths by the name of the property, in small letters alone: what a file of settings calls `data_dir` is `DataDir`
/// to a source in Go.
#[derive(Default)]
pub(super) struct Properties {
    by_name: HashMap<String, Vec<String>>,
}

impl Properties {
    /// Looks for them in the sources and the settings.
    pub(super) fn read(cx: &Cx<'_>, project: &Project<'_>) -> Self {
        let mut properties = Self::default();
        for line in project.lines().filter(|line| !line.is_comment()) {
            properties.note(cx, &line, &line.absolute_paths());
        }
        for line in project.settings().filter(|line| !line.is_comment()) {
            properties.note(cx, &line, &line.named_paths());
        }
        properties
    }

    /// Notes the first of `paths` where the line gives it to a property and to nothing else.
    fn note(&mut self, cx: &Cx<'_>, line: &SourceLine<'_>, paths: &[&str]) {
        let Some(path) = paths.first() else { return };
        let startup = &cx.knowledge.startup;
        let Some(name) = property(line.text, path) else {
            return;
        };
        // What belongs to the system would be a reason to refuse: a name alone is none.
        let is_file = file_name(path).contains('.');
        let folder = if is_file { parent(path) } else { path };
        if startup.is_own_folder(folder)
            && !startup.settings.is_only_read(path)
            && !startup.settings.is_no_place(name)
            && !startup.settings.is_other(line.text)
        {
            let paths = self.by_name.entry(plain(name)).or_default();
            paths.push((*path).to_owned());
        }
    }

    /// The paths of the properties that `text` asks for: `config.incoming`, `c["storage"]`, `settings.getIncoming()`; each
    /// with the word for it.
    pub(super) fn of<'p>(&'p self, text: &'p str) -> impl Iterator<Item = (&'p str, &'p str)> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let ends = text.match_indices(['.', '[', '"', '\'', '>']);
        let words = ends.map(move |(at, _)| {
            let rest = &text[at + 1..];
            &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]
        });
        let asked = words.filter(|word| word.len() > 1);
        asked.flat_map(|word| {
            let getter = word.strip_prefix("get").unwrap_or(word);
            let found = self.by_name.get(&plain(word));
            let found = found.or_else(|| self.by_name.get(&plain(getter)));
            let paths = found.into_iter().flatten();
            paths.map(move |path| (word, path.as_str()))
        })
    }
}

/// The name of the property to which `text` gives the path and nothing in front of it: `"dir": "/x"`, `dir = /x`,
/// `'dir' => '/x'`, `self.dir = "/x"`.
fn property<'t>(text: &'t str, path: &str) -> Option<&'t str> {
    let (before, _) = text.split_once(path)?;
    // What touches it is a part of its address: `jdbc:h2:file:/x`.
    if before.ends_with(':') {
        return None;
    }
    let before = before.trim_end_matches(['"', '\'', '`']).trim_end();
    let named = before
        .strip_suffix("=>")
        .or(before.strip_suffix(['=', ':']))?;
    let named = named.trim_end().trim_end_matches(['"', '\'', '?', ':']);
    let name = named.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
    name.into_iter().next().filter(|name| name.len() > 1)
}

/// A name as it is compared.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_a_path_to_a_property() {
        let is = |text, name| assert_eq!(property(text, "/srv/x"), name);
        is("  \"incoming\": \"/srv/x\",", Some("incoming"));
        is("store-dir = /srv/x", Some("store-dir"));
        is("'store' => '/srv/x',", Some("store"));
        is("    self.base = '/srv/x'", Some("base"));
        is("open('/srv/x')", None);
        is("spring.datasource.url=jdbc:h2:file:/srv/x", None);
        is("if (base === '/srv/x')", None);
        is("app.use('a', '/srv/x')", None);
    }

    #[test]
    fn properties_are_asked_for_by_their_names() {
        let mut properties = Properties::default();
        let paths = vec!["/srv/x".to_owned()];
        properties.by_name.insert("datadir".to_owned(), paths);
        let is = |text, found: bool| assert_eq!(properties.of(text).next().is_some(), found);
        is("os.MkdirAll(c.DataDir, 0755)", true);
        is("mkdir(config['data_dir'])", true);
        is("Files.createDirectories(Path.of(p.getDataDir()))", true);
        is("fs.mkdirSync(config.get('storage.data-dir'))", false);
        is("mkdir(datadir)", false);
    }
}

//! How sources show what a program needs, by their language.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::analysis::paths::file_name;
use crate::context::{Addresses, matches_name};

use super::pattern::Pattern;

/// How the sources of a language show what a program needs of the system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// The language, as `provides` in `images.toml` names it.
    pub provides: String,
    /// Other images for programs in it, as `provides` names them there: one runtime of several, or a language beside it.
    #[serde(default)]
    other_images: Vec<String>,
    /// The ends of the names of its sources.
    pub sources: Vec<String>,
    /// Whether three slashes in the address of a database (`sqlite:///x`) go before a relative path.
    #[serde(default)]
    relative_addresses: bool,
    /// The programs that the first line of a source without an ending names (`#!`). A `*` stands for a version.
    #[serde(default)]
    interpreters: Vec<String>,
    /// Programs of images that build it, which those that only run it have not: `javac`.
    #[serde(default)]
    pub builders: Vec<String>,
    /// Parts of paths that images which build it have, and those that only run it have not.
    #[serde(default)]
    pub builder_paths: Vec<String>,
    /// Matches in a word with which a program that both have needs what the latter have not: `java Main.java` compiles.
    #[serde(default)]
    builds_with: Vec<Pattern>,
    /// Matches in a source that starts other programs.
    pub starts: Vec<Pattern>,
    /// Modules that have a function for every program: `sh` of Python, in `sh.git("log")`.
    #[serde(default)]
    pub program_modules: Vec<String>,
    /// Matches in a line that writes files.
    pub writes: Vec<Pattern>,
    /// Matches in a source that loads libraries by their names.
    pub loads: Vec<Pattern>,
    /// Matches in a line that loads another source.
    #[serde(default)]
    pub imports: Vec<Pattern>,
    /// Matches in a source that needs a compiler when it runs.
    #[serde(default)]
    pub compiles: Vec<Pattern>,
    /// Matches in a line that opens what it brings up: what its first line opens runs later, or not when the source is loaded
    /// by another. Other lines run as soon as the source is loaded. None where loading a source runs nothing.
    #[serde(default)]
    pub deferred: Vec<Pattern>,
    /// Names of sources that only builds and tests run.
    #[serde(default)]
    pub for_builds: Vec<String>,
    /// Those of them that no program loads when it runs, as a server may load the settings of its build.
    #[serde(default)]
    pub only_built: Vec<String>,
    /// Matches in a source that works on the page that has loaded it.
    #[serde(default)]
    on_pages: Vec<Pattern>,
    /// Matches in a source that no page can load as it is.
    #[serde(default)]
    on_no_page: Vec<Pattern>,
    /// Matches in a line of a program that compiles something when it runs.
    #[serde(default)]
    pub builds_when_run: Vec<Pattern>,
    /// How sources name the program that runs them, and what it is called.
    #[serde(default)]
    own_interpreters: BTreeMap<String, String>,
    /// What sources call the file that they stand in: `__file__`.
    #[serde(default)]
    pub own_file: Vec<String>,
    /// What they call its folder: `__dirname`.
    #[serde(default)]
    pub own_folder: Vec<String>,
    /// Matches in a line that names the place of the source that it stands in, or one beside it.
    #[serde(default)]
    pub beside: Vec<Pattern>,
    /// The files that name the programs of a package, and the modules that they start: `name = package.module:function`.
    #[serde(default)]
    pub names_programs: Vec<String>,
    /// Matches in a line that only root can run: accounts, owners, raw sockets.
    #[serde(default)]
    pub as_root: Vec<Pattern>,
    /// Libraries that install something beside them when the program runs, with a match in the line that has them do so.
    #[serde(default)]
    pub installers: BTreeMap<String, Pattern>,
}

impl Language {
    /// Whether the command line `words` has a program that runs the language build something first.
    #[must_use]
    pub fn builds_first(&self, words: &[String]) -> bool {
        let mut given = words.iter().skip(1);
        given.any(|word| self.builds_with.iter().any(|form| form.is_match(word)))
    }

    /// Whether images that are made for `provides` run programs in it.
    #[must_use]
    pub fn is_for(&self, provides: &str) -> bool {
        self.provides == provides || self.other_images.iter().any(|other| other == provides)
    }

    /// How addresses of databases are meant.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        match self.relative_addresses {
            true => Addresses::Relative,
            false => Addresses::Absolute,
        }
    }

    /// `text`, with the names of interpreters in place of what stands for them: `["python", "-m", "pip"]` for
    /// `[sys.executable, "-m", "pip"]`.
    #[must_use]
    pub fn with_interpreters(&self, text: &str) -> String {
        let interpreters = self.own_interpreters.iter();
        interpreters.fold(text.to_owned(), |text, (own, program)| {
            let in_a_text = text.replace(&format!("{{{own}}}"), program);
            in_a_text.replace(own, &format!("\"{program}\""))
        })
    }

    /// Whether `name` is that of a source.
    #[must_use]
    pub fn is_source(&self, name: &str) -> bool {
        self.sources.iter().any(|end| name.ends_with(&**end))
    }

    /// Whether a script that `interpreter` reads is a source.
    #[must_use]
    pub fn is_read_by(&self, interpreter: &str) -> bool {
        let mut interpreters = self.interpreters.iter();
        interpreters.any(|pattern| matches_name(pattern, interpreter))
    }

    /// Whether the source at `path` is part of the program, and not of its build or its tests.
    #[must_use]
    pub fn is_of_program(&self, path: &str) -> bool {
        let name = file_name(path);
        let mut others = self.for_builds.iter();
        !others.any(|pattern| matches_name(pattern, name))
    }

    /// Whether the source at `path` may run in a container.
    #[must_use]
    pub fn may_run(&self, path: &str) -> bool {
        let name = file_name(path);
        let mut built = self.only_built.iter();
        !built.any(|pattern| matches_name(pattern, name))
    }

    /// Whether `text` is that of a source that browsers run, and not the program that serves it.
    #[must_use]
    pub fn is_for_pages(&self, text: &str) -> bool {
        let is_in = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.is_match(text));
        is_in(&self.on_pages) && !is_in(&self.on_no_page)
    }
}

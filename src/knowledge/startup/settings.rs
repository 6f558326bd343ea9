//! How settings of a program say what it writes.

use serde::Deserialize;

use crate::analysis::paths::{below, file_name};
use crate::knowledge::pattern::{Pattern, matches};

/// How settings of a program say what it writes: variables, assignments and files of settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The names of files of settings.
    pub files: Vec<String>,
    /// The endings of files of settings that command lines name.
    pub endings: Vec<String>,
    /// Matches in a line that sets a path to write to.
    name: Option<Pattern>,
    /// Matches in the name of a variable that says where a program keeps something.
    variable: Option<Pattern>,
    /// Variables that say where libraries keep what they download when a program asks for it.
    pub downloads: Vec<String>,
    /// Matches the name of a property that is given addresses and the like as often as paths.
    no_place: Option<Pattern>,
    /// Matches in a line that sets something else.
    other_name: Option<Pattern>,
    /// Matches in a line that has the address of a database which the program keeps itself.
    database: Option<Pattern>,
    /// Matches in a line whose path is that of a folder.
    folder: Option<Pattern>,
    /// Matches in a value that is the content of a file, and not its place.
    content: Option<Pattern>,
    /// Matches in a line whose path is that of a file.
    file: Option<Pattern>,
    /// Matches in a line that changes to another folder.
    moves: Option<Pattern>,
    /// Matches in a line that has a program keep something in a folder or a file by a path from the working folder.
    relative: Option<Pattern>,
    /// The endings of files that programs write.
    written: Vec<String>,
    /// Programs that write files where they are started, whoever starts them.
    writers: Vec<String>,
    /// Folders that no image has by itself, and that are called for what programs keep in them.
    kept_in: Vec<String>,
    /// Folders in which each program keeps its data in one of its own.
    data: Vec<String>,
    /// What is in these folders is only read.
    only_read: Vec<String>,
}

impl Settings {
    /// Whether `line` sets a path to write to, by the name of the setting.
    #[must_use]
    pub fn is_name(&self, line: &str) -> bool {
        matches(&self.name, line) && !matches(&self.other_name, line)
    }

    /// Whether `line` has the address of a database which the program keeps itself.
    #[must_use]
    pub fn is_database(&self, line: &str) -> bool {
        matches(&self.database, line)
    }

    /// Whether the variable `name` says where a program keeps something.
    #[must_use]
    pub fn is_variable(&self, name: &str) -> bool {
        matches(&self.variable, name)
    }

    /// Whether the variable `name` says where a library keeps what it downloads.
    #[must_use]
    pub fn is_for_downloads(&self, name: &str) -> bool {
        self.downloads.iter().any(|known| known == name)
    }

    /// Whether `call`, up to its parenthesis, takes no path of the file system: `app.get(` declares a route.
    #[must_use]
    pub fn is_other_call(&self, call: &str) -> bool {
        call.ends_with('(') && matches(&self.other_name, call)
    }

    /// Whether what stands in front of a value says that it is no path of the file system: `app.get(`, `static_url_path=`.
    #[must_use]
    pub fn is_other(&self, before: &str) -> bool {
        matches(&self.other_name, before)
    }

    /// Whether the path that `line` names is a folder.
    #[must_use]
    pub fn is_folder(&self, line: &str) -> bool {
        matches(&self.folder, line)
    }

    /// Whether `value`, which a source gives a variable, is the content of a file: what it names is read, and not kept.
    #[must_use]
    pub fn is_content(&self, value: &str) -> bool {
        matches(&self.content, value)
    }

    /// Whether the property `name` says nothing of the path that it is given.
    #[must_use]
    pub fn is_no_place(&self, name: &str) -> bool {
        matches(&self.no_place, name)
    }

    /// Whether the path that `line` names is a file, by the name of the setting.
    #[must_use]
    pub fn is_file(&self, line: &str) -> bool {
        matches(&self.file, line)
    }

    /// Whether `line` changes to another folder.
    #[must_use]
    pub fn moves(&self, line: &str) -> bool {
        matches(&self.moves, line)
    }

    /// Whether `path` is in a folder that is called for what programs keep in it.
    #[must_use]
    pub fn is_kept(&self, path: &str) -> bool {
        let mut folders = self.kept_in.iter();
        folders.any(|folder| path != folder && below(path, folder).is_some())
    }

    /// The folder of one program for its data that holds `path`, or is it: `/var/lib/app` of `/var/lib/app/state/x.json`.
    #[must_use]
    pub fn data_folder<'p>(&self, path: &'p str) -> Option<&'p str> {
        let inside = |folder: &String| below(path, folder).filter(|inside| !inside.is_empty());
        let inside = self.data.iter().find_map(inside)?;
        let own = inside.split('/').next()?;
        let end = path.len() - inside.len() + own.len();
        // What has an ending is a file, and for that the folder of all programs would have to be given away.
        (!own.contains('.')).then(|| &path[..end])
    }

    /// Whether `line` has a program keep something below its working folder.
    #[must_use]
    pub fn is_relative(&self, line: &str) -> bool {
        matches(&self.relative, line)
    }

    /// Whether `path` is called like a file that programs write.
    #[must_use]
    pub fn is_written(&self, path: &str) -> bool {
        let ending = file_name(path).rsplit_once('.');
        ending.is_some_and(|(_, ending)| self.written.iter().any(|known| known == ending))
    }

    /// Whether the command `words` writes files where it is started, as far as its name says, and does not hand them on.
    #[must_use]
    pub fn is_writer(&self, words: &[String]) -> bool {
        let Some(program) = words.first() else {
            return false;
        };
        let behind = words[1..].iter().map(String::as_str);
        let named = std::iter::once(file_name(program)).chain(behind.clone());
        let starts = |known: &String| {
            let known = known.split(' ');
            named.clone().take(known.clone().count()).eq(known)
        };
        let hands_on = |word: &str| word == "-" || word.starts_with("pipe:");
        self.writers.iter().any(starts) && !behind.clone().any(hands_on)
    }

    /// Whether `path` lies where programs only read, when no more is known than that they know it.
    #[must_use]
    pub fn is_only_read(&self, path: &str) -> bool {
        let holds = |folder: &String| below(path, folder).is_some();
        self.only_read.iter().any(holds)
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.files.extend(more.files);
        self.endings.extend(more.endings);
        self.written.extend(more.written);
        self.writers.extend(more.writers);
        self.kept_in.extend(more.kept_in);
        self.data.extend(more.data);
        self.variable = more.variable.or(self.variable.take());
        self.only_read.extend(more.only_read);
        self.name = more.name.or(self.name.take());
        self.other_name = more.other_name.or(self.other_name.take());
        self.database = more.database.or(self.database.take());
        self.folder = more.folder.or(self.folder.take());
        self.content = more.content.or(self.content.take());
        self.no_place = more.no_place.or(self.no_place.take());
        self.file = more.file.or(self.file.take());
        self.moves = more.moves.or(self.moves.take());
        self.relative = more.relative.or(self.relative.take());
    }
}

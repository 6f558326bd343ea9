//! What looks like a secret.

use super::pattern::{Pattern, matches};
use serde::Deserialize;

use crate::syntax::Span;

/// Signs of secrets.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// A regular expression for the names of variables that hold one.
    names: Option<Pattern>,
    /// One for names that only look so.
    public: Option<Pattern>,
    /// One for values that are no secret, whatever the name says.
    placeholders: Option<Pattern>,
    /// One for names of variables that no program needs which a container runs.
    build_only: Option<Pattern>,
    /// One for the text behind an address with a password that is none to anybody else.
    local: Option<Pattern>,
    /// One for commands that write what they are given to a file that stays.
    stores: Option<Pattern>,
    /// One for commands that take such a file away.
    removes: Option<Pattern>,
    /// What stands in command lines.
    in_command: Vec<InCommand>,
    /// Files that hold secrets.
    #[serde(rename = "file")]
    files: Vec<File>,
}

/// A password or a token in a command line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InCommand {
    /// Matches the text; its first group is the value.
    command: Pattern,
    /// A name for a variable with the value.
    variable: String,
}

/// A file that holds secrets, or may.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The names that it has.
    pub names: Vec<String>,
    /// A regular expression for the lines with the secrets. Without one, all of the file is one.
    #[serde(default)]
    line: Option<Pattern>,
    /// Programs that read it, of which the tables otherwise know what they read.
    #[serde(default)]
    pub programs: Vec<String>,
    /// Whether it has to belong to the user who reads it.
    #[serde(default)]
    pub private: bool,
    /// Whether programs read it when they start.
    #[serde(default)]
    pub at_run_time: bool,
}

impl Secrets {
    /// Adds the entries of another table. A pattern that it has replaces the one that is there.
    pub(super) fn extend(&mut self, more: Self) {
        let patterns = [
            (&mut self.names, more.names),
            (&mut self.public, more.public),
            (&mut self.placeholders, more.placeholders),
            (&mut self.build_only, more.build_only),
            (&mut self.local, more.local),
            (&mut self.stores, more.stores),
            (&mut self.removes, more.removes),
        ];
        for (own, other) in patterns {
            if other.is_some() {
                *own = other;
            }
        }
        self.files.splice(0..0, more.files);
        self.in_command.splice(0..0, more.in_command);
    }

    /// Whether a variable of this name holds a secret.
    #[must_use]
    pub fn is_secret(&self, variable: &str) -> bool {
        matches(&self.names, variable) && !matches(&self.public, variable)
    }

    /// Whether a value of such a variable is none.
    #[must_use]
    pub fn is_placeholder(&self, value: &str) -> bool {
        matches(&self.placeholders, value)
    }

    /// Whether only the build needs a variable of this name.
    #[must_use]
    pub fn is_build_only(&self, variable: &str) -> bool {
        matches(&self.build_only, variable)
    }

    /// The passwords and tokens in `text`, a command line, in the order of the table, each with a name for a variable.
    #[must_use]
    pub fn in_command(&self, text: &str) -> Vec<(Span, &str)> {
        let found = self.in_command.iter().flat_map(|entry| {
            let matches = entry.command.captures_iter(text);
            let values = matches.filter_map(|found| found.get(1));
            values.map(move |value| (Span::new(value.start(), value.end()), &*entry.variable))
        });
        let is_secret = |(span, _): &(Span, &str)| {
            !self.is_placeholder(span.text(text)) && !matches(&self.local, &text[span.end..])
        };
        found.filter(is_secret).collect()
    }

    /// Whether `command` writes the value of the variable `name` to a file that stays.
    #[must_use]
    pub fn stores(&self, command: &str, name: &str, is_redirected: bool) -> bool {
        let names_it = [format!("${name}"), format!("${{{name}}}")]
            .iter()
            .any(|value| command.contains(value.as_str()));
        names_it && (matches(&self.stores, command) || is_redirected && is_said(command))
    }

    /// Whether `command` takes away what [`stores`](Self::stores) is about.
    #[must_use]
    pub fn removes_stored(&self, command: &str) -> bool {
        matches(&self.removes, command)
    }

    /// The entry of a file of this name, if it holds secrets; `text` is what stands in it, where that is known.
    #[must_use]
    pub fn file(&self, name: &str, text: Option<&str>) -> Option<&File> {
        let mut files = self.files.iter();
        let file = files.find(|file| file.names.iter().any(|own| own == name))?;
        let is_secret = match (&file.line, text) {
            (Some(pattern), Some(text)) => text.lines().any(|line| pattern.is_match(line)),
            (pattern, _) => pattern.is_none(),
        };
        is_secret.then_some(file)
    }

    /// The names of all files that may hold secrets.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        let names = self.files.iter().flat_map(|file| &file.names);
        names.map(String::as_str)
    }
}

/// Whether `command` prints what it is given.
fn is_said(command: &str) -> bool {
    ["echo ", "printf "]
        .iter()
        .any(|program| command.starts_with(program))
}

#[cfg(test)]
mod tests {
    use crate::knowledge::Knowledge;

    #[test]
    fn names_of_secrets() {
        let secrets = &Knowledge::builtin().secrets;
        for name in [
            "NPM_TOKEN",
            "DB_PASSWORD",
            "aws_secret_access_key",
            "APIKEY",
        ] {
            assert!(secrets.is_secret(name), "{name}");
        }
        for name in [
            "KEYBOARD",
            "PUBLIC_KEY",
            "GPG_KEY",
            "TOKEN_URL",
            "PASSWORD_FILE",
            "NGINX_GPGKEY",
        ] {
            assert!(!secrets.is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_are_none() {
        let secrets = &Knowledge::builtin().secrets;
        for value in [
            "dummy",
            "/run/secrets/key",
            "E3FF2839C048B25C084DEBE9B26995E310250568",
            "https://x.example/y",
            "1",
        ] {
            assert!(secrets.is_placeholder(value), "{value}");
        }
        for value in ["hunter2", "npm_a1B2c3D4", "https://user:pw@host/"] {
            assert!(!secrets.is_placeholder(value), "{value}");
        }
    }
}

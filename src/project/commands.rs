//! Command lines that build, in scripts and in the files of CI.

use std::borrow::Cow;
use std::path::Path;

use crate::knowledge::pattern::Pattern;
use serde::Deserialize;

use super::images::Built;
use super::setting::{self, Location};
use super::settings::with_variables;
use super::words::{in_one_word, split};
use super::{Child, Target, Use, spelled};

/// How builds are started; see the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Commands {
    starts: Vec<Pattern>,
    here: Vec<Pattern>,
    words: Vec<String>,
    flags: Vec<String>,
    dockerfile: Vec<String>,
    context: Vec<String>,
    target: Vec<String>,
    argument: Vec<String>,
    tag: Vec<String>,
    output: Vec<String>,
}

/// What is behind the start of a command.
#[derive(Default)]
struct Arguments {
    dockerfile: Option<String>,
    context: Option<String>,
    target: Option<String>,
    arguments: Vec<(String, Option<String>)>,
    tags: Vec<String>,
    output: Option<String>,
}

impl Commands {
    /// The builds in `text`, which run in the folder `base` unless something says that they may run elsewhere. Where
    /// lines are `apart`, none of them moves those behind it to another folder.
    pub(super) fn builds(&self, base: &Location, text: &str, apart: bool) -> Vec<Built> {
        let may_build = |text: &str| self.words.iter().any(|word| text.contains(word));
        if !may_build(text) {
            return Vec::new();
        }
        let mut builds = Vec::new();
        let mut elsewhere = ["working-directory", "working_directory"]
            .iter()
            .any(|key| text.contains(key));
        for (line, command) in joined_lines(text) {
            for start in self.starts.iter().filter(|_| may_build(&command)) {
                let Some(found) = start.find(&command) else {
                    continue;
                };
                let folder = match (elsewhere, folder_of(&command[..found.start()])) {
                    (false, Some(folder)) => base.join(&with_variables(folder)),
                    _ => Some(Location::unknown()),
                };
                let (head, tail) = command.split_at(found.end());
                let tail = within_quotes(head, tail);
                let arguments = self.arguments(&with_variables(tail));
                // Names are compared as they are written, variables and all.
                let tags = self.arguments(&in_one_word(tail)).tags;
                let used = folder.and_then(|folder| arguments.used(&folder, found.as_str()));
                builds.extend(used.map(|used| Built {
                    used: Use {
                        line: Some(line),
                        ..used
                    },
                    tags,
                }));
            }
            let is_here = self.here.iter().any(|form| form.is_match(&command));
            builds.extend(is_here.then(|| built_here(base, line)).flatten());
            elsewhere |= !apart && changes_folder(&command);
        }
        builds
    }

    /// `text` with the variables that hold such commands, or parts of them, spelled out.
    pub(super) fn spelled_out<'t>(&self, text: &'t str) -> Cow<'t, str> {
        spelled::out(text, &self.words)
    }

    fn arguments(&self, line: &str) -> Arguments {
        let mut found = Arguments::default();
        let words = split(line);
        let mut words = words.into_iter().take_while(|word| !is_end(word));
        while let Some(word) = words.next() {
            if !word.starts_with('-') || word == "-" {
                found.context.get_or_insert(word);
                continue;
            }
            let (option, value) = match option_of(&word, &self.flags) {
                (option, None) if self.flags.contains(&option) => continue,
                (option, None) => (option, words.next()),
                known => known,
            };
            if self.tag.contains(&option) {
                found.tags.extend(value);
                continue;
            }
            if self.argument.contains(&option) {
                let pair = value.as_deref().and_then(|value| value.split_once('='));
                let pair = pair.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
                found.arguments.extend(pair);
                continue;
            }
            let place = match () {
                () if self.dockerfile.contains(&option) => &mut found.dockerfile,
                () if self.context.contains(&option) => &mut found.context,
                () if self.target.contains(&option) => &mut found.target,
                () if self.output.contains(&option) => &mut found.output,
                () => continue,
            };
            *place = value;
        }
        found
    }
}

impl Arguments {
    /// What is built in `folder` by the command that starts with `start`.
    fn used(self, folder: &Location, start: &str) -> Option<Use> {
        // `-` is what a pipe brings.
        let context = self.context.filter(|context| context != "-")?;
        let context = folder.join(context.strip_prefix("dir://").unwrap_or(&context))?;
        let dockerfile = match self.dockerfile.as_deref() {
            Some("-") => return None,
            Some(path) => folder.join(path)?,
            None => context.join("Dockerfile")?,
        };
        let name: Vec<&str> = start.split_whitespace().collect();
        // Without a type it is a folder, which gets all files.
        let is_of_files = |output: &String| {
            !output.contains("type=")
                || ["type=local", "type=tar"]
                    .iter()
                    .any(|kind| output.contains(kind))
        };
        Some(Use {
            child: self.output.filter(is_of_files).map(|_| Child::of_files()),
            context: context.path().map(Path::to_owned),
            arguments: setting::known_values(self.arguments),
            target: self.target.and_then(|target| Target::of_setting(&target)),
            ..Use::new(&name.join(" "), dockerfile)
        })
    }
}

/// The build of the folder `base` that `line` tells of, without a word about where it is.
fn built_here(base: &Location, line: usize) -> Option<Built> {
    let arguments = Arguments {
        context: Some(".".to_owned()),
        ..Arguments::default()
    };
    let used = arguments.used(base, "docker.build")?;
    Some(Built {
        used: Use {
            line: Some(line),
            ..used
        },
        tags: Vec::new(),
    })
}

/// An option and the value that stands in the same word: `--file=x`, `-fx`. Letters of `flags` may stand together.
pub(super) fn option_of(word: &str, flags: &[String]) -> (String, Option<String>) {
    let is_flag = |letter: char| flags.contains(&format!("-{letter}"));
    let is_short = !word.starts_with("--") && word.is_char_boundary(2) && word.len() > 2;
    match word.split_once('=') {
        _ if is_short && word.chars().skip(1).all(is_flag) => (word[..2].to_owned(), None),
        Some((option, value)) if !is_short || option.len() == 2 => {
            (option.to_owned(), Some(value.to_owned()))
        }
        _ if is_short => (word[..2].to_owned(), Some(word[2..].to_owned())),
        _ => (word.to_owned(), None),
    }
}

/// The lines of `text` with their continuations, numbered from 1.
pub(super) fn joined_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        // The shells of Unix, of Windows and PowerShell.
        let part = line.strip_suffix(['\\', '^', '`']);
        match lines.last_mut().filter(|_| continues) {
            Some((_, whole)) => {
                whole.push(' ');
                whole.push_str(part.unwrap_or(line));
            }
            None => lines.push((at + 1, part.unwrap_or(line).to_owned())),
        }
        continues = part.is_some();
    }
    let is_comment = |line: &str| line.starts_with('#') || line.starts_with("//");
    lines.retain(|(_, line)| !line.is_empty() && !is_comment(line));
    lines
}

/// Whether `word` ends a command.
pub(super) fn is_end(word: &str) -> bool {
    matches!(word, "&&" | "||" | ";" | "|" | "&" | ")") || word.starts_with(['>', '#'])
}

/// `tail`, up to the end of the quotes that are open behind `head`.
pub(super) fn within_quotes<'t>(head: &str, tail: &'t str) -> &'t str {
    let is_open = |quote: char| head.matches(quote).count() % 2 == 1;
    let Some(quote) = ['"', '\''].into_iter().find(|quote| is_open(*quote)) else {
        return tail;
    };
    let mut escaped = false;
    let end = tail.find(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    &tail[..end.unwrap_or(tail.len())]
}

/// The folder to which what stands before a command on its line has gone; `None` when it is not plain.
fn folder_of(before: &str) -> Option<&str> {
    if !changes_folder(before) {
        return Some(".");
    }
    let (_, behind) = before.rsplit_once("cd ")?;
    let (folder, rest) = behind.trim().split_once("&&")?;
    let once = before.matches("cd ").count() == 1 && !rest.contains("popd");
    Some(folder.trim().trim_matches(['"', '\''])).filter(|_| once)
}

fn changes_folder(line: &str) -> bool {
    ["cd ", "pushd ", "chdir ", "Set-Location "]
        .iter()
        .any(|command| line.contains(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::files::Table;

    fn found(text: &str, apart: bool) -> Vec<Use> {
        let commands = &Table::builtin().commands;
        let found = commands.builds(&Location::of(Path::new("/p")), text, apart);
        found.into_iter().map(|built| built.used).collect()
    }

    fn only(text: &str) -> Use {
        let mut found = found(text, false);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found.remove(0)
    }

    #[test]
    fn options_say_what_is_built() {
        for text in [
            "docker build -t a:1 --target prod -f docker/Dockerfile --no-cache . && docker push a:1",
            "\tdocker buildx build --platform=linux/amd64 --target=prod --file docker/Dockerfile --push \\\n\t  . # why",
            "  \"build\": \"docker build -fdocker/Dockerfile --target prod . && x\",",
            "      run: podman build . --target 'prod' --file=\"docker/Dockerfile\"",
            "/kaniko/executor --context dir:///p --dockerfile docker/Dockerfile --target prod",
            "docker.build(\"a:1\", \"--target prod -f docker/Dockerfile .\")",
        ] {
            let used = only(text);
            assert_eq!(used.stage(), Some("prod"), "{text}");
            assert_eq!(used.context.as_deref(), Some(Path::new("/p")), "{text}");
            assert!(used.dockerfile.may_be(Path::new("/p/docker/Dockerfile")));
        }
    }

    #[test]
    fn the_folder_is_the_one_that_the_line_goes_to() {
        let used = only("cd docker && docker build .");
        assert_eq!(
            used.dockerfile.path(),
            Some(Path::new("/p/docker/Dockerfile"))
        );
        let lines = "cd docker\ndocker build .";
        assert_eq!(only(lines).dockerfile.path(), None);
        let used = &found(lines, true)[0];
        assert_eq!(used.dockerfile.path(), Some(Path::new("/p/Dockerfile")));
    }

    #[test]
    fn a_target_in_a_variable_is_open() {
        let used = only("docker build --target \"$STAGE\" .");
        assert!(used.may_be_any_stage());
        assert_eq!(used.stage(), None);
    }

    #[test]
    fn what_builds_nothing_here_is_left_out() {
        let texts = [
            "# docker build .",
            "docker build https://a/b.git",
            "docker build - < Dockerfile",
            "docker builder prune",
        ];
        for text in texts {
            assert_eq!(found(text, false), [], "{text}");
        }
    }
}

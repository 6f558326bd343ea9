//! Builds that other tools have as settings: mappings with the keys that the table names.

use std::ffi::OsStr;
use std::path::Path;

use regex_lite::Regex;
use serde::Deserialize;
use serde_json::Value;
use std::sync::OnceLock;

use super::images::Built;
use super::setting::{Location, known_values, variable};
use super::words::{in_one_word, split};
use super::{Container, Mount, Target, Use, yaml};

/// How such a mapping looks; see the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    has: String,
    containing: Option<String>,
    context: Option<String>,
    dockerfile: Option<String>,
    target: Option<String>,
    arguments: Option<String>,
    tags: Option<String>,
    #[serde(default)]
    commands: Vec<String>,
    service: Option<String>,
    #[serde(default)]
    disks: Vec<String>,
    #[serde(default)]
    in_context: bool,
    #[serde(default)]
    prompt: bool,
    #[serde(default)]
    files_of_root: bool,
}

/// The builds in the file at `path` with the text `text`, with paths from `base`.
pub(super) fn builds(settings: &[Setting], base: &Location, path: &Path, text: &str) -> Vec<Built> {
    if settings.is_empty() {
        return Vec::new();
    }
    let Some(file) = read(path, text) else {
        return Vec::new();
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut builds = Vec::new();
    let mut values = vec![&file];
    while let Some(value) = values.pop() {
        match value {
            Value::Array(items) => values.extend(items.iter().rev()),
            Value::Object(object) => {
                let found = settings.iter().filter_map(|setting| {
                    Some(setting.started(setting.read(base, &name, value)?, value))
                });
                let found = found.flatten();
                builds.extend(found.map(|found| Built {
                    used: Use {
                        line: line_of_use(text, &found.used),
                        ..found.used
                    },
                    ..found
                }));
                values.extend(object.values());
            }
            _ => {}
        }
    }
    builds
}

/// The services of Compose files in which the file at `path` has people work.
pub(super) fn services(settings: &[Setting], path: &Path, text: &str) -> Vec<String> {
    let mut named = settings.iter().filter_map(|setting| {
        let key = setting.service.as_deref()?;
        Some((setting, key))
    });
    let Some((setting, key)) = named.next() else {
        return Vec::new();
    };
    let file = read(path, text).filter(|file| at(file, &setting.has).is_some());
    let service = file.as_ref().and_then(|file| at(file, key)?.as_str());
    service.map(str::to_owned).into_iter().collect()
}

fn read(path: &Path, text: &str) -> Option<Value> {
    if path.extension() == Some(OsStr::new("toml")) {
        return toml::from_str(text).ok();
    }
    // JSON is YAML, but for the comments that some tools allow in it.
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let lines: Vec<&str> = text.lines().filter(|line| !is_comment(line)).collect();
    yaml::read(&lines.join("\n"))
}

impl Setting {
    /// What `mapping` builds, if it is one of these.
    fn read(&self, base: &Location, name: &str, mapping: &Value) -> Option<Built> {
        let marker = at(mapping, &self.has).filter(|_| self.service.is_none())?;
        if let Some(wanted) = &self.containing {
            marker.as_str().filter(|text| text.contains(wanted))?;
        }
        let setting = |key: &Option<String>| {
            let text = at(mapping, key.as_deref()?)?.as_str()?;
            Some(with_variables(text))
        };
        let context = setting(&self.context).filter(|context| !context.is_empty());
        let context = base.join(context.as_deref().unwrap_or("."))?;
        let dockerfile = match setting(&self.dockerfile) {
            None => context.join("Dockerfile")?,
            Some(path) if self.in_context => context.join(&path)?,
            Some(path) => base.join(&path)?,
        };
        let arguments = setting(&self.arguments).unwrap_or_default();
        let pairs = arguments
            .lines()
            .filter_map(|line| line.trim().split_once('='));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        let used = Use {
            arguments: known_values(pairs),
            context: context.path().map(Path::to_owned),
            target: setting(&self.target).and_then(|target| Target::of_setting(&target)),
            container: self.container(mapping),
            ..Use::new(name, dockerfile)
        };
        let tags = self.tags(mapping);
        Some(Built { used, tags })
    }
}

impl Setting {
    /// The build by itself, or once for each command that the mapping has run in a container of it.
    fn started(&self, built: Built, mapping: &Value) -> Vec<Built> {
        if self.commands.is_empty() {
            return vec![built];
        }
        let keys = self.commands.iter();
        let values = keys.flat_map(|key| match key.strip_suffix(".*") {
            Some(key) => at(mapping, key)
                .and_then(Value::as_object)
                .map(|all| all.values().collect())
                .unwrap_or_default(),
            None => at(mapping, key).into_iter().collect::<Vec<_>>(),
        });
        let commands = values.filter_map(words_of);
        let runs = commands.map(|command| Built {
            used: Use {
                container: Some(Container {
                    command: Some(command),
                    ..Container::default()
                }),
                ..built.used.clone()
            },
            tags: Vec::new(),
        });
        runs.collect()
    }

    /// The names that it gives the image, in lines or with commas between them.
    fn tags(&self, mapping: &Value) -> Vec<String> {
        let tags = self.tags.as_deref().and_then(|key| at(mapping, key));
        let text = in_one_word(tags.and_then(Value::as_str).unwrap_or_default());
        let tags = text.split([',', '\n']).map(str::trim);
        tags.filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// What is known of the containers that it starts.
    fn container(&self, mapping: &Value) -> Option<Container> {
        let disks = self.disks.iter().filter_map(|key| at(mapping, key));
        let disks = disks.filter_map(Value::as_str);
        let mounts: Vec<Mount> = disks.map(|disk| Mount::of_disk(disk, false)).collect();
        match (self.prompt, self.files_of_root) {
            (true, _) => Some(Container::with_prompt()),
            (false, true) => Some(Container::with_files_of_root()),
            (false, false) => (!mounts.is_empty()).then(|| Container {
                mounts,
                ..Container::default()
            }),
        }
    }
}

/// The words of a command: a text, a list of commands, or a mapping that has it.
fn words_of(command: &Value) -> Option<Vec<String>> {
    let text = match command {
        Value::Array(commands) => {
            let commands: Vec<&str> = commands.iter().filter_map(Value::as_str).collect();
            commands.join(" && ")
        }
        Value::Object(_) => return words_of(command.get("command")?),
        one => one.as_str()?.to_owned(),
    };
    let needs_shell = text.contains(['&', '|', ';', '$', '>']);
    let words = if needs_shell {
        vec!["sh".to_owned(), "-c".to_owned(), text]
    } else {
        split(&text)
    };
    (!words.is_empty()).then_some(words)
}

/// The value at `key`, `a.b` for one inside another.
fn at<'v>(mapping: &'v Value, key: &str) -> Option<&'v Value> {
    let mut parts = key.split('.');
    parts.try_fold(mapping, |value, part| value.get(part))
}

/// The line that names the target, where there is one.
fn line_of_use(text: &str, used: &Use) -> Option<usize> {
    let stage = used.stage()?;
    let names = |line: &str| line.contains("target") && line.contains(stage);
    text.lines().position(names).map(|at| at + 1)
}

/// `text` with what the languages of CI and shells replace as variables that only the caller knows.
pub(super) fn with_variables(text: &str) -> String {
    static VARIABLE: OnceLock<Option<Regex>> = OnceLock::new();
    let forms = [
        r"\$\{\{.*?\}\}",
        r"\{\{.*?\}\}",
        r"\$\{[^}]*\}",
        r"\$\([^)]*\)",
        r"<<.*?>>",
        r"\$[A-Za-z_]\w*",
        r"\$[@0-9*]",
        r"%\w+%",
        r"`[^`]*`",
        r"\*+",
    ];
    let variable_form = VARIABLE.get_or_init(|| Regex::new(&forms.join("|")).ok());
    match variable_form {
        Some(form) => form.replace_all(text, variable("").as_str()).into_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::with_variables;
    use crate::project::setting::{is_open, value};
    use crate::project::{Use, files};

    /// What the file at `path` in a folder of its own says, and that folder.
    fn found(path: &str, text: &str) -> (tempfile::TempDir, Vec<Use>) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        fs::write(&file, text).expect("written");
        let uses = files::uses(folder.path());
        (folder, uses)
    }

    fn is_of(used: &Use, folder: &Path, dockerfile: &str, context: &str, stage: &str) -> bool {
        used.dockerfile.path() == Some(folder.join(dockerfile).as_path())
            && used.context.as_deref()
                == Some(crate::project::paths::tidy(&folder.join(context)).as_path())
            && used.stage() == Some(stage)
    }

    #[test]
    fn tools_say_it_in_their_own_words() {
        let github = "jobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          \
                      context: app\n          file: docker/Dockerfile\n          target: prod\n";
        let skaffold = "build:\n  artifacts:\n    - image: a\n      context: app\n      docker:\n        \
                        dockerfile: ../docker/Dockerfile\n        target: prod\n";
        let devcontainer = "// why\n{\"build\": {\"dockerfile\": \"../docker/Dockerfile\", \"context\": \"../app\",\n\
                            \"target\": \"prod\",}}";
        let okteto = "build:\n  api:\n    context: app\n    dockerfile: ../docker/Dockerfile\n    target: prod\n";
        for (path, text) in [
            (".github/workflows/ci.yml", github),
            ("skaffold.yaml", skaffold),
            (".devcontainer/devcontainer.json", devcontainer),
            ("okteto.yml", okteto),
        ] {
            let (folder, uses) = found(path, text);
            let [used] = uses.as_slice() else {
                panic!("{path}: {uses:?}")
            };
            assert!(
                is_of(used, folder.path(), "docker/Dockerfile", "app", "prod"),
                "{path}: {used:?}"
            );
        }
    }

    #[test]
    fn people_work_in_a_development_container() {
        let text = "{\"dockerFile\": \"Dockerfile\"}";
        let (_folder, uses) = found(".devcontainer/devcontainer.json", text);
        let container = uses[0].container.as_ref().expect("a container");
        assert!(container.entrypoint.is_some());
    }

    #[test]
    fn other_mappings_are_no_builds() {
        let github = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n        with: {context: app}\n";
        assert_eq!(found(".github/workflows/ci.yml", github).1, []);
        assert_eq!(found("fly.toml", "app = \"x\"\n").1, []);
        let fly = "[build]\nbuild-target = \"prod\"\n";
        assert_eq!(found("fly.toml", fly).1[0].stage(), Some("prod"));
    }

    #[test]
    fn variables_of_any_language_are_open() {
        for text in [
            "${{ matrix.target }}",
            "$(TARGET)",
            "$TARGET",
            "${TARGET:-x}",
            "{{ .TARGET }}",
            "%TARGET%",
            "`cat target`",
        ] {
            let setting = with_variables(text);
            assert!(is_open(&setting), "{text}");
            assert_eq!(value(&setting), "", "{text}");
        }
        assert_eq!(with_variables("prod"), "prod");
    }
}

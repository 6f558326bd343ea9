//! Compose files: the services that build a Dockerfile, and how their containers are started.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::paths::resolve;
use super::words::{expand, split};
use super::{Container, Mount, Use, line_of, yaml};

/// The services of the Compose file `name` in `folder`. `overriding` is the text of the file that Compose
/// lays over it.
pub(super) fn uses(folder: &Path, name: &str, text: &str, overriding: Option<&str>) -> Vec<Use> {
    let Some(mut file) = yaml::read(text) else {
        return Vec::new();
    };
    if let Some(over) = overriding.and_then(yaml::read) {
        merge(&mut file, over);
    }
    let services = file["services"].as_object().into_iter().flatten();
    services
        .filter_map(|(service, body)| {
            let build = Build::read(&body["build"])?;
            let context = resolve(folder, &build.context)?;
            Some(Use {
                file: folder.join(name),
                line: line_of(text, service),
                name: service.clone(),
                dockerfile: resolve(&context, &build.dockerfile)?,
                context,
                target: build.target,
                container: Some(Container::read(folder, body)),
            })
        })
        .collect()
}

/// As Compose merges files: lists grow, but a command is replaced.
fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                let replaced = matches!(key.as_str(), "command" | "entrypoint");
                match base.get_mut(&key).filter(|_| !replaced) {
                    Some(known) => merge(known, value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (Value::Array(base), Value::Array(over)) => base.extend(over),
        (base, over) => *base = over,
    }
}

struct Build {
    context: String,
    dockerfile: String,
    target: Option<String>,
}

impl Build {
    /// `None` when there is no build, or not one of a Dockerfile whose name is known.
    fn read(build: &Value) -> Option<Self> {
        let setting = |key: &str| match &build[key] {
            Value::Null => Some(None),
            value => text(value).map(Some),
        };
        if build.is_null() || !build["dockerfile_inline"].is_null() {
            return None;
        }
        let folder = match build {
            Value::String(folder) => Some(expand(folder)?),
            _ => setting("context")?,
        };
        Some(Self {
            context: folder.unwrap_or_else(|| ".".to_owned()),
            dockerfile: setting("dockerfile")?.unwrap_or_else(|| "Dockerfile".to_owned()),
            target: setting("target")?,
        })
    }
}

impl Container {
    fn read(folder: &Path, service: &Value) -> Self {
        let filled = |key: &str| service[key].as_array().is_some_and(|list| !list.is_empty());
        let mounts = service["volumes"].as_array().into_iter().flatten();
        Self {
            user: text(&service["user"]).or_else(|| service["user"].as_str().map(str::to_owned)),
            privileged: service["privileged"] == true,
            host_network: service["network_mode"] == "host",
            capabilities: filled("cap_add"),
            devices: filled("devices"),
            mounts: mounts
                .filter_map(|mount| Mount::read(folder, mount))
                .collect(),
            entrypoint: command(&service["entrypoint"]),
            command: command(&service["command"]),
        }
    }
}

impl Mount {
    fn read(folder: &Path, volume: &Value) -> Option<Self> {
        if let Some(short) = volume.as_str() {
            let short = expand(short).unwrap_or_else(|| short.to_owned());
            return Some(Self::of_parts(folder, &split_outside_braces(&short)));
        }
        let host = match volume["type"].as_str()? {
            "bind" => Some(host_path(folder, &text(&volume["source"])?)),
            "volume" => None,
            _ => return None,
        };
        let target = text(&volume["target"])?;
        Some(Self::new(host, &target, volume["read_only"] == true))
    }

    /// `SOURCE:TARGET:MODE`, or a target by itself.
    fn of_parts(folder: &Path, parts: &[&str]) -> Self {
        let (source, target) = match parts {
            [source, target, ..] => (Some(*source), *target),
            [target] => (None, *target),
            [] => (None, ""),
        };
        let is_host = |source: &&str| source.starts_with(['.', '/', '~', '$']);
        let host = source.filter(is_host);
        let modes = parts.get(2).map_or("", |modes| *modes);
        Self::new(
            host.map(|source| host_path(folder, source)),
            target,
            modes.split(',').any(|mode| mode == "ro"),
        )
    }

    fn new(host: Option<PathBuf>, target: &str, read_only: bool) -> Self {
        Self {
            is_file: host.as_deref().is_some_and(Path::is_file),
            host,
            target: target.trim_end_matches('/').to_owned(),
            read_only,
        }
    }
}

fn host_path(folder: &Path, source: &str) -> PathBuf {
    resolve(folder, source).unwrap_or_else(|| source.into())
}

/// `text` at its colons, but for those of `${NAME:-default}`.
fn split_outside_braces(text: &str) -> Vec<&str> {
    let mut depth = 0;
    text.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ':' && depth == 0
    })
    .collect()
}

/// The words of a command line; a string is split as a shell does, but no shell reads it.
fn command(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(line) => Some(split(line)),
        Value::Array(words) => Some(
            words
                .iter()
                .filter_map(Value::as_str)
                .map(|word| word.replace("$$", "$"))
                .collect(),
        ),
        _ => None,
    }
}

/// A text with its variables replaced by their defaults; `None` when one has none.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => expand(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
services:
  web:
    build:
      context: ..
      dockerfile: ${FILE:-docker/Dockerfile}
      target: prod
    user: 1000:1000
    command: sh -c "npm run dev && echo $$HOME"
    volumes:
      - .:/app
      - /app/node_modules
      - data:/data
      - ./conf:/etc/app:ro
  db:
    image: postgres
"#;

    #[test]
    fn a_service_says_what_it_builds_and_starts() {
        let uses = uses(Path::new("/p/deploy"), "compose.yaml", FILE, None);
        let [web] = uses.as_slice() else {
            panic!("one service builds: {uses:?}")
        };
        assert_eq!(web.dockerfile, Path::new("/p/docker/Dockerfile"));
        assert_eq!((web.line, web.target.as_deref()), (Some(3), Some("prod")));
        let container = web.container.as_ref().expect("a container");
        assert_eq!(container.user.as_deref(), Some("1000:1000"));
        let command = ["sh", "-c", "npm run dev && echo $HOME"].map(str::to_owned);
        assert_eq!(container.command.as_deref(), Some(&command[..]));
        let hosts: Vec<_> = container
            .mounts
            .iter()
            .map(|mount| mount.host.clone())
            .collect();
        let code = Some(PathBuf::from("/p/deploy"));
        assert_eq!(hosts[..3], [code, None, None]);
        assert!(container.mounts[3].read_only);
    }

    #[test]
    fn another_file_overrides() {
        let over = "services:\n  web:\n    command: [run]\n    privileged: true\n";
        let uses = uses(Path::new("/p/deploy"), "compose.yaml", FILE, Some(over));
        let container = uses[0].container.as_ref().expect("a container");
        assert!(container.privileged);
        assert_eq!(container.command.as_deref(), Some(&["run".to_owned()][..]));
        assert_eq!(container.mounts.len(), 4);
    }
}
